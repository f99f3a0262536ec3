import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import {
  type AnnouncedService,
  type BgpRules,
  exportPolicy,
  routesFor,
} from '../../src/runtime/bgp/index.ts';
import { RouteTable } from '../../src/runtime/bgp/table.ts';
import type { BgpAdvertisement, Config, Labels, Peer } from '../../src/runtime/model/index.ts';
import {
  type IpAddress,
  familyOf,
  ipFromBits,
  ipToBits,
  widthOf,
} from '../../src/runtime/net/index.ts';
import { advertisedPool, advertisement, bgpConfig, internalPeer, peer } from '../support/bgp.ts';
import { labeled } from '../support/pools.ts';
import { ip } from '../support/views.ts';

/** Pools that meet in the middle of a /24, so that their aggregates do. */
const RANGES = {
  a: ['198.51.100.0-198.51.101.127', '2001:db8:a::/64'],
  b: ['198.51.101.128-198.51.102.255', '2001:db8:b::/64'],
} as const;
const HELD = {
  a: ['198.51.100.1', '198.51.100.2', '198.51.101.5', '2001:db8:a::5'],
  b: ['198.51.101.200', '198.51.102.3', '2001:db8:b::3'],
} as const;

const selectors = fc.constantFrom([], [labeled({ rack: 'x' })], [labeled({ rack: 'y' })]);
const advertisements: fc.Arbitrary<BgpAdvertisement> = fc
  .record({
    aggregationLength: fc.constantFrom(24, 32),
    aggregationLengthV6: fc.constantFrom(64, 128),
    localPref: fc.constantFrom(0, 50, 100),
    communities: fc.uniqueArray(fc.constantFrom('1:1', '9:1', '10:1', 'large:1:2:3')),
    peers: fc.uniqueArray(fc.constantFrom('outer', 'inner', 'nobody')),
    nodeSelectors: selectors,
  })
  .map(advertisement);
const configs: fc.Arbitrary<Config> = fc
  .record({
    a: fc.array(advertisements, { maxLength: 4 }),
    b: fc.array(advertisements, { maxLength: 4 }),
    places: fc.tuple(selectors, selectors),
  })
  .map(({ a, b, places: [outer, inner] }) =>
    bgpConfig(
      [advertisedPool('a', RANGES.a, ...a), advertisedPool('b', RANGES.b, ...b)],
      [peer('outer', { nodeSelectors: outer }), internalPeer('inner', { nodeSelectors: inner })],
    ),
  );
const services: fc.Arbitrary<AnnouncedService> = fc
  .constantFrom('a' as const, 'b' as const)
  .chain((pool) =>
    fc.record({
      service: fc.constantFrom('s/1', 's/2', 's/3', 's/4'),
      pool: fc.constant(pool),
      addresses: fc.uniqueArray(fc.constantFrom(...HELD[pool].map(ip)), { minLength: 1 }),
    }),
  );
const rules: fc.Arbitrary<BgpRules> = fc.record({
  compat: fc.constantFrom('v0.12', 'v0.13'),
  mode: fc.constantFrom('native', 'frr'),
});
const racks: fc.Arbitrary<Labels> = fc.constantFrom({ rack: 'x' }, { rack: 'y' }, {});

type Told = Readonly<Record<string, Readonly<Record<string, object>>>>;

/** Every advertisement of every address for every peer, one by one: what legacy.md §6.1 says, and slow. */
function slowly(
  config: Config,
  around: BgpRules & { labels: Labels },
  held: readonly AnnouncedService[],
): Told {
  const rack = `rack=${around.labels['rack'] ?? ''}`;
  const isHere = ({ nodeSelectors }: Pick<Peer, 'nodeSelectors'>): boolean =>
    nodeSelectors.length === 0 || nodeSelectors.some(({ text }) => text === rack);
  const told: Record<string, Record<string, object>> = {};
  for (const one of config.peers.filter(isHere)) {
    const said = new Map<string, Map<string, Set<BgpAdvertisement>>>();
    for (const { address, pool, bgp } of pairs(config, held)) {
      if (around.mode === 'native' && familyOf(address) === 'ipv6') continue;
      if (!isHere(bgp) || (bgp.peers.length > 0 && !bgp.peers.includes(one.name))) continue;
      const byPool = said.get(cut(address, bgp)) ?? new Map<string, Set<BgpAdvertisement>>();
      said.set(cut(address, bgp), byPool.set(pool, (byPool.get(pool) ?? new Set()).add(bgp)));
    }
    told[one.name] = Object.fromEntries(
      [...said].map(([prefix, byPool]) => [prefix, judged([...byPool.values()], one, around)]),
    );
  }
  return told;
}

