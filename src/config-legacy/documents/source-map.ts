import { LineIndex, type Position } from '../yaml/source.ts';
import type { ScalarNode } from '../yaml/tree.ts';

/** Converts a position in an inner text to the place in the given text that it came from. */
export type Locate = (line: number, column: number) => Position;

/** Offsets of an inner text, ascending, and the outer offsets they came from. */
export interface Correspondence {
  readonly inner: number;
  readonly outer: number;
}

const ESCAPE = /\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|\r?\n[ \t]*|[^])/y;

/** Positions of a scalar's value, found again in its source: exact but for blanks that folding made. */
export function locateInScalar(outer: string, node: ScalarNode): Locate {
  return locateBy(outer, node.value, correspondences(outer, node));
}

/** Positions of a text of which certain offsets are known to come from certain others. */
export function locateBy(outer: string, inner: string, known: readonly Correspondence[]): Locate {
  const outerLines = new LineIndex(outer);
  const innerLines = new LineIndex(inner);
  return (line, column) => {
    const offset = innerLines.offsetAt({ line, column });
    const nearest = lastAtOrBefore(known, offset);
    return outerLines.positionAt(nearest.outer + (offset - nearest.inner));
  };
}

function lastAtOrBefore(known: readonly Correspondence[], offset: number): Correspondence {
  let low = 0;
  let high = known.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((known[middle]?.inner ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return known[low] ?? { inner: 0, outer: 0 };
}

/** Walks value and source together; every character that is no blank puts them back in step. */
function correspondences(outer: string, { value, start, end }: ScalarNode): Correspondence[] {
  const begin = contentStart(outer, start, end);
  const style = outer[begin];
  const known: Correspondence[] = [];
  let at = textStart(outer, begin, end);
  for (let inner = 0; inner < value.length; inner += 1) {
    const blank = value[inner] === ' ' || value[inner] === '\n';
    if (!blank) at = pastBlanks(outer, at, end);
    const previous = known.at(-1);
    if (previous === undefined || previous.outer + (inner - previous.inner) !== at) {
      known.push({ inner, outer: at });
    }
    at = Math.min(at + stepAt(outer, at, { blank, style }), end);
  }
  return known;
}

/** Past the opening quote, or the header of a block scalar. */
function textStart(outer: string, begin: number, end: number): number {
  switch (outer[begin]) {
    case '"':
    case "'":
      return begin + 1;
    case '|':
    case '>':
      return outer.indexOf('\n', begin) + 1 || end;
    default:
      return begin;
  }
}

function pastBlanks(outer: string, from: number, end: number): number {
  let at = from;
  while (at < end && /\s/.test(outer[at] ?? '')) at += 1;
  return at;
}

/** How much of the source one character of the value takes up. */
function stepAt(
  outer: string,
  at: number,
  { blank, style }: { blank: boolean; style: string | undefined },
): number {
  if (style === '"' && outer[at] === '\\') {
    ESCAPE.lastIndex = at;
    return ESCAPE.exec(outer)?.[0].length ?? 1;
  }
  if (style === "'" && outer.startsWith("''", at)) return 2;
  return blank && !/\s/.test(outer[at] ?? '') ? 0 : 1;
}

/** Past tags and anchors. */
function contentStart(outer: string, start: number, end: number): number {
  const properties = /^(?:[&!]\S*\s+)*/.exec(outer.slice(start, end))?.[0] ?? '';
  return start + properties.length;
}
