import { type Labels, type Pool, goQuote } from '../../runtime/model/index.ts';
import { overlaps } from '../../runtime/net/index.ts';
import type { Resource } from '../objects/collect.ts';
import type { PoolSpec } from '../objects/kinds.ts';
import { followsLegacyRules } from '../objects/legacy-rules.ts';
import { Findings, type Place } from '../objects/place.ts';
import { type AddressEntry, parseAddresses } from './address.ts';
import { parseAllocation } from './allocation.ts';

/** Keeps the name that a pool had in the legacy dialect. product.md §4 */
const LEGACY_NAME = 'metal-lb.io/legacy-name';

/** A pool before anything is announced of it. */
export type BarePool = Omit<Pool, 'layer2' | 'bgp'>;

export interface ParsedPool {
  readonly bare: BarePool;
  readonly labels: Labels;
  readonly entries: readonly AddressEntry[];
  readonly place: Place;
  /** It is held to what v0.12 took of it. */
  readonly legacyRules: boolean;
  /** What is wrong with it, kept until it is its turn. */
  readonly found: Findings;
}

/** Reads an IPAddressPool. crd.md §1.1 */
export function parsePool({ name, labels, ...resource }: Resource<PoolSpec>): ParsedPool {
  const { annotations, spec } = resource;
  const found = new Findings();
  const place = resource.place.telling(found).saying(`parsing address pool ${name}: `);
  const entries = parseAddresses(spec.addresses, name, place.at('spec', 'addresses'));
  const serviceAllocation =
    spec.serviceAllocation &&
    parseAllocation(spec.serviceAllocation, place.at('spec', 'serviceAllocation'));
  const bare = {
    name,
    ...legacyNameOf(annotations),
    cidrs: cidrsOf(entries),
    autoAssign: spec.autoAssign ?? true,
    avoidBuggyIPs: spec.avoidBuggyIPs ?? false,
    ...(serviceAllocation && { serviceAllocation }),
  };
  const legacyRules = followsLegacyRules(annotations);
  return { bare, labels, entries, place: resource.place, legacyRules, found };
}

export function cidrsOf(entries: readonly AddressEntry[]): Pool['cidrs'] {
  return entries.flatMap(({ prefixes }) => prefixes);
}

export function legacyNameOf(annotations: Labels): Pick<Pool, 'legacyName'> {
  const legacyName = annotations[LEGACY_NAME];
  return legacyName === undefined || legacyName === '' ? {} : { legacyName };
}

/** Adds to each pool's problems where it overlaps those before it, or itself. crd.md §2.2 */
export function findOverlaps(pools: readonly ParsedPool[]): void {
  const placed = pools.flatMap(({ bare, entries, place, found }) =>
    entries.flatMap((entry) =>
      entry.prefixes.map((prefix) => {
        return { prefix, pool: bare.name, path: entry.place.path, place: place.telling(found) };
      }),
    ),
  );
  const told = new Set<string>();
  for (const { later, earlier } of overlaps(placed)) {
    const { prefix, pool, place, path } = later;
    // One block of a range says it for all of them.
    const where = JSON.stringify([pool, path, earlier.pool, earlier.path]);
    if (told.has(where)) continue;
    told.add(where);
    const found = `CIDR ${goQuote(prefix.text)} in pool ${goQuote(pool)}`;
    const message = `${found} overlaps with already defined CIDR ${goQuote(earlier.prefix.text)}`;
    place.at(path).refuse({ reason: 'overlapping-cidr', message });
  }
}

/** Of two pools with one legacy name, the second does without: nobody could tell them apart by it. */
export function withDistinctLegacyNames(pools: readonly ParsedPool[]): readonly ParsedPool[] {
  const taken = new Set(pools.map(({ bare }) => bare.name));
  return pools.map((pool) => {
    const { legacyName, ...bare } = pool.bare;
    if (legacyName === undefined) return pool;
    if (legacyName === bare.name || !taken.has(legacyName)) {
      taken.add(legacyName);
      return pool;
    }
    const message = `legacy name ${goQuote(legacyName)} is that of another pool and means nothing here`;
    pool.place.annotation(LEGACY_NAME).warn({ reason: 'duplicate-legacy-name', message });
    return { ...pool, bare };
  });
}
