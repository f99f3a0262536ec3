import { type Prefix, prefixesOverlap } from './prefix.ts';

/** A prefix that overlaps one before it, and the first that it overlaps. */
export interface Overlap<Placed> {
  readonly later: Placed;
  readonly earlier: Placed;
}

interface HasPrefix {
  readonly prefix: Prefix;
}

/** An element and its place in the list given. */
interface Entry<Placed> {
  readonly placed: Placed;
  readonly index: number;
}

/** An element whose inside is being looked at. */
interface Open<Placed> extends Entry<Placed> {
  /** The first in the list of those around it. */
  readonly around: Entry<Placed> | undefined;
  /** The first in the list of those seen inside it. */
  inside: Entry<Placed> | undefined;
}

/**
 * What comparing every prefix with all before it finds, in order of the later one, without comparing every pair:
 * of two prefixes that overlap one contains the other, so that sorted by first address they nest like brackets.
 */
export function overlaps<Placed extends HasPrefix>(
  placed: readonly Placed[],
): readonly Overlap<Placed>[] {
  const open: Open<Placed>[] = [];
  const closed: Open<Placed>[] = [];
  const close = (one: Open<Placed>): void => {
    closed.push(one);
    open.pop();
    const outer = open.at(-1);
    if (outer !== undefined) outer.inside = first(outer.inside, first(one.inside, one));
  };
  for (const entry of nestingOrder(placed)) {
    let outer = open.at(-1);
    while (outer !== undefined && !prefixesOverlap(outer.placed.prefix, entry.placed.prefix)) {
      close(outer);
      outer = open.at(-1);
    }
    open.push({ ...entry, around: outer && first(outer.around, outer), inside: undefined });
  }
  open.toReversed().forEach(close);
  return closed
    .sort((a, b) => a.index - b.index)
    .flatMap(({ placed: later, index, around, inside }) => {
      const earlier = first(around, inside);
      if (earlier === undefined || earlier.index > index) return [];
      return [{ later, earlier: earlier.placed }];
    });
}

/** Whichever comes first in the list given. */
function first<Placed>(
  a: Entry<Placed> | undefined,
  b: Entry<Placed> | undefined,
): Entry<Placed> | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.index < b.index ? a : b;
}

/** By first address, the wider of two first. */
function nestingOrder<Placed extends HasPrefix>(
  placed: readonly Placed[],
): readonly Entry<Placed>[] {
  return placed
    .map((one, index) => ({ placed: one, index }))
    .sort((a, b) => compare(a.placed.prefix, b.placed.prefix) || a.index - b.index);
}

function compare(a: Prefix, b: Prefix): number {
  if (a.family !== b.family) return a.family < b.family ? -1 : 1;
  if (a.first !== b.first) return a.first < b.first ? -1 : 1;
  return a.length - b.length;
}
