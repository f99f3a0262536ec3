import { beforeEach, describe, expect, test } from 'vitest';
import { Allocator, claimOf } from '../../src/runtime/allocator/index.ts';
import { type Outcome, converge } from '../../src/runtime/controller/converge.ts';
import type { Compat, ServiceView } from '../../src/runtime/model/index.ts';
import { ip, poolOf, serviceView } from '../support/views.ts';

const pools = [
  poolOf('p4', ['10.1.0.0/30']),
  poolOf('dual', ['fd00::/126', '10.2.0.0/30'], { autoAssign: false }),
];
const dualStack = { clusterIPs: ['198.51.100.1', '2001:db8::1'] };

let allocator: Allocator;
let compat: Compat;
beforeEach(() => begin('v0.12'));

function begin(release: Compat): void {
  compat = release;
  allocator = new Allocator(release);
  allocator.setPools(pools);
}

function look(over: Partial<ServiceView> = {}, key = 'ns/a'): Outcome {
  return converge(serviceView(key, over), allocator, compat);
}

/** Gives `ns/other` an address, as another Service's earlier life would have. */
function occupy(address: string, over: Partial<ServiceView> = {}): void {
  allocator.assign(claimOf(serviceView('ns/other', over)), [ip(address)]);
}

const events = (outcome: Outcome): string[] =>
  outcome.remarks.map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
const logged = (outcome: Outcome): unknown[] => outcome.lines.map(({ fields }) => fields);

describe('a Service without an address', () => {
  test('gets the lowest free one', () => {
    const outcome = look();
    expect(outcome.addresses).toEqual(['10.1.0.0']);
    expect(events(outcome)).toEqual(['Normal IPAllocated: Assigned IP ["10.1.0.0"]']);
    expect(logged(outcome)).toEqual([
      { event: 'ipAllocated', ip: ['10.1.0.0'], msg: 'IP address assigned by controller' },
    ]);
  });

  test('of two families gets a pair from the pool it names', () => {
    const outcome = look({ ...dualStack, addressPool: 'dual' });
    expect(outcome.addresses).toEqual(['fd00::', '10.2.0.0']);
    expect(events(outcome)).toEqual(['Normal IPAllocated: Assigned IP ["fd00::" "10.2.0.0"]']);
  });

  test.each<[string, Partial<ServiceView>, string]>([
    ['is of two families and names no pool', dualStack, 'no available IPs'],
    ['names a pool that is not there', { addressPool: 'nope' }, 'unknown pool "nope"'],
    [
      'asks in two ways',
      { loadBalancerIP: '10.1.0.1', loadBalancerIPs: '10.1.0.1' },
      'service can not have both metallb.universe.tf/loadBalancerIPs and svc.Spec.LoadBalancerIP',
    ],
    ['asks for no address', { loadBalancerIP: 'bad' }, 'invalid spec.loadBalancerIP "bad"'],
    [
      'asks for an address of another family',
      { loadBalancerIP: 'fd00::1' },
      'requested loadBalancer IP(s) ["fd00::1"] does not match the ipFamily of the service',
    ],
    [
      'asks for an address outside every pool',
      { loadBalancerIP: '192.0.2.1' },
      '["192.0.2.1"] is not allowed in config',
    ],
    [
      'asks for an address that is not shared',
      { loadBalancerIP: '10.1.0.3' },
      `can't change sharing key for "ns/a", address also in use by ns/other`,
    ],
    [
      'lists what is no address',
      { loadBalancerIPs: '10.1.0.1,' },
      'invalid metallb.universe.tf/loadBalancerIPs: "10.1.0.1,"',
    ],
    [
      'lists two of one family',
      { loadBalancerIPs: '10.1.0.1, 10.1.0.2' },
      'IPFamilyForAddresses: same address family ["10.1.0.1" "10.1.0.2"]',
    ],
    [
      'lists three',
      { loadBalancerIPs: '10.1.0.1,10.1.0.2,fd00::1' },
      'IPFamilyForAddresses: invalid ips length 3 ["10.1.0.1" "10.1.0.2" "fd00::1"]',
    ],
    [
      'has cluster addresses of one family twice',
      { clusterIPs: ['198.51.100.1', '198.51.100.2'] },
      'IPFamilyForAddresses: same address family ["198.51.100.1" "198.51.100.2"]',
    ],
    [
      'has cluster addresses that are none',
      { clusterIPs: ['198.51.100.1', 'None'] },
      'IPFamilyForAddresses: Invalid address ["198.51.100.1" "None"]',
    ],
  ])('that %s waits and is told why', (_name, over, why) => {
    occupy('10.1.0.3');
    const outcome = look(over);
    expect(outcome).toMatchObject({ addresses: [], waiting: true });
    const message = `Failed to allocate IP for "ns/a": ${why}`;
    expect(events(outcome)).toEqual([`Warning AllocationFailed: ${message}`]);
    expect(logged(outcome)).toEqual([
      { op: 'allocateIPs', error: why, msg: 'IP allocation failed' },
    ]);
  });

  test('gets the addresses it lists in that order, and text order at the next look', () => {
    const pinned = { ...dualStack, loadBalancerIPs: 'fd00::3, 10.2.0.3' };
    const first = look(pinned);
    expect(first.addresses).toEqual(['fd00::3', '10.2.0.3']);
    const second = look({ ...pinned, ingress: ['fd00::3', '10.2.0.3'] });
    expect(second.addresses).toEqual(['10.2.0.3', 'fd00::3']);
    const third = look({ ...pinned, ingress: ['10.2.0.3', 'fd00::3'] });
    expect(third).toMatchObject({ addresses: ['10.2.0.3', 'fd00::3'], remarks: [], lines: [] });
  });
});

