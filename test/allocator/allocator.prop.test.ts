import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Allocator, type Claim, type Families } from '../../src/runtime/allocator/index.ts';
import type { Compat } from '../../src/runtime/model/index.ts';
import type { IpAddress } from '../../src/runtime/net/index.ts';
import { choosyPool, labeled } from '../support/pools.ts';
import { ip, poolOf } from '../support/views.ts';
import { ScanAllocator } from './scan-allocator.ts';

const TEAM = labeled({ team: 'till' });
const EDGE = labeled({ tier: 'edge' });

/** Configurations between which addresses stay, move to another pool, or are stranded. */
const CONFIGS = [
  [
    poolOf('a', ['192.0.2.254-192.0.3.1', '2001:db8::/127'], { avoidBuggyIPs: true }),
    poolOf('b', ['2001:db8:1::/126', '198.51.100.0/30']),
    poolOf('c', ['203.0.113.8/31', '203.0.113.4/32'], { autoAssign: false }),
  ],
  [
    poolOf('b', ['192.0.2.254-192.0.3.1', '2001:db8::/127', '203.0.113.4/32', '203.0.113.8/31']),
    poolOf('z', ['198.51.100.0/29', '2001:db8:1::/125'], { avoidBuggyIPs: true }),
  ],
  [
    poolOf('only', ['2001:db8:1::/126', '198.51.100.0/30', '192.0.2.0/23', '2001:db8::/120']),
    poolOf('spare', ['203.0.113.0/28']),
  ],
  [
    choosyPool('b', ['198.51.100.0/31', '2001:db8:1::/127'], {
      priority: 20,
      namespaces: ['till'],
      serviceSelectors: [EDGE],
    }),
    choosyPool('a', ['198.51.100.2/31'], { priority: 20, namespaceSelectors: [TEAM] }),
    choosyPool('c', ['203.0.113.4/32', '203.0.113.8/31'], {
      priority: 10,
      namespaces: ['shop'],
      namespaceSelectors: [TEAM, labeled({ team: 'nobody' })],
    }),
    choosyPool('only', ['192.0.2.254-192.0.3.1'], { serviceSelectors: [EDGE] }),
    choosyPool('empty', ['192.0.2.8/31', '2001:db8::/127'], { priority: 1 }),
    poolOf('z', ['198.51.100.4/30', '2001:db8:1::2/127'], { legacyName: 'B west' }),
    poolOf('y', ['198.51.100.8/32'], { legacyName: 'only' }),
    choosyPool('mute', ['203.0.113.0/31'], { namespaces: ['till'] }, { autoAssign: false }),
  ],
];

const ADDRESSES = [
  '192.0.2.255',
  '192.0.3.1',
  '198.51.100.0',
  '198.51.100.1',
  '203.0.113.4',
  '203.0.113.9',
  '2001:db8::1',
  '2001:db8:1::',
  '2001:db8:9::',
].map(ip);

const claims: fc.Arbitrary<Claim> = fc.record({
  service: fc.constantFrom(...Array.from({ length: 12 }, (_, n) => `n/s${n}`)),
  ports: fc.subarray(['TCP/53', 'UDP/53', 'TCP/80'], { minLength: 1 }),
  sharingKey: fc.constantFrom('', 'k', 'k', 'l'),
  backendKey: fc.constantFrom('', '', 'app=web'),
  namespace: fc.constantFrom('till', 'shop', 'lab'),
  labels: fc.constantFrom({}, { tier: 'edge' }, { tier: 'core' }),
  namespaceLabels: fc.constantFrom<(Record<string, string> | undefined)[]>(
    undefined,
    {},
    { team: 'till' },
    { team: 'till', env: 'x' },
  ),
});

class Assign implements fc.Command<ScanAllocator, Allocator> {
  readonly claim: Claim;
  readonly addresses: readonly IpAddress[];
  readonly doubt: 'trust' | 'wait';

  constructor(claim: Claim, addresses: readonly IpAddress[], doubt: 'trust' | 'wait') {
    this.claim = claim;
    this.addresses = addresses;
    this.doubt = doubt;
  }

  check(): boolean {
    return true;
  }

  run(scan: ScanAllocator, real: Allocator): void {
    const assign = () => real.assign(this.claim, this.addresses, this.doubt);
    const result = assign();
    expect(result.kind === 'leased').toBe(scan.assign(this.claim, this.addresses, this.doubt));
    const again = assign();
    expect(again).toEqual(result);
    expectAgreement(scan, real);
  }

  toString(): string {
    return `assign ${JSON.stringify(this.claim)} ${this.addresses.join(',')} ${this.doubt}`;
  }
}

class Allocate implements fc.Command<ScanAllocator, Allocator> {
  readonly claim: Claim;
  readonly families: Families;
  readonly pool: string | undefined;

  constructor(claim: Claim, families: Families, pool: string | undefined) {
    this.claim = claim;
    this.families = families;
    this.pool = pool;
  }

