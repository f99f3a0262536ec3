import { beforeEach, describe, expect, test } from 'vitest';
import { Allocator, type Claim, claimOf } from '../../src/runtime/allocator/index.ts';
import type { Pool, ServiceView } from '../../src/runtime/model/index.ts';
import { ip, poolOf, serviceView } from '../support/views.ts';

const claim = (key: string, over: Partial<ServiceView> = {}): Claim =>
  claimOf(serviceView(key, over));

const p4 = poolOf('p4', ['10.1.0.0/30']);
const dual = poolOf('dual', ['fd00::/126', '10.2.0.0/30'], { autoAssign: false });

let allocator: Allocator;
beforeEach(() => {
  allocator = allocatorWith([p4, dual]);
});

function allocatorWith(pools: readonly Pool[]): Allocator {
  const fresh = new Allocator('v0.12');
  fresh.setPools(pools);
  return fresh;
}

const leased = (pool: string, ...addresses: string[]) => ({ kind: 'leased', pool, addresses });
const refused = (reason: string): unknown => expect.objectContaining({ kind: 'refused', reason });

describe('automatic allocation', () => {
  test('hands out the lowest free address, network and broadcast addresses included', () => {
    const given = ['a', 'b', 'c', 'd'].map((name) => allocator.allocate(claim(name), 'ipv4'));
    expect(given).toEqual(
      ['10.1.0.0', '10.1.0.1', '10.1.0.2', '10.1.0.3'].map((address) => leased('p4', address)),
    );
    expect(allocator.allocate(claim('e'), 'ipv4')).toEqual(refused('no available IPs'));
    allocator.release('c');
    expect(allocator.allocate(claim('e'), 'ipv4')).toEqual(leased('p4', '10.1.0.2'));
  });

  test('takes both families of a dual-stack Service from one pool, in the order of its CIDRs', () => {
    expect(allocator.allocate(claim('a'), 'dual', 'dual')).toEqual(
      leased('dual', 'fd00::', '10.2.0.0'),
    );
    expect(allocator.allocate(claim('b'), 'dual')).toEqual(refused('no available IPs'));
    expect(allocator.allocate(claim('b'), 'dual', 'p4')).toEqual(
      refused('no available IPs in pool "p4" for dual IPFamily'),
    );
    expect(allocator.usage()).toMatchObject([
      { pool: 'dual', capacity: 8n, inUse: 2, services: 1 },
      { pool: 'p4', capacity: 4n, inUse: 0, services: 0 },
    ]);
  });

  test('passes over addresses ending in 0 and 255 where told to', () => {
    allocator = allocatorWith([poolOf('p', ['192.0.2.254-192.0.3.1'], { avoidBuggyIPs: true })]);
    const given = ['a', 'b', 'c'].map((name) => allocator.allocate(claim(name), 'ipv4'));
    expect(given).toEqual([
      leased('p', '192.0.2.254'),
      leased('p', '192.0.3.1'),
      refused('no available IPs'),
    ]);
    expect(allocator.assign(claim('c'), [ip('192.0.3.0')])).toEqual(
      refused('["192.0.3.0"] is not allowed in config'),
    );
  });

  test('tries pools by priority, then name, however they are listed', () => {
    const serviceAllocation = (priority: number) => ({
      serviceAllocation: { priority, namespaces: [], namespaceSelectors: [], serviceSelectors: [] },
    });
    const pools = [
      poolOf('b', ['192.0.2.2/32']),
      poolOf('a', ['192.0.2.1/32']),
      poolOf('z', ['192.0.2.9/32'], serviceAllocation(10)),
      poolOf('y', ['192.0.2.8/32'], serviceAllocation(20)),
      poolOf('c', ['192.0.2.3/32'], serviceAllocation(0)),
    ];
    for (const order of [pools, [...pools].reverse()]) {
      allocator = allocatorWith(order);
      const given = [1, 2, 3, 4, 5].map((n) => allocator.allocate(claim(`s${n}`), 'ipv4'));
      expect(given).toMatchObject(['z', 'y', 'a', 'b', 'c'].map((pool) => ({ pool })));
    }
  });

  test('shares the lowest address whose holders agree and leave the ports free', () => {
    const shared = { sharingKey: 'k' };
    allocator.allocate(claim('a', shared), 'ipv4');
    allocator.allocate(claim('b', shared), 'ipv4');
    const dns = claim('c', { ...shared, ports: [{ protocol: 'UDP', port: 53 }] });
    expect(allocator.allocate(dns, 'ipv4')).toEqual(leased('p4', '10.1.0.0'));
    expect(allocator.allocate(claim('d', { sharingKey: 'other' }), 'ipv4')).toEqual(
      leased('p4', '10.1.0.2'),
    );
    expect(allocator.usage()[1]).toMatchObject({ inUse: 3, services: 4 });
  });
});

