import { CharacterClass, perlClass, posixClass } from './characters.ts';

/** A pattern, taken apart. */
export type PatternNode =
  | { readonly kind: 'one'; readonly has: (point: number) => boolean }
  | { readonly kind: 'sequence'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'either'; readonly options: readonly PatternNode[] }
  | {
      readonly kind: 'repeat';
      readonly part: PatternNode;
      readonly least: number;
      readonly most: number;
    }
  | { readonly kind: 'place'; readonly at: 'start' | 'end' | 'border' | 'inside' };

/** A pattern is not one, or needs more than is understood here; `message` says what. */
export class PatternFault extends Error {
  override readonly name = 'PatternFault';
}

const LONGEST = 1000;
const DEEPEST = 50;
/** As in RE2. */
const MOST_REPEATS = 1000;
const PLACES = new Map<string, 'start' | 'end' | 'border' | 'inside'>([
  ['A', 'start'],
  ['z', 'end'],
  ['b', 'border'],
  ['B', 'inside'],
]);
const CONTROLS = new Map([
  ['a', 7],
  ['t', 9],
  ['n', 10],
  ['v', 11],
  ['f', 12],
  ['r', 13],
]);

/** Parses RE2's syntax without flags, `\Q`, Unicode classes and octal escapes. Throws {@link PatternFault}. */
export function parsePattern(source: string): PatternNode {
  if (source.length > LONGEST) throw new PatternFault(`longer than ${LONGEST} characters`);
  return new PatternParser(source).whole();
}

class PatternParser {
  readonly #text: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#text = Array.from(source);
  }

  whole(): PatternNode {
    const node = this.#either();
    if (this.#at < this.#text.length) throw new PatternFault('unexpected )');
    return node;
  }

  #either(): PatternNode {
    const options = [this.#sequence()];
    while (this.#take('|')) options.push(this.#sequence());
    return { kind: 'either', options };
  }

  #sequence(): PatternNode {
    const parts: PatternNode[] = [];
    for (;;) {
      const next = this.#peek();
      if (next === undefined || next === '|' || next === ')') return { kind: 'sequence', parts };
      parts.push(this.#repeated(this.#atom()));
    }
  }

  #repeated(part: PatternNode): PatternNode {
    const count = this.#count();
    if (count === undefined) return part;
    // Whether it takes as few as it can does not change whether it is found.
    this.#take('?');
    if (this.#count() !== undefined) throw new PatternFault('invalid nested repetition operator');
    const [least, most] = count;
    return { kind: 'repeat', part, least, most };
  }

  #count(): readonly [least: number, most: number] | undefined {
    if (this.#take('*')) return [0, Infinity];
    if (this.#take('+')) return [1, Infinity];
    if (this.#take('?')) return [0, 1];
    const rest = this.#text.slice(this.#at, this.#at + 16).join('');
    const [all, low, more, high] = /^\{(\d+)(?:(,)(\d+)?)?\}/.exec(rest) ?? [];
    if (all === undefined) return undefined;
    this.#at += all.length;
    const least = Number(low);
    const most = high === undefined ? (more === undefined ? least : Infinity) : Number(high);
    const largest = most === Infinity ? least : most;
    if (least > most || largest > MOST_REPEATS) {
      throw new PatternFault(`invalid repeat count ${all}`);
    }
    return [least, most];
  }

  #atom(): PatternNode {
    const next = this.#next();
    switch (next) {
      case '(':
        return this.#group();
      case '[':
        return { kind: 'one', has: this.#class() };
      case '.':
        return { kind: 'one', has: (point) => point !== 10 };
      case '^':
        return { kind: 'place', at: 'start' };
      case '$':
        return { kind: 'place', at: 'end' };
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
        throw new PatternFault(`missing argument to repetition operator ${next}`);
      default:
        return one(pointOf(next));
    }
  }

  #group(): PatternNode {
    if (this.#take('?')) this.#groupName();
    this.#depth += 1;
    if (this.#depth > DEEPEST) throw new PatternFault(`more than ${DEEPEST} groups in one another`);
    const node = this.#either();
    if (!this.#take(')')) throw new PatternFault('missing closing )');
    this.#depth -= 1;
    return node;
  }

  #groupName(): void {
    if (this.#take(':')) return;
    const rest = this.#text.slice(this.#at).join('');
    const [name] = /^P<\w+>/.exec(rest) ?? [];
    if (name === undefined) {
      throw new PatternFault(`(?${rest.slice(0, 2)}: flags and look-around are not understood`);
    }
    this.#at += name.length;
  }

  #escape(): PatternNode {
    const place = PLACES.get(this.#peek() ?? '');
    if (place === undefined) return { kind: 'one', has: this.#escaped().has };
    this.#at += 1;
    return { kind: 'place', at: place };
  }

  /** What follows a backslash, inside a class or out of it. */
  #escaped(): { readonly has: (point: number) => boolean; readonly point?: number } {
    const next = this.#next('trailing backslash');
    const perl = perlClass(next);
    if (perl !== undefined) return { has: perl };
    const point = this.#escapedPoint(next);
    return { has: (other) => other === point, point };
  }

  #escapedPoint(next: string): number {
    const control = CONTROLS.get(next);
    if (control !== undefined) return control;
    if (next === 'x') return this.#hexadecimal();
    if (/^[\0-\x7f]$/.test(next) && !/^[0-9A-Za-z]$/.test(next)) return pointOf(next);
    throw new PatternFault(`\\${next} is not understood`);
  }

  #hexadecimal(): number {
    const rest = this.#text.slice(this.#at, this.#at + 12).join('');
    const [all, short, long] = /^(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/.exec(rest) ?? [];
    if (all === undefined) throw new PatternFault('invalid escape sequence \\x');
    this.#at += all.length;
    return Number.parseInt(short ?? long ?? '', 16);
  }

  #class(): (point: number) => boolean {
    const members = new CharacterClass();
    const isNegated = this.#take('^');
    for (let first = true; first || this.#peek() !== ']'; first = false) this.#member(members);
    this.#at += 1;
    return (point) => members.has(point) !== isNegated;
  }

  #member(members: CharacterClass): void {
    const rest = this.#text.slice(this.#at, this.#at + 16).join('');
    const [posix, name = ''] = /^\[:(\^?\w+):\]/.exec(rest) ?? [];
    if (posix !== undefined) {
      this.#at += posix.length;
      const has = posixClass(name);
      if (has === undefined) throw new PatternFault(`invalid character class ${posix}`);
      members.add(has);
      return;
    }
    const low = this.#classPoint();
    if (low.point === undefined || this.#peek() !== '-' || this.#text[this.#at + 1] === ']') {
      members.add(low.has);
      return;
    }
    this.#at += 1;
    const high = this.#classPoint().point;
    if (high === undefined || high < low.point) {
      throw new PatternFault('invalid character class range');
    }
    members.addRange(low.point, high);
  }

  #classPoint(): { readonly has: (point: number) => boolean; readonly point?: number } {
    const next = this.#next('missing closing ]');
    if (next === '\\') return this.#escaped();
    const point = pointOf(next);
    return { has: (other) => other === point, point };
  }

  #peek(): string | undefined {
    return this.#text[this.#at];
  }

  #next(fault = 'unexpected end'): string {
    const next = this.#text[this.#at];
    if (next === undefined) throw new PatternFault(fault);
    this.#at += 1;
    return next;
  }

  #take(wanted: string): boolean {
    if (this.#peek() !== wanted) return false;
    this.#at += 1;
    return true;
  }
}

function one(point: number): PatternNode {
  return { kind: 'one', has: (other) => other === point };
}

function pointOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}
