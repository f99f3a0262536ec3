import { createHash } from 'node:crypto';
import { trimmed } from './legal.ts';

/** What an advertisement is named by. */
export interface AdvertisementTraits {
  /** Names of its pools, ascending. */
  readonly pools: readonly string[];
  /** Among the advertisements of the first of them. */
  readonly rank: number;
}

/** A list of pools longer than this is named by the first. */
const ROOM_FOR_ALL = 63;
const ROOM = 200;

/**
 * A name for each advertisement, made of the names of its pools; of its number too where the same pools have several, so
 * that their names are in the order of the document.
 */
export function advertisementNames(
  advertisements: readonly AdvertisementTraits[],
): readonly string[] {
  const families = new Map<string, AdvertisementTraits[]>();
  for (const one of advertisements) {
    const key = JSON.stringify(one.pools);
    const family = families.get(key);
    if (family === undefined) families.set(key, [one]);
    else family.push(one);
  }
  const names = new Map<AdvertisementTraits, string>();
  const taken = new Set<string>();
  for (const [, family] of [...families].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const ranked = family.toSorted((a, b) => a.rank - b.rank);
    const chosen = freeNames(ranked[0]?.pools ?? [], ranked.length, taken);
    ranked.forEach((one, index) => {
      const name = chosen[index] ?? '';
      taken.add(name);
      names.set(one, name);
    });
  }
  return advertisements.map((one) => names.get(one) ?? '');
}

/** The first choice, unless another has it already: pools `a` and `b` together, and one of the name `a-b`. */
function freeNames(
  pools: readonly string[],
  count: number,
  taken: ReadonlySet<string>,
): readonly string[] {
  for (let attempt = 1; ; attempt += 1) {
    const prefix = `${prefixOf(pools)}${attempt === 1 ? '' : `-${attempt}`}`;
    const names = count === 1 ? [prefix] : numbered(prefix, count);
    if (!names.some((name) => taken.has(name))) return names;
  }
}

/** All of one length, so that their order is that of the numbers. */
function numbered(prefix: string, count: number): readonly string[] {
  const digits = String(count).length;
  return Array.from({ length: count }, (_, index) => {
    return `${prefix}-${String(index + 1).padStart(digits, '0')}`;
  });
}

function prefixOf(pools: readonly string[]): string {
  const [first = ''] = pools;
  if (pools.length === 1) return shortened(first);
  const all = pools.join('-');
  return all.length <= ROOM_FOR_ALL ? all : `${shortened(first)}-and-${pools.length - 1}-more`;
}

/** A name may fill all the room there is; two that begin alike are told apart by their SHA-256. */
function shortened(name: string): string {
  if (name.length <= ROOM) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${trimmed(name.slice(0, ROOM))}-${digest}`;
}