describe('assigning given addresses', () => {
  const at = [ip('10.1.0.1')];

  test('works in pools that are not for automatic allocation', () => {
    expect(allocator.assign(claim('a'), [ip('10.2.0.3')])).toEqual(leased('dual', '10.2.0.3'));
  });

  test('keeps the order given', () => {
    expect(allocator.assign(claim('a'), [ip('10.2.0.3'), ip('fd00::3')])).toEqual(
      leased('dual', '10.2.0.3', 'fd00::3'),
    );
  });

  test.each([
    [['192.0.2.1'], '["192.0.2.1"] is not allowed in config'],
    [['10.1.0.1', 'fd00::1'], '["10.1.0.1" "fd00::1"] is not allowed in config'],
    [['10.2.0.1', '10.2.0.2'], '"10.2.0.1" "10.2.0.2" has the same family'],
    [
      ['10.2.0.1', 'fd00::1', '10.2.0.2'],
      'More than two addresses ["10.2.0.1" "fd00::1" "10.2.0.2"]',
    ],
  ])('refuses %j', (addresses, reason) => {
    expect(allocator.assign(claim('a'), addresses.map(ip))).toEqual(refused(reason));
  });

  test('replaces what the Service held', () => {
    allocator.assign(claim('a'), at);
    allocator.assign(claim('a'), [ip('10.1.0.3')]);
    expect(allocator.assign(claim('b'), at)).toEqual(leased('p4', '10.1.0.1'));
    expect(allocator.leaseOf('a')).toEqual(leased('p4', '10.1.0.3'));
  });

  test('leaves everything as it was when it refuses', () => {
    allocator.assign(claim('a'), at);
    allocator.assign(claim('b'), [ip('10.1.0.2')]);
    expect(allocator.assign(claim('b'), at)).toMatchObject({ kind: 'refused', holders: ['a'] });
    expect(allocator.leaseOf('b')).toEqual(leased('p4', '10.1.0.2'));
  });
});

describe('sharing an address', () => {
  const at = [ip('10.1.0.1')];
  const local = { externalTrafficPolicy: 'Local' } as const;
  const udp = { ports: [{ protocol: 'UDP', port: 80 }] };

  test.each<[string, Partial<ServiceView>, Partial<ServiceView>, string]>([
    ['the holder has no key', {}, { sharingKey: 'k' }, 'existing service does not allow sharing'],
    ['the newcomer has no key', { sharingKey: 'k' }, {}, 'new service does not allow sharing'],
    [
      'the keys differ',
      { sharingKey: 'k' },
      { sharingKey: 'l' },
      'sharing key "l" does not match existing sharing key "k"',
    ],
    [
      'one is Local with a selector',
      { sharingKey: 'k' },
      { sharingKey: 'k', ...local },
      'backend key "app=web" does not match existing sharing key "k"',
    ],
  ])('is refused if %s', (_name, holder, newcomer, because) => {
    const reason = `can't change sharing key for "n/new", address also in use by n/old`;
    for (const [compat, text] of [
      ['v0.12', reason],
      ['v0.11', `${reason}: ${because}`],
    ] as const) {
      allocator = new Allocator(compat);
      allocator.setPools([p4]);
      allocator.assign(claim('n/old', holder), at);
      expect(allocator.assign(claim('n/new', { ...newcomer, ...udp }), at)).toEqual(refused(text));
    }
  });

  test.each<[string, Partial<ServiceView>, Partial<ServiceView>]>([
    ['both are Cluster', {}, {}],
    ['one is Local without a selector', {}, { ...local, selector: '' }],
    ['both are Local with one selector', local, local],
  ])('works with one key and other ports if %s', (_name, holder, newcomer) => {
    allocator.assign(claim('a', { sharingKey: 'k', ...holder }), at);
    const lease = allocator.assign(claim('b', { sharingKey: 'k', ...newcomer, ...udp }), at);
    expect(lease).toEqual(leased('p4', '10.1.0.1'));
  });

  test('is refused for a port that another holder uses', () => {
    allocator.assign(claim('a', { sharingKey: 'k' }), at);
    allocator.assign(claim('b', { sharingKey: 'k', ...udp }), at);
    expect(allocator.assign(claim('c', { sharingKey: 'k' }), at)).toEqual(
      refused('port TCP/80 is already in use on "10.1.0.1"'),
    );
  });

  test('names all other holders, sorted', () => {
    allocator.assign(claim('b', { sharingKey: 'k' }), at);
    allocator.assign(claim('a', { sharingKey: 'k', ...udp }), at);
    expect(allocator.assign(claim('c'), at)).toEqual(
      refused(`can't change sharing key for "c", address also in use by a,b`),
    );
  });

  test('the only holder may change its keys', () => {
    allocator.assign(claim('a', { sharingKey: 'k' }), at);
    expect(allocator.assign(claim('a', { sharingKey: 'l' }), at)).toMatchObject({ kind: 'leased' });
    expect(allocator.assign(claim('b', { sharingKey: 'l', ...udp }), at)).toMatchObject({
      kind: 'leased',
    });
    expect(allocator.assign(claim('a', { sharingKey: 'm' }), at)).toMatchObject({
      kind: 'refused',
    });
  });
});

