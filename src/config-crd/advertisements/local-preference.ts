import { type BgpAdvertisement, type Labels, anySelects } from '../../runtime/model/index.ts';
import type { Announcement } from './bgp.ts';

/**
 * Refuses advertisements that give one pool's addresses different preferences, as 0.13.10 does. crd.md §2.5
 *
 * Each is compared with those before it by name. Two get along if both lengths differ, or both list peers and none
 * twice, or no node has both; with a list of no nodes, every two do. Where nobody looked which nodes there are, it is a
 * warning for those that surely meet, as the original then accepts them; so it is for those that follow v0.12's rules.
 *
 * @param nodes - labels by name, if known
 */
export function checkLocalPreferences(
  announcements: readonly Announcement[],
  nodes: ReadonlyMap<string, Labels> | undefined,
): void {
  if (new Set(announcements.map(({ advertisement }) => advertisement.localPref)).size < 2) return;
  const placed = announcements.map((announcement, order) => ({
    ...announcement,
    order,
    nodes: nodes && nodesOf(announcement.advertisement, nodes),
    covered: new Set(announcement.pools.map(({ bare }) => bare.name)),
  }));
  const byPool = new Map<string, Placed[]>();
  for (const later of placed) {
    const earlier = firstConflict(later, byPool);
    if (earlier !== undefined) report(earlier, later);
    for (const pool of later.covered) {
      const attached = byPool.get(pool);
      if (attached === undefined) byPool.set(pool, [later]);
      else attached.push(later);
    }
  }
}

/** The first by name; pool by pool, since most advertisements have none in common. */
function firstConflict(
  later: Placed,
  byPool: ReadonlyMap<string, readonly Placed[]>,
): Placed | undefined {
  let first: Placed | undefined;
  for (const pool of later.covered) {
    const found = byPool.get(pool)?.find((one) => isConflict(one, later));
    if (found !== undefined && (first === undefined || found.order < first.order)) first = found;
  }
  return first;
}

interface Placed extends Announcement {
  readonly nodes: ReadonlySet<string> | undefined;
  readonly covered: ReadonlySet<string>;
  readonly order: number;
}

function isConflict(a: Placed, b: Placed): boolean {
  return (
    a.advertisement.localPref !== b.advertisement.localPref &&
    !differInBothLengths(a.advertisement, b.advertisement) &&
    shareAPeer(a.advertisement, b.advertisement) &&
    shareANode(a, b)
  );
}

function differInBothLengths(a: BgpAdvertisement, b: BgpAdvertisement): boolean {
  return (
    a.aggregationLength !== b.aggregationLength && a.aggregationLengthV6 !== b.aggregationLengthV6
  );
}

/** An advertisement without peers is for all. */
function shareAPeer({ peers: a }: BgpAdvertisement, { peers: b }: BgpAdvertisement): boolean {
  return a.length === 0 || b.length === 0 || meet(new Set(a), new Set(b));
}

function shareANode(a: Placed, b: Placed): boolean {
  if (a.nodes !== undefined && b.nodes !== undefined) return meet(a.nodes, b.nodes);
  const one = selectorTexts(a.advertisement);
  const other = selectorTexts(b.advertisement);
  return one.has('') || other.has('') || meet(one, other);
}

function selectorTexts({ nodeSelectors }: BgpAdvertisement): ReadonlySet<string> {
  return new Set(nodeSelectors.map(({ text }) => text));
}

function nodesOf(
  { nodeSelectors }: BgpAdvertisement,
  nodes: ReadonlyMap<string, Labels>,
): ReadonlySet<string> {
  const chosen = [...nodes].filter(([, labels]) => anySelects(nodeSelectors, labels));
  return new Set(chosen.map(([name]) => name));
}

function meet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  const [few, many] = a.size < b.size ? [a, b] : [b, a];
  for (const name of few) if (many.has(name)) return true;
  return false;
}

function report(earlier: Placed, later: Placed): void {
  const [one, other] = [earlier.advertisement, later.advertisement];
  const message =
    `invalid local preference ${other.localPref}: local preferernce ${one.localPref} was already set ` +
    'for the same type of BGP update. Check existing BGP advertisements with common pools and aggregation lengths';
  const lengths = (['aggregationLength', 'aggregationLengthV6'] as const).filter(
    (key) => one[key] === other[key],
  );
  const differing =
    lengths.length === 1
      ? `${String(lengths[0])} too must differ from that of BGPAdvertisement ${earlier.name}, even where no pool is of that family`
      : `the other is BGPAdvertisement ${earlier.name}`;
  const finding = { reason: 'localpref-conflict', message, hint: differing } as const;
  const place = later.place.at('spec', 'localPref');
  const isTaken = earlier.legacyRules && later.legacyRules;
  if (isTaken || later.nodes === undefined) place.warn(finding);
  else place.refuse(finding);
}
