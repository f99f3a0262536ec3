import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Allocator, type Claim, type Families } from '../../src/runtime/allocator/index.ts';
import type { IpAddress } from '../../src/runtime/net/index.ts';
import { ip, poolOf } from '../support/views.ts';
import { ScanAllocator } from './scan-allocator.ts';

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
});

class Assign implements fc.Command<ScanAllocator, Allocator> {
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
    const result = real.assign(this.claim, this.addresses);
    expect(result.kind === 'leased').toBe(scan.assign(this.claim, this.addresses));
    const again = real.assign(this.claim, this.addresses);
    expect(again).toEqual(result);
    expectAgreement(scan, real);
  }

  toString(): string {
    return `assign ${JSON.stringify(this.claim)} ${this.addresses.join(',')}`;
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
const families = fc.constantFrom<Families>('ipv4', 'ipv4', 'ipv6', 'dual');
const poolName = fc.constantFrom(undefined, undefined, 'a', 'b', 'c', 'only');
const commands = fc.commands(
  [
    fc.tuple(claims, lists).map(([claim, addresses]) => new Assign(claim, addresses)),
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

test('whatever is asked in whatever order, it does what a scan of every address would do', () => {
  fc.assert(
    fc.property(commands, (steps) => {
      const start = () => {
        const [model, real] = [new ScanAllocator(), new Allocator('v0.12')];
        model.setPools(CONFIGS[0]!);
        real.setPools(CONFIGS[0]!);
        return { model, real };
      };
      fc.modelRun(start, steps);
    }),
  );
  expect.hasAssertions();
});
