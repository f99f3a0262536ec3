import {
  type Config,
  EVERYTHING,
  type EndpointView,
  type Labels,
  type Layer2Advertisement,
  type NodeView,
  type Pool,
  type Selector,
  type ServiceView,
  makeSelector,
} from '../../src/runtime/model/index.ts';
import { parsePrefix } from '../../src/runtime/net/index.ts';
import type { Nodes } from '../../src/runtime/speaker/nodes.ts';

const ANYWHERE: Layer2Advertisement = { nodeSelectors: [EVERYTHING], interfaces: [] };

/** A LoadBalancer Service that was given 192.0.2.10. */
export function service(changes: Partial<ServiceView> = {}): ServiceView {
  return {
    key: 'default/web',
    uid: 'uid-web',
    createdAt: '2026-01-01T00:00:00Z',
    labels: {},
    type: 'LoadBalancer',
    clusterIPs: ['198.51.100.1'],
    ingress: ['192.0.2.10'],
    hasLoadBalancerStatus: true,
    ports: [{ protocol: 'TCP', port: 80 }],
    externalTrafficPolicy: 'Cluster',
    selector: 'app=web',
    loadBalancerIP: '',
    loadBalancerIPs: '',
    addressPool: '',
    sharingKey: '',
    ...changes,
  };
}

/** A pool announced at layer 2 from every node. */
export function pool(name: string, cidrs: readonly string[], changes: Partial<Pool> = {}): Pool {
  const prefixes = cidrs.flatMap((cidr) => parsePrefix(cidr) ?? []);
  const kept = { autoAssign: true, avoidBuggyIPs: false, layer2: [ANYWHERE], bgp: [] };
  return { name, cidrs: prefixes, ...kept, ...changes };
}

/** The same pool over BGP instead. */
export function bgpPool(
  name: string,
  cidrs: readonly string[],
  nodeSelectors: readonly Selector[] = [EVERYTHING],
): Pool {
  const lengths = { aggregationLength: 32, aggregationLengthV6: 128, localPref: 0 };
  const advertisement = { ...lengths, communities: [], peers: [], nodeSelectors };
  return pool(name, cidrs, { layer2: [], bgp: [advertisement] });
}

export function config(...pools: readonly Pool[]): Config {
  return { pools, peers: [], bfdProfiles: [] };
}

export function endpoint(nodeName: string, ready = true, address = '203.0.113.1'): EndpointView {
  return { addresses: [address], ready, nodeName };
}

export function node(name: string, labels: Labels = {}, changes: Partial<NodeView> = {}): NodeView {
  return { name, labels, networkUnavailable: false, ...changes };
}

/** Every Node of the cluster, known. */
export function listed(...nodes: readonly NodeView[]): Nodes {
  return { listing: 'listed', views: new Map(nodes.map((each) => [each.name, each])) };
}

/** Selects nodes of a rack for layer 2, on the interfaces named. */
export function fromRack(value: string, ...interfaces: readonly string[]): Layer2Advertisement {
  const selector = makeSelector([{ key: 'rack', operator: 'Equals', values: [value] }]);
  return { nodeSelectors: [selector], interfaces };
}