/** Every address with every advertisement of its pool. */
function pairs(
  { pools }: Config,
  held: readonly AnnouncedService[],
): { address: IpAddress; pool: string; bgp: BgpAdvertisement }[] {
  return held.flatMap(({ pool, addresses }) =>
    addresses.flatMap((address) =>
      pools
        .filter(({ name }) => name === pool)
        .flatMap((one) => one.bgp.map((bgp) => ({ address, pool, bgp }))),
    ),
  );
}

function cut(
  address: IpAddress,
  { aggregationLength, aggregationLengthV6 }: BgpAdvertisement,
): string {
  const family = familyOf(address);
  const length = family === 'ipv4' ? aggregationLength : aggregationLengthV6;
  const size = 1n << BigInt(widthOf(family) - length);
  return `${ipFromBits((ipToBits(address) / size) * size, family)}/${length}`;
}

function judged(
  pools: readonly ReadonlySet<BgpAdvertisement>[],
  { myASN, peerASN }: Peer,
  { compat, mode }: BgpRules,
): object {
  const internal = myASN === peerASN;
  if (mode === 'frr') {
    const all = pools.flatMap((pool) => [...pool]);
    const localPref = Math.max(...all.map((one) => one.localPref)) || 100;
    const communities = sortedTexts(all.flatMap((one) => one.communities));
    return { origin: 'igp', communities, ...(internal && { localPref }) };
  }
  const kept = pools.map((pool) => (compat === 'v0.13' ? [...pool][0] : [...pool].at(-1)));
  const [best] = kept
    .flatMap((one) => one ?? [])
    .map(({ localPref, communities }) => ({ localPref, communities: sortedTexts(communities) }))
    .sort((a, b) => b.localPref - a.localPref || rank(a.communities) - rank(b.communities));
  const origin = compat === 'v0.13' ? 'igp' : 'incomplete';
  return {
    origin,
    communities: best?.communities,
    ...(internal && { localPref: best?.localPref }),
  };
}

const VALUES = ['1:1', '9:1', '10:1', 'large:1:2:3'];

function sortedTexts(texts: readonly string[]): string[] {
  return VALUES.filter((value) => texts.includes(value));
}

/** Lists in their order: as digits of a number, a missing one lowest, the large ones apart. */
function rank(texts: readonly string[]): number {
  const plain = texts.filter((text) => !text.startsWith('large'));
  const digits = [0, 1, 2].map((at) => 1 + VALUES.indexOf(plain[at] ?? ''));
  return digits.reduce((sum, digit) => sum * 5 + digit, 0) * 2 + (texts.length - plain.length);
}

function plainly({
  origin,
  communities,
  largeCommunities,
  localPref,
}: {
  readonly origin: string;
  readonly communities: readonly string[];
  readonly largeCommunities: readonly string[];
  readonly localPref?: number;
}): object {
  return {
    origin,
    communities: [...communities, ...largeCommunities.map((text) => `large:${text}`)],
    ...(localPref !== undefined && { localPref }),
  };
}

function told(
  config: Config,
  around: BgpRules & { labels: Labels },
  held: readonly AnnouncedService[],
): Told {
  return Object.fromEntries(
    routesFor(config, around, held).map(({ session, routes }) => [
      session.peer.name,
      Object.fromEntries(
        routes.map(({ prefix, attributes }) => [prefix.text, plainly(attributes)]),
      ),
    ]),
  );
}

test.prop([
  configs,
  fc.uniqueArray(services, { selector: ({ service }) => service }),
  rules,
  racks,
])(
  'each peer is told what its advertisements say, whatever the order of the Services',
  (config, held, chosen, labels) => {
    const around = { ...chosen, labels };
    const expected = slowly(config, around, held);

    expect(told(config, around, held)).toEqual(expected);
    expect(told(config, around, held.toReversed())).toEqual(expected);
  },
);

test.prop([
  configs,
  fc.array(fc.oneof(services, fc.constantFrom('s/1', 's/2', 's/3', 's/4')), { maxLength: 12 }),
  rules,
  racks,
])(
  'following the changes one by one leads to what a fresh start would tell, and no change is told in vain',
  (config, steps, chosen, labels) => {
    const around = { ...chosen, labels };
    const policy = exportPolicy(config, around);
    const table = new RouteTable(policy);
    const held = new Map<string, AnnouncedService>();
    const mirror: Record<string, Record<string, object>> = Object.fromEntries(
      policy.sessions.map(({ peer: { name } }) => [name, {}]),
    );
    for (const step of steps) {
      const changes = typeof step === 'string' ? table.delete(step) : table.set(step);
      if (typeof step === 'string') held.delete(step);
      else held.set(step.service, step);
      for (const { session, prefix, attributes } of changes) {
        const routes = mirror[session.peer.name] ?? {};
        const after = attributes === undefined ? undefined : plainly(attributes);
        expect(routes[prefix.text]).not.toEqual(after);
        if (after === undefined) Reflect.deleteProperty(routes, prefix.text);
        else routes[prefix.text] = after;
      }
      expect(mirror).toEqual(slowly(config, around, [...held.values()]));
    }
  },
);