  check(): boolean {
    return true;
  }

  run(scan: ScanAllocator, real: Allocator): void {
    const result = real.allocate(this.claim, this.families, this.pool);
    const expected = scan.allocate(this.claim, this.families, this.pool);
    expect(result.kind === 'leased' ? result.addresses : undefined).toEqual(expected);
    expectAgreement(scan, real);
  }

  toString(): string {
    return `allocate ${this.families} ${this.pool ?? ''} ${JSON.stringify(this.claim)}`;
  }
}

class Release implements fc.Command<ScanAllocator, Allocator> {
  readonly claim: Claim;

  constructor(claim: Claim) {
    this.claim = claim;
  }

  check(): boolean {
    return true;
  }

  run(scan: ScanAllocator, real: Allocator): void {
    expect(real.release(this.claim.service)).toBe(scan.release(this.claim.service));
    expectAgreement(scan, real);
  }

  toString(): string {
    return `release ${this.claim.service}`;
  }
}

class Block implements fc.Command<ScanAllocator, Allocator> {
  readonly claim: Claim;
  readonly addresses: readonly IpAddress[];

  constructor(claim: Claim, addresses: readonly IpAddress[]) {
    this.claim = claim;
    this.addresses = addresses;
  }

  check(): boolean {
    return true;
  }

  run(scan: ScanAllocator, real: Allocator): void {
    scan.block(this.claim.service, this.addresses);
    real.block(this.claim.service, this.addresses);
    expectAgreement(scan, real);
  }

  toString(): string {
    return `block ${this.claim.service} ${this.addresses.join(',')}`;
  }
}

class SetPools implements fc.Command<ScanAllocator, Allocator> {
  readonly choice: number;

  constructor(choice: number) {
    this.choice = choice;
  }

  check(): boolean {
    return true;
  }

  run(scan: ScanAllocator, real: Allocator): void {
    const pools = CONFIGS[this.choice] ?? [];
    const accepted = scan.setPools(pools);
    expect(real.setPools([...pools].reverse()).kind).toBe(accepted ? 'accepted' : 'refused');
    expectAgreement(scan, real);
  }

  toString(): string {
    return `config ${this.choice}`;
  }
}

/** The same addresses held by the same Services of the same pools, and counted right. */
function expectAgreement(scan: ScanAllocator, real: Allocator): void {
  const usage = new Map(scan.pools.map(({ name }) => [name, { inUse: new Set(), services: 0 }]));
  for (const [service, { addresses }] of scan.held) {
    const pool = scan.poolOf(addresses)?.name ?? '';
    expect(real.leaseOf(service)).toEqual({ kind: 'leased', pool, addresses });
    const counted = usage.get(pool)!;
    counted.services += 1;
    for (const address of addresses) counted.inUse.add(address);
  }
  for (const address of [...scan.blocked.values()].flat()) {
    usage.get(scan.poolOf([address])?.name ?? '')!.inUse.add(address);
  }
  const counts = real.usage().map(({ pool, inUse, services }) => [pool, inUse, services]);
  expect(counts).toEqual(
    [...usage].map(([pool, { inUse, services }]) => [pool, inUse.size, services]).sort(),
  );
}

const lists = fc.uniqueArray(fc.constantFrom(...ADDRESSES), { minLength: 1, maxLength: 2 });
const doubts = fc.constantFrom<'trust' | 'wait'>('trust', 'wait');
const families = fc.constantFrom<Families>('ipv4', 'ipv4', 'ipv6', 'dual');
const poolName = fc.constantFrom(undefined, undefined, 'a', 'b', 'c', 'only', 'B west', 'empty');
const commands = fc.commands(
  [
    fc.tuple(claims, lists, doubts).map(([claim, addresses, doubt]) => {
      return new Assign(claim, addresses, doubt);
    }),
    fc.tuple(claims, lists).map(([claim, addresses]) => new Block(claim, addresses)),
    fc.tuple(claims, families, poolName).map(([claim, family, pool]) => {
      return new Allocate(claim, family, pool);
    }),
    fc.tuple(claims, families).map(([claim, family]) => new Allocate(claim, family, undefined)),
    claims.map((claim) => new Release(claim)),
    fc.nat(CONFIGS.length - 1).map((choice) => new SetPools(choice)),
  ],
  { maxCommands: 60 },
);

test.each<Compat>(['v0.12', 'v0.13'])(
  'under %s, whatever is asked in whatever order, it does what a scan of every address would do',
  (compat) => {
    fc.assert(
      fc.property(commands, fc.constantFrom(0, 3), (steps, first) => {
        const start = () => {
          const [model, real] = [new ScanAllocator(compat === 'v0.13'), new Allocator(compat)];
          model.setPools(CONFIGS[first]!);
          real.setPools(CONFIGS[first]!);
          return { model, real };
        };
        fc.modelRun(start, steps);
      }),
    );
    expect.hasAssertions();
  },
);