describe('a Service with an address', () => {
  const at = { ingress: ['10.1.0.1'] };

  test('keeps it, and nothing is said', () => {
    const outcome = look(at);
    expect(outcome).toEqual({
      addresses: ['10.1.0.1'],
      remarks: [],
      lines: [],
      waiting: false,
      released: false,
    });
  });

  test('keeps it in canonical text', () => {
    const v6 = { clusterIPs: ['2001:db8::1'], addressPool: 'dual' };
    expect(look({ ...v6, ingress: ['FD00:0::1'] }).addresses).toEqual(['fd00::1']);
  });

  test.each<[string, Partial<ServiceView>, string]>([
    ['type', { type: 'ClusterIP' }, 'notLoadBalancer'],
    ['cluster address', { clusterIPs: [] }, 'noClusterIPs'],
  ])('loses it with its %s', (_name, over, reason) => {
    look(at);
    const outcome = look({ ...at, ...over });
    expect(outcome).toMatchObject({ addresses: [], waiting: false, released: true, remarks: [] });
    expect(logged(outcome)).toMatchObject([{ event: 'clearAssignment', reason }]);
    expect(allocator.leaseOf('ns/a')).toBeUndefined();
  });

  test('moves when another holds the address, and is told why', () => {
    occupy('10.1.0.1');
    const outcome = look(at);
    expect(outcome.addresses).toEqual(['10.1.0.0']);
    const error = `can't change sharing key for "ns/a", address also in use by ns/other`;
    expect(events(outcome)).toEqual([
      `Normal ClearAssignment: current IP for "ns/a" not allowed by config, will attempt for new IP assignment: ${error}`,
      'Normal IPAllocated: Assigned IP ["10.1.0.0"]',
    ]);
    const msg = 'current IP not allowed by config, clearing';
    expect(logged(outcome)[0]).toEqual({ event: 'clearAssignment', error, msg });
  });

  test('moves when a change of its sharing key parts it from the others', () => {
    const udp = { ports: [{ protocol: 'UDP', port: 80 }] };
    occupy('10.1.0.1', { sharingKey: 'k', ...udp });
    look({ ...at, sharingKey: 'k' });
    const outcome = look({ ...at, sharingKey: 'l' });
    expect(outcome).toMatchObject({ addresses: ['10.1.0.0'], released: true });
    expect(events(outcome)[0]).toContain('address also in use by ns/other');
  });

  test('stays where it is from v0.13 on when a change rules out sharing, and is told', () => {
    begin('v0.13');
    const udp = { ports: [{ protocol: 'UDP', port: 80 }] };
    occupy('10.1.0.1', { sharingKey: 'k', ...udp });
    look({ ...at, sharingKey: 'k' });
    const outcome = look({ ...at, sharingKey: 'l' });
    expect(outcome).toMatchObject({ addresses: ['10.1.0.1'], released: false });
    expect(events(outcome)).toEqual([
      `Warning svcCannotShareKey: current IP for "ns/a" is kept: can't change sharing key for "ns/a", address also in use by ns/other`,
    ]);
  });

  test('moves to the pool it names', () => {
    const outcome = look({ ...at, addressPool: 'dual' });
    expect(outcome.addresses).toEqual(['10.2.0.0']);
    expect(logged(outcome)).toMatchObject([
      { event: 'clearAssignment', reason: 'differentPoolRequested' },
      { event: 'ipAllocated' },
    ]);
  });

  test('moves to the address it asks for', () => {
    const outcome = look({ ...at, loadBalancerIP: '10.1.0.2' });
    expect(outcome).toMatchObject({ addresses: ['10.1.0.2'] });
    expect(logged(outcome)).toMatchObject([
      { event: 'clearAssignment', reason: 'differentIPRequested' },
      { event: 'ipAllocated' },
    ]);
  });

  test('loses it when it asks for one of two families only', () => {
    const pair = { ...dualStack, ingress: ['10.2.0.3', 'fd00::3'] };
    const outcome = look({ ...pair, loadBalancerIPs: '10.2.0.2' });
    expect(outcome).toMatchObject({ addresses: [], waiting: true });
    expect(events(outcome)).toEqual([
      'Warning AllocationFailed: Failed to allocate IP for "ns/a": requested loadBalancer IP(s) ["10.2.0.2"] does not match the ipFamily of the service',
    ]);
  });

  test('keeps an address it asks for outside the pool it names, without a word', () => {
    const outcome = look({ ...at, loadBalancerIP: '10.1.0.1', addressPool: 'dual' });
    expect(outcome).toMatchObject({ addresses: ['10.1.0.1'], remarks: [], lines: [] });
  });

  test('keeps it when it asks for what is no address, and is told', () => {
    const outcome = look({ ...at, loadBalancerIP: 'bad' });
    expect(outcome).toMatchObject({ addresses: ['10.1.0.1'], waiting: false });
    expect(events(outcome)).toEqual([
      'Warning LoadBalancerFailed: invalid requested loadbalancer IPs: invalid spec.loadBalancerIP "bad"',
    ]);
    expect(logged(outcome)).toMatchObject([{ event: 'loadbalancerIP' }]);
  });

  test('gets a pair instead when it becomes dual-stack', () => {
    const outcome = look({ ...at, ...dualStack, addressPool: 'dual' });
    expect(outcome.addresses).toEqual(['fd00::', '10.2.0.0']);
  });

  test('keeps it while its cluster addresses make no sense, and is told', () => {
    const outcome = look({ ...at, clusterIPs: ['198.51.100.1', '198.51.100.2'] });
    expect(outcome.addresses).toBeUndefined();
    expect(events(outcome)).toEqual([
      'Warning noclusterIPsIPFamily: Failed to retrieve ClusterIPs IPFamily for ["198.51.100.1" "198.51.100.2"]: IPFamilyForAddresses: same address family ["198.51.100.1" "198.51.100.2"]',
    ]);
  });
});

