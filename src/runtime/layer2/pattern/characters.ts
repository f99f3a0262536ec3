type Has = (point: number) => boolean;

/** The union of characters, ranges and classes between brackets. */
export class CharacterClass {
  readonly #members: Has[] = [];

  add(has: Has): void {
    this.#members.push(has);
  }

  addRange(low: number, high: number): void {
    this.add((point) => low <= point && point <= high);
  }

  has(point: number): boolean {
    return this.#members.some((has) => has(point));
  }
}

/** ASCII only, as in RE2. */
const POSIX = new Map<string, RegExp>([
  ['alnum', /[0-9A-Za-z]/],
  ['alpha', /[A-Za-z]/],
  ['ascii', /[\0-\x7f]/],
  ['blank', /[\t ]/],
  ['cntrl', /[\0-\x1f\x7f]/],
  ['digit', /[0-9]/],
  ['graph', /[!-~]/],
  ['lower', /[a-z]/],
  ['print', /[ -~]/],
  ['punct', /[!-/:-@[-`{-~]/],
  ['space', /[\t\n\v\f\r ]/],
  ['upper', /[A-Z]/],
  ['word', /[0-9A-Za-z_]/],
  ['xdigit', /[0-9A-Fa-f]/],
]);

const PERL = new Map<string, RegExp>([
  ['d', /[0-9]/],
  ['s', /[\t\n\f\r ]/],
  ['w', /[0-9A-Za-z_]/],
]);

/** `alpha`, or `^alpha` for all others. */
export function posixClass(name: string): Has | undefined {
  return name.startsWith('^') ? not(inClass(POSIX, name.slice(1))) : inClass(POSIX, name);
}

/** `d`, or `D` for all others. */
export function perlClass(name: string): Has | undefined {
  return inClass(PERL, name) ?? not(inClass(PERL, name.toLowerCase()));
}

function inClass(classes: ReadonlyMap<string, RegExp>, name: string): Has | undefined {
  const expression = classes.get(name);
  return expression && ((point) => expression.test(String.fromCodePoint(point)));
}

function not(has: Has | undefined): Has | undefined {
  return has && ((point) => !has(point));
}
