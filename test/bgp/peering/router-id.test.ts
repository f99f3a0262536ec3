import { expect, test } from 'vitest';
import { routerIdOf } from '../../../src/runtime/bgp/peering/router-id.ts';
import { type IpAddress, parseIp } from '../../../src/runtime/net/index.ts';
import type { Link } from '../../../src/runtime/platform/ports.ts';

const uplink = {
  name: 'eth1',
  linkLocal: ip('fe80::7'),
  addresses: [ip('2001:db8::7'), ip('198.51.100.7'), ip('198.51.100.8')],
} as unknown as Link;
const other = { name: 'eth0', addresses: [ip('203.0.113.7')] } as unknown as Link;

test.each([
  ['that is configured', '10.1.2.3', '192.0.2.1', '10.1.2.3'],
  ['of the connection', undefined, '192.0.2.1', '192.0.2.1'],
  ['of the connection, as one of IPv6 is none', '2001:db8::1', '192.0.2.1', '192.0.2.1'],
  ['of the interface that the IPv6 address is on', undefined, '2001:db8::7', '198.51.100.7'],
  ['of the interface that the link-local address is on', undefined, 'fe80::7', '198.51.100.7'],
  ['made of the name of the node', undefined, '2001:db8::9', '160.112.56.60'],
])('the router id is the address %s', (_, configured, local, expected) => {
  const identifier = routerIdOf({
    configured: configured === undefined ? undefined : ip(configured),
    local: ip(local),
    links: [other, uplink],
    nodeName: 'worker-1',
  });
  const octets = [identifier >>> 24, (identifier >>> 16) & 255, (identifier >>> 8) & 255];
  expect([...octets, identifier & 255].join('.')).toBe(expected);
});

function ip(text: string): IpAddress {
  return parseIp(text)!;
}
