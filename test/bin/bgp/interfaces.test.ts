import { expect, test } from 'vitest';
import {
  type LocalInterface,
  interfaceOf,
  isNeighbor,
  localInterfaces,
} from '../../../src/runtime/bin/daemon/bgp/interfaces.ts';
import { ip } from '../../support/views.ts';

const INTERFACES: readonly LocalInterface[] = [
  {
    name: 'eth0',
    addresses: [ip('192.0.2.10'), ip('2001:db8::10')],
    networks: ['192.0.2.10/28', '2001:db8::10/64', 'fe80::10/64'],
    linkLocal: ip('fe80::10'),
  },
  { name: 'eth1', addresses: [], networks: ['fe80::11/64'], linkLocal: ip('fe80::11') },
];

test.each([
  ['192.0.2.1', true],
  ['192.0.2.17', false],
  ['2001:db8::1', true],
  ['2001:db8:1::1', false],
])('%s is on a network of this node: %s', (address, expected) => {
  expect(isNeighbor(ip(address), INTERFACES)).toBe(expected);
});

test('a link-local address tells its interface, and no other address does', () => {
  expect(interfaceOf(ip('fe80::11'), INTERFACES)).toBe('eth1');
  expect(interfaceOf(ip('fe80::12'), INTERFACES)).toBeUndefined();
  expect(interfaceOf(ip('192.0.2.10'), INTERFACES)).toBeUndefined();
});

test('the kernel tells of the loopback interface with its network', () => {
  const loopback = localInterfaces().find(({ addresses }) => addresses.includes(ip('127.0.0.1')));
  expect(loopback?.networks).toContain('127.0.0.1/8');
});