describe('a new configuration', () => {
  beforeEach(() => {
    allocator.allocate(claim('n/a'), 'ipv4');
  });

  test('that strands an address is refused, and the old one stays in force', () => {
    expect(allocator.setPools([dual])).toEqual({
      kind: 'refused',
      reason:
        'new config not compatible with assigned IPs: service "n/a" cannot own ["10.1.0.0"] under new config',
    });
    expect(allocator.allocate(claim('n/b'), 'ipv4')).toEqual(leased('p4', '10.1.0.1'));
  });

  test('that parts a dual-stack pair is refused', () => {
    allocator.allocate(claim('n/b'), 'dual', 'dual');
    const apart = [p4, poolOf('x', ['fd00::/126']), poolOf('y', ['10.2.0.0/30'])];
    expect(allocator.setPools(apart)).toMatchObject({ kind: 'refused' });
  });

  test('may rename and enlarge a pool: addresses stay, and count there', () => {
    expect(allocator.setPools([poolOf('new', ['10.1.0.0/24'])])).toEqual({ kind: 'accepted' });
    expect(allocator.leaseOf('n/a')).toEqual(leased('new', '10.1.0.0'));
    expect(allocator.usage()).toMatchObject([
      { pool: 'new', capacity: 256n, inUse: 1, services: 1 },
    ]);
    expect(allocator.allocate(claim('n/b'), 'ipv4')).toEqual(leased('new', '10.1.0.1'));
  });

  test('keeps shared addresses shared', () => {
    const shared = { sharingKey: 'k' };
    allocator.assign(claim('n/s', shared), [ip('10.1.0.2')]);
    allocator.setPools([poolOf('new', ['10.1.0.0/30'])]);
    const dns = claim('n/t', { ...shared, ports: [{ protocol: 'UDP', port: 53 }] });
    allocator.allocate(claim('n/b'), 'ipv4');
    expect(allocator.allocate(dns, 'ipv4')).toEqual(leased('new', '10.1.0.2'));
  });
});

test('an unknown pool is named', () => {
  expect(allocator.allocate(claim('a'), 'ipv4', 'nope')).toEqual(refused('unknown pool "nope"'));
});

test('before v0.12 an exhausted pool is told without its family', () => {
  allocator = new Allocator('v0.11');
  allocator.setPools([poolOf('v6', ['2001:db8::/126'])]);
  expect(allocator.allocate(claim('a'), 'ipv4', 'v6')).toEqual(
    refused('no available IPs in pool "v6"'),
  );
});

test('thousands of Services with one sharing key and one port get an address each, in order', () => {
  allocator = allocatorWith([poolOf('wide', ['10.0.0.0/8'])]);
  const given = Array.from({ length: 5000 }, (_, n) =>
    allocator.allocate(claim(`s${n}`, { sharingKey: 'k' }), 'ipv4'),
  );
  expect(given[4999]).toEqual(leased('wide', '10.0.19.135'));
  allocator.release('s1234');
  expect(allocator.allocate(claim('late', { sharingKey: 'k' }), 'ipv4')).toEqual(
    leased('wide', '10.0.4.210'),
  );
});