describe('a status that no Service can keep', () => {
  test.each<[string, string[], string]>([
    ['two of one family', ['10.1.0.2', '10.1.0.3'], 'same address family ["10.1.0.2" "10.1.0.3"]'],
    [
      'three addresses',
      ['10.1.0.1', 'fd00::1', '10.1.0.2'],
      'invalid ips length 3 ["10.1.0.1" "fd00::1" "10.1.0.2"]',
    ],
    ['a pair with junk', ['10.1.0.1', 'junk'], 'Invalid address ["10.1.0.1" "<nil>"]'],
  ])('of %s is replaced, and an Event says why', (_name, ingress, why) => {
    const outcome = look({ ingress });
    expect(outcome.addresses).toEqual(['10.1.0.0']);
    expect(events(outcome)[0]).toContain('Warning nolbIPsIPFamily: Failed to retrieve LBIPs');
    expect(events(outcome)[0]).toContain(`: IPFamilyForAddresses: ${why}`);
    expect(events(outcome)[1]).toBe('Normal IPAllocated: Assigned IP ["10.1.0.0"]');
  });

  test.each(['garbage', 'fe80::1%eth0', '10.1.0.0/30', ''])('of %j is replaced', (text) => {
    expect(look({ ingress: [text] }).addresses).toEqual(['10.1.0.0']);
  });

  test('of an IPv6 Service that is junk is replaced', () => {
    const outcome = look({ clusterIPs: ['2001:db8::1'], addressPool: 'dual', ingress: ['junk'] });
    expect(outcome.addresses).toEqual(['fd00::']);
    expect(events(outcome)[0]).toContain('["<nil>"] is not allowed in config');
  });
});

