import type { Config, Layer2Advertisement, Pool } from '../runtime/model/index.ts';
import { type Announcement, parseAnnouncements } from './advertisements/bgp.ts';
import { parseAliases } from './advertisements/community.ts';
import { parseLayer2 } from './advertisements/layer2.ts';
import { checkLocalPreferences } from './advertisements/local-preference.ts';
import { type AnnouncedPool, checkEcho } from './modes/echo.ts';
import { checkFrr } from './modes/frr.ts';
import { checkNative, checkPool } from './modes/native.ts';
import { type Resources, collectResources } from './objects/collect.ts';
import { Findings, Place } from './objects/place.ts';
import { parseProfiles } from './peers/bfd.ts';
import { parsePeers } from './peers/peer.ts';
import { type ParsedAddressPool, parseAddressPool } from './pools/address-pool.ts';
import { type ParsedPool, findOverlaps, parsePool, withDistinctLegacyNames } from './pools/pool.ts';
import type { ResourceOptions, ResourceReading } from './reading.ts';
import type { ResourceSet } from './resources.ts';

/**
 * Reads the v0.13 resources as one configuration, or says everything that is wrong with them.
 *
 * The order of the objects means nothing. Problems come in the order in which the original looks, which stops at the
 * first: crd.md §2.1. Before them come those of the objects' form, which an API server does not let in. What the original
 * takes is taken, with a warning if it is probably not meant. Never throws, whatever the objects.
 */
export function readResources(set: ResourceSet, options: ResourceOptions): ResourceReading {
  const findings = new Findings();
  const resources = collectResources(set.objects, options.namespace, findings);
  const pools = resources.IPAddressPool.map(parsePool);
  if (options.mode === 'native') checkNative(resources, pools);
  if (options.mode === 'frr') checkFrr(resources.BGPPeer);
  const bfdProfiles = parseProfiles(resources.BFDProfile);
  const { secrets } = set;
  const { namespace } = options;
  const profileNames = namesOf(resources, 'BFDProfile');
  const peers = parsePeers(resources.BGPPeer, { namespace, secrets, profileNames });
  const parsed = readPools(resources, pools, { set, findings });
  if (options.mode === 'native') {
    for (const pool of parsed) if (pool.legacyRules && pool.pool.bgp.length > 0) checkPool(pool);
  }
  refuseExtras(set, findings, namespace);
  checkEcho(
    parsed.filter(({ legacyRules }) => !legacyRules).map(announcedPool),
    peers,
    bfdProfiles,
  );
  warnOfSilent(parsed);
  const config = { pools: parsed.map(({ pool }) => pool), peers, bfdProfiles };
  return outcome(config, findings);
}

/** A pool of either kind with what is announced of it. */
interface ReadPool extends ParsedPool {
  readonly pool: Pool;
  /** Of `pool.bgp`, in its order. */
  readonly announcers: readonly string[];
}

function readPools(
  resources: Resources,
  ownPools: readonly ParsedPool[],
  { set, findings }: { readonly set: ResourceSet; readonly findings: Findings },
): readonly ReadPool[] {
  const aliases = parseAliases(resources.Community);
  const poolNames = namesOf(resources, 'IPAddressPool');
  const addressPools = resources.AddressPool.map((one) => parseAddressPool(one, aliases));
  const distinct = addressPools.filter((one) => !refuseTaken(one, poolNames));
  findOverlaps([...ownPools, ...distinct]);
  for (const { found } of ownPools) findings.append(found);
  const coverable = {
    pools: new Map(ownPools.map((pool) => [pool.bare.name, pool])),
    poolNames,
    addressPoolNames: namesOf(resources, 'AddressPool'),
  };
  const layer2 = parseLayer2(resources.L2Advertisement, coverable);
  const peerNames = namesOf(resources, 'BGPPeer');
  const bgpFacts = { ...coverable, aliases, peerNames };
  const announcements = parseAnnouncements(resources.BGPAdvertisement, bgpFacts);
  checkLocalPreferences(announcements, set.nodes);
  for (const { found } of addressPools) findings.append(found);
  const bgp = byPool(announcements);
  const announcementOf = new Map(
    distinct.map(({ bare, announcement }) => [bare.name, announcement]),
  );
  return withDistinctLegacyNames([...ownPools, ...distinct])
    .map((parsed) => {
      const { name } = parsed.bare;
      const own = announcementOf.get(name);
      if (own !== undefined) return { ...parsed, pool: { ...parsed.bare, ...own }, announcers: [] };
      return announced(parsed, layer2.get(name) ?? [], bgp.get(name) ?? []);
    })
    .sort((a, b) => (a.pool.name < b.pool.name ? -1 : Number(a.pool.name > b.pool.name)));
}

function announced(
  parsed: ParsedPool,
  layer2: readonly Layer2Advertisement[],
  announcements: readonly Announcement[],
): ReadPool {
  const bgp = announcements.map(({ advertisement }) => advertisement);
  const announcers = announcements.map(({ name }) => name);
  return { ...parsed, pool: { ...parsed.bare, layer2, bgp }, announcers };
}

function byPool(
  announcements: readonly Announcement[],
): ReadonlyMap<string, readonly Announcement[]> {
  const found = new Map<string, Announcement[]>();
  for (const announcement of announcements) {
    for (const { bare } of announcement.pools) {
      const others = found.get(bare.name);
      if (others === undefined) found.set(bare.name, [announcement]);
      else others.push(announcement);
    }
  }
  return found;
}

/** Among the pool's own problems; its addresses are then no matter of overlap. */
function refuseTaken(pool: ParsedAddressPool, taken: ReadonlySet<string>): boolean {
  const { name } = pool.bare;
  if (!taken.has(name)) return false;
  const message = `duplicate definition of pool "${name}"`;
  const place = pool.place.telling(pool.found).at('metadata', 'name');
  place.refuse({ reason: 'duplicate-pool', message });
  return true;
}

/** Text for FRR's own configuration, which is not there. product.md §5 */
function refuseExtras(
  { bgpExtras = '' }: ResourceSet,
  findings: Findings,
  namespace: string,
): void {
  if (bgpExtras.trim() === '') return;
  const object = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'bgpextras', uid: '' };
  const message =
    'ConfigMap bgpextras holds configuration of FRR, which does not run here: it cannot be honored';
  new Place(findings, object).at('data', 'extras').refuse({ reason: 'bgp-extras', message });
}

function announcedPool({ pool, announcers, place }: ReadPool): AnnouncedPool {
  return {
    name: pool.name,
    hasIpv6: pool.cidrs.some(({ family }) => family === 'ipv6'),
    announcements: pool.bgp.map(({ peers }, index) => ({ name: announcers[index] ?? '', peers })),
    place,
  };
}

/** The most common reason for addresses that nobody reaches. crd.md §2.3 */
function warnOfSilent(pools: readonly ReadPool[]): void {
  for (const { pool, place } of pools) {
    if (pool.layer2.length > 0 || pool.bgp.length > 0) continue;
    const message = `no advertisement is for pool "${pool.name}": its addresses are assigned and nobody announces them`;
    place.warn({ reason: 'pool-not-advertised', message });
  }
}

function namesOf(
  resources: Resources,
  kind: Parameters<Resources['names']['get']>[0],
): ReadonlySet<string> {
  return resources.names.get(kind) ?? new Set();
}

function outcome(config: Config, { problems, warnings }: Findings): ResourceReading {
  const [first] = problems;
  if (first === undefined) return { kind: 'config', config, warnings };
  const transient = problems.every((problem) => problem.transient === true);
  return { kind: 'refused', message: first.message, problems, transient };
}
