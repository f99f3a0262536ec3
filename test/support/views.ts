import type { Pool, ServiceView } from '../../src/runtime/model/index.ts';
import {
  type IpAddress,
  parseIp,
  parsePrefix,
  ipToBits,
  familyOf,
} from '../../src/runtime/net/index.ts';
import { summarize } from '../../src/runtime/net/prefix.ts';

/** A LoadBalancer Service that waits for an IPv4 address, but for what is said otherwise. */
export function serviceView(key: string, over: Partial<ServiceView> = {}): ServiceView {
  const ingress = over.ingress ?? [];
  return {
    key,
    uid: `uid-${key}`,
    createdAt: '2026-01-01T00:00:00Z',
    labels: {},
    type: 'LoadBalancer',
    clusterIPs: ['198.51.100.1'],
    ingress,
    hasLoadBalancerStatus: ingress.length > 0,
    ports: [{ protocol: 'TCP', port: 80 }],
    externalTrafficPolicy: 'Cluster',
    selector: 'app=web',
    loadBalancerIP: '',
    loadBalancerIPs: '',
    addressPool: '',
    sharingKey: '',
    ...over,
  };
}

/** A pool of CIDRs and ranges (`192.0.2.1-192.0.2.9`), announced nowhere. */
export function poolOf(name: string, addresses: readonly string[], over: Partial<Pool> = {}): Pool {
  const cidrs = addresses.flatMap((text) => {
    const [first = '', last] = text.split('-');
    if (last !== undefined) {
      return summarize(ipToBits(ip(first)), ipToBits(ip(last)), familyOf(ip(first)));
    }
    const prefix = parsePrefix(text);
    if (prefix === undefined) throw new RangeError(`not a CIDR: ${text}`);
    return [prefix];
  });
  return { name, cidrs, autoAssign: true, avoidBuggyIPs: false, layer2: [], bgp: [], ...over };
}

export function ip(text: string): IpAddress {
  const address = parseIp(text);
  if (address === undefined) throw new RangeError(`not an address: ${text}`);
  return address;
}
