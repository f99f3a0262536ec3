import type { CoverageSpec, Interpretation } from '../../config-crd/index.ts';
import type { Compat, Config, ObjectReference } from '../../runtime/model/index.ts';
import { type Entry, type Link, type Part, linksAt } from './entry.ts';
import { largeAliases } from './limits.ts';
import { peerPart, profilePart, referenceOf } from './peer.ts';
import { type PoolSource, type Route, poolPart } from './pool.ts';

type Resources = Interpretation['resources'];

const AGGREGATION_LENGTH = 'metal-lb.io/aggregation-length';

export interface DocumentFacts {
  /** What the resources mean. */
  readonly config: Config;
  readonly compat: Compat;
  /** Whether people have said something of an object, other than of a pool that it names. */
  readonly hasWords: (object: ObjectReference) => boolean;
  /** The place of an object among those that were given. */
  readonly rankOf: (kind: string, name: string) => number;
}

/**
 * The legacy document that says what sound resources say. Objects come in the order in which they were given, the
 * advertisements of a pool by name, as the original goes through them.
 */
export function legacyDocument(
  { resources, coverage }: Interpretation,
  { config, compat, hasWords, rankOf }: DocumentFacts,
): Part {
  const inOrder = <One extends { readonly name: string }>(
    kind: keyof Resources,
    ones: readonly One[],
  ): readonly One[] => ones.toSorted((a, b) => rankOf(kind, a.name) - rankOf(kind, b.name));
  const passwords = new Map(config.peers.map(({ name, password }) => [name, password?.reveal()]));
  const peers = inOrder('BGPPeer', resources.BGPPeer);
  const pools = poolSources({ resources, coverage }, { config, hasWords }).toSorted(
    (a, b) => rankOfPool(a, rankOf) - rankOfPool(b, rankOf),
  );
  return gathered({
    peers: listOf(peers.map((peer) => peerPart(peer, passwords.get(peer.name)))),
    'bgp-communities': aliases(inOrder('Community', resources.Community), resources),
    'address-pools': listOf(pools.map((pool) => poolPart(pool, compat))),
    'bfd-profiles': listOf(inOrder('BFDProfile', resources.BFDProfile).map(profilePart)),
  });
}

function rankOfPool(
  { resource: { name, place } }: PoolSource,
  rankOf: (kind: string, name: string) => number,
): number {
  return rankOf(referenceOf(place.object).kind, name);
}

/** Parts that say nothing have no key. */
function gathered(parts: Readonly<Record<string, Part<Entry | readonly Entry[]>>>): Part {
  const written = Object.entries(parts).filter(([, { value }]) => Object.keys(value).length > 0);
  return {
    value: Object.fromEntries(written.map(([key, { value }]) => [key, value])),
    links: Object.entries(parts).flatMap(([key, { links }]) => linksAt([key], links)),
  };
}

function listOf(parts: readonly Part[]): Part<readonly Entry[]> {
  return {
    value: parts.map(({ value }) => value),
    links: parts.flatMap(({ links }, index) => linksAt([index], links)),
  };
}

function aliases(communities: Resources['Community'], resources: Resources): Part {
  const large = new Set(largeAliases(resources));
  const entries: [string, string][] = [];
  const links: Link[] = [];
  for (const { spec, place } of communities) {
    const object = referenceOf(place.object);
    let isFirst = true;
    for (const [index, { name = '', value = '' }] of (spec.communities ?? []).entries()) {
      if (large.has(name)) continue;
      // At the key bgp-communities it would be at the top of the document, and said of all of it.
      if (isFirst) links.push({ object, from: [], to: [name] });
      isFirst = false;
      entries.push([name, value]);
      links.push({ object, from: ['spec', 'communities', index], to: [name] });
    }
  }
  return { value: Object.fromEntries(entries), links };
}

function poolSources(
  { resources, coverage }: Interpretation,
  { config, hasWords }: Pick<DocumentFacts, 'config' | 'hasWords'>,
): readonly PoolSource[] {
  const announced = byPool(coverage.BGPAdvertisement, resources.BGPAdvertisement);
  const answered = byPool(coverage.L2Advertisement, resources.L2Advertisement);
  const own = new Map(resources.IPAddressPool.map((one) => [one.name, one]));
  const deprecated = new Map(resources.AddressPool.map((one) => [one.name, one]));
  return config.pools.flatMap((pool): readonly PoolSource[] => {
    const { name } = pool;
    const protocol = pool.layer2.length > 0 ? 'layer2' : 'bgp';
    const resource = own.get(name);
    if (resource !== undefined) {
      const routes = (announced.get(name) ?? []).map((one) => {
        const route = routeOf(one);
        return { ...route, hasWords: hasWords(route.object), ...namingOf(name, one) };
      });
      const layer2 = (answered.get(name) ?? []).map((one) => {
        return { object: referenceOf(one.place.object), ...namingOf(name, one) };
      });
      return [{ resource, pool, protocol, routes, layer2 }];
    }
    const other = deprecated.get(name);
    if (other === undefined) return [];
    const object = referenceOf(other.place.object);
    const routes = (other.spec.bgpAdvertisements ?? []).map((spec, index): Route => {
      return { spec, object, from: ['spec', 'bgpAdvertisements', index], hasWords: false };
    });
    return [{ resource: other, pool, protocol, routes, layer2: [] }];
  });
}

/** The one length that the field cannot say is in an annotation. */
function routeOf({
  spec,
  annotations,
  place,
}: Resources['BGPAdvertisement'][number]): Omit<Route, 'hasWords'> {
  const isZero = annotations[AGGREGATION_LENGTH] === '0';
  const object = referenceOf(place.object);
  return { spec: { ...spec, ...(isZero && { aggregationLength: 0 }) }, object, from: [] };
}

function namingOf(
  pool: string,
  { spec: { ipAddressPools = [] } }: { readonly spec: CoverageSpec },
): Pick<Route, 'naming'> {
  const index = ipAddressPools.indexOf(pool);
  return index < 0 ? {} : { naming: ['spec', 'ipAddressPools', index] };
}

/** The advertisements for each pool, in their order. */
function byPool<One extends { readonly name: string }>(
  coverage: ReadonlyMap<string, readonly string[]>,
  advertisements: readonly One[],
): ReadonlyMap<string, readonly One[]> {
  const found = new Map<string, One[]>();
  for (const advertisement of advertisements) {
    for (const pool of coverage.get(advertisement.name) ?? []) {
      const others = found.get(pool);
      if (others === undefined) found.set(pool, [advertisement]);
      else others.push(advertisement);
    }
  }
  return found;
}
