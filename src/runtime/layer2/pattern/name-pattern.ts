import { type PatternNode, PatternFault, parsePattern } from './syntax.ts';

export type NamePattern =
  /** `isFoundIn`: whether it matches anywhere in the name. */
  | { readonly kind: 'pattern'; readonly isFoundIn: (name: string) => boolean }
  | { readonly kind: 'refused'; readonly error: string };

/**
 * A pattern over interface names, in the syntax that the original takes: RE2's, which JavaScript's differs from. Flags,
 * Unicode classes, `\Q` and octal escapes are refused, like everything that RE2 refuses.
 *
 * Matching takes time by the length of the pattern times the square of the name's, whatever the pattern.
 */
export function namePattern(source: string): NamePattern {
  try {
    const root = parsePattern(source);
    const isAnchored = beginsAtStart(root);
    return { kind: 'pattern', isFoundIn: (name) => new Search(name).finds(root, isAnchored) };
  } catch (error) {
    if (error instanceof PatternFault) return { kind: 'refused', error: error.message };
    throw error;
  }
}

/** Whether a match can begin only where the name begins, as those of nearly every pattern in use. */
function beginsAtStart(node: PatternNode): boolean {
  if (node.kind === 'either') return node.options.every(beginsAtStart);
  if (node.kind === 'place') return node.at === 'start';
  const [first] = node.kind === 'sequence' ? node.parts : [];
  return first !== undefined && beginsAtStart(first);
}

/** Looks for a pattern in one name: each part of the pattern is tried at each position once. */
class Search {
  readonly #points: readonly number[];
  readonly #known = new Map<PatternNode, (ReadonlySet<number> | undefined)[]>();

  constructor(name: string) {
    this.#points = Array.from(name, (character) => character.codePointAt(0) ?? 0);
  }

  finds(root: PatternNode, isAnchored: boolean): boolean {
    const last = isAnchored ? 0 : this.#points.length;
    for (let start = 0; start <= last; start += 1) {
      if (this.#ends(root, start).size > 0) return true;
    }
    return false;
  }

  /** Where matches of `node` that begin at `start` may end. */
  #ends(node: PatternNode, start: number): ReadonlySet<number> {
    const known = this.#known.get(node) ?? [];
    this.#known.set(node, known);
    return (known[start] ??= this.#find(node, start));
  }

  #find(node: PatternNode, start: number): ReadonlySet<number> {
    switch (node.kind) {
      case 'one': {
        const point = this.#points[start];
        return new Set(point !== undefined && node.has(point) ? [start + 1] : []);
      }
      case 'place':
        return new Set(this.#isAt(node.at, start) ? [start] : []);
      case 'either':
        return new Set(node.options.flatMap((option) => [...this.#ends(option, start)]));
      case 'sequence':
        return this.#through(node.parts, start);
      case 'repeat':
        return this.#repeated(node, start);
      default:
        return node satisfies never;
    }
  }

  #through(parts: readonly PatternNode[], start: number): ReadonlySet<number> {
    let ends: ReadonlySet<number> = new Set([start]);
    for (const part of parts) {
      if (ends.size === 0) break;
      ends = this.#from(part, ends);
    }
    return ends;
  }

  #from(node: PatternNode, starts: ReadonlySet<number>): ReadonlySet<number> {
    return new Set([...starts].flatMap((start) => [...this.#ends(node, start)]));
  }

  #repeated(
    { part, least, most }: PatternNode & { kind: 'repeat' },
    start: number,
  ): ReadonlySet<number> {
    let ends: ReadonlySet<number> = new Set([start]);
    for (let count = 0; count < least && ends.size > 0; count += 1) ends = this.#from(part, ends);
    const all = new Set(ends);
    for (let count = least; count < most; count += 1) {
      const fresh = [...this.#from(part, ends)].filter((end) => !all.has(end));
      if (fresh.length === 0) break;
      for (const end of fresh) all.add(end);
      ends = new Set(fresh);
    }
    return all;
  }

  #isAt(place: (PatternNode & { kind: 'place' })['at'], at: number): boolean {
    if (place === 'start') return at === 0;
    if (place === 'end') return at === this.#points.length;
    const isBorder = this.#isWord(at - 1) !== this.#isWord(at);
    return isBorder === (place === 'border');
  }

  #isWord(at: number): boolean {
    const point = this.#points[at];
    return point !== undefined && /^[0-9A-Za-z_]$/.test(String.fromCodePoint(point));
  }
}
