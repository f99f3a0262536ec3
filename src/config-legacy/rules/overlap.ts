import { type Prefix, prefixesOverlap } from '../../runtime/net/index.ts';

/** The first prefix, in order, that overlaps an earlier one, and the first that it overlaps. */
export interface Overlap<Placed> {
  readonly later: Placed;
  readonly earlier: Placed;
}

interface HasPrefix {
  readonly prefix: Prefix;
}

/** Finds what comparing every prefix with all before it would find first, without comparing every pair. */
export function firstOverlap<Placed extends HasPrefix>(
  placed: readonly Placed[],
): Overlap<Placed> | undefined {
  if (!anyOverlap(placed)) return undefined;
  let sound = 0;
  let faulty = placed.length;
  while (faulty - sound > 1) {
    const middle = (sound + faulty) >> 1;
    if (anyOverlap(placed.slice(0, middle))) faulty = middle;
    else sound = middle;
  }
  const later = placed[sound];
  const earlier = placed.find(({ prefix }) => later && prefixesOverlap(prefix, later.prefix));
  return later && earlier && { later, earlier };
}

/** In order of their first address, overlapping prefixes have an overlapping neighbor. */
function anyOverlap(placed: readonly HasPrefix[]): boolean {
  const sorted = placed.map(({ prefix }) => prefix).sort(byFirstAddress);
  return sorted.some((prefix, index) => {
    const next = sorted[index + 1];
    return next !== undefined && prefixesOverlap(prefix, next);
  });
}

function byFirstAddress(a: Prefix, b: Prefix): number {
  if (a.family !== b.family) return a.family < b.family ? -1 : 1;
  if (a.first === b.first) return 0;
  return a.first < b.first ? -1 : 1;
}