describe('before v0.12', () => {
  beforeEach(() => begin('v0.11'));

  test('messages name one address', () => {
    const outcome = look();
    expect(events(outcome)).toEqual(['Normal IPAllocated: Assigned IP "10.1.0.0"']);
    expect(logged(outcome)).toMatchObject([{ event: 'ipAllocated', ip: '10.1.0.0' }]);
  });

  test('the annotation for addresses is not known', () => {
    expect(look({ loadBalancerIPs: '10.1.0.3' }).addresses).toEqual(['10.1.0.0']);
  });

  test('a Service has the family of its first cluster address', () => {
    expect(look(dualStack).addresses).toEqual(['10.1.0.0']);
    const outcome = look({ clusterIPs: ['None'], ingress: ['10.1.0.0'] });
    expect(logged(outcome)).toMatchObject([{ reason: 'noClusterIP' }]);
  });

  test('a lost address is logged with its reason', () => {
    const outcome = look({ ingress: ['192.0.2.1'] });
    expect(logged(outcome)[0]).toMatchObject({ reason: 'notAllowedByConfig' });
  });
});

describe('a hostile Service', () => {
  test.each<[string, Partial<ServiceView>]>([
    ['a list of thousands', { loadBalancerIPs: Array(20_000).fill('2001:db8::1').join() }],
    ['a quarter megabyte of junk', { loadBalancerIPs: '\u0000"%s'.repeat(65_536) }],
    ['an address of a hundred thousand zeros', { loadBalancerIP: `${'0'.repeat(100_000)}1.2.3` }],
    ['a zone', { loadBalancerIP: 'fe80::1%eth0' }],
    ['a status of thousands', { ingress: Array<string>(50_000).fill('10.1.0.1') }],
    ['a pool called after a prototype', { addressPool: '__proto__' }],
    ['ten thousand cluster addresses', { clusterIPs: Array<string>(10_000).fill('192.0.2.1') }],
  ])('with %s gets an address or a message that fits an Event', (_name, over) => {
    const outcome = look(over);
    for (const { message } of outcome.remarks) expect(message.length).toBeLessThanOrEqual(1024);
    expect(JSON.stringify(outcome.lines).length).toBeLessThan(20_000);
    expect(outcome.waiting).toBe(outcome.addresses?.length === 0);
  });

  test('with ten thousand ports shares its address with one that uses another', () => {
    const ports = Array.from({ length: 10_000 }, (_, n) => ({ protocol: 'TCP', port: n + 1 }));
    look({ ports, sharingKey: 'k' });
    const other = { sharingKey: 'k', ports: [{ protocol: 'TCP', port: 10_001 }] };
    expect(look(other, 'ns/b').addresses).toEqual(['10.1.0.0']);
    expect(look({ sharingKey: 'k' }, 'ns/c').addresses).toEqual(['10.1.0.1']);
  });
});

test('giving up a port or a key counts as something others may be waiting for', () => {
  const both = [
    { protocol: 'TCP', port: 80 },
    { protocol: 'TCP', port: 443 },
  ];
  look({ ports: both, sharingKey: 'k' });
  const at = { ingress: ['10.1.0.0'], sharingKey: 'k' };
  expect(look({ ...at, ports: both }).released).toBe(false);
  expect(look(at).released).toBe(true);
  expect(look({ ...at, ports: both }).released).toBe(false);
  expect(look({ ...at, ports: both, sharingKey: 'l' }).released).toBe(true);
});
