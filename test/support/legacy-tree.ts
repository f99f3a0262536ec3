import { SeededRandom } from './seeded-random.ts';

/** A legacy document before it is spelled: what is meant, not how it is written. */
export type Tree =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'null' }
  | { readonly kind: 'raw'; readonly source: string }
  | { readonly kind: 'list'; readonly items: Tree[] }
  | { readonly kind: 'struct' | 'table'; readonly fields: [string, Tree][] }
  | { readonly kind: 'planted'; readonly tree: Tree };

export type Mapping = Extract<Tree, { kind: 'struct' | 'table' }>;

/** A source of choices that notes what it chose. */
export class Choices {
  readonly #random: SeededRandom;
  readonly reached: Set<string>;

  constructor(seed: number, reached: Set<string> = new Set<string>()) {
    this.#random = new SeededRandom(seed);
    this.reached = reached;
  }

  below(limit: number): number {
    return Math.floor(this.#random.float() * limit);
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  of<T>(...values: readonly [T, ...T[]]): T {
    return values[this.below(values.length)]!;
  }

  note(what: string): void {
    this.reached.add(what);
  }
}

export const int = (value: number): Tree => ({ kind: 'int', value });
export const bool = (value: boolean): Tree => ({ kind: 'bool', value });
export const text = (value: string): Tree => ({ kind: 'text', value });
export const raw = (source: string): Tree => ({ kind: 'raw', source });
export const list = (...items: Tree[]): Tree & { kind: 'list' } => ({ kind: 'list', items });
export const planted = (tree: Tree): Tree => ({ kind: 'planted', tree });
export const struct = (...fields: [string, Tree][]): Mapping => ({ kind: 'struct', fields });
const table = (...fields: [string, Tree][]): Mapping => ({ kind: 'table', fields });

/** A document that every mode but the native one takes, whatever the choices. */
export function soundDocument(choices: Choices): Mapping {
  const profiles = Array.from({ length: choices.below(3) }, (_, index) => profile(choices, index));
  const aliases = Array.from({ length: choices.below(3) }, (_, index): [string, Tree] => [
    choices.of(`alias-${index}`, `0${index}`, `1:${index}`),
    text(`${choices.of('0', '64512', '007')}:${index}`),
  ]);
  const aliasNames = [...new Set(aliases.map(([name]) => name))];
  const document = mapping(choices, 'file', [
    ['bfd-profiles', list(...profiles)],
    ['peers', list(...times(choices.below(4), (index) => peer(choices, index, profiles.length)))],
    ['bgp-communities', table(...aliases)],
    ['address-pools', list(...times(choices.below(4), (at) => pool(choices, at, aliasNames)))],
  ]);
  return document;
}

function times(count: number, make: (index: number) => Tree): Tree[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** Keeps the fields that were chosen, in any order, and notes them. */
function mapping(choices: Choices, name: string, fields: [string, Tree | undefined][]): Mapping {
  const kept = fields.filter((field): field is [string, Tree] => field[1] !== undefined);
  for (const [key] of kept) choices.note(`${name}.${key}`);
  for (let at = kept.length - 1; at > 0; at -= 1) {
    const other = choices.below(at + 1);
    [kept[at], kept[other]] = [kept[other]!, kept[at]!];
  }
  return struct(...kept);
}

function peer(choices: Choices, index: number, profiles: number): Tree {
  const maybe = (tree: () => Tree): Tree | undefined =>
    choices.chance(50) ? tree() : choices.chance(20) ? { kind: 'null' } : undefined;
  const external = choices.chance(70);
  const [hold, keepalive] = choices.of(
    [undefined, '30s'],
    ['90s', '90000ms'],
    ['0', '0s'],
    ['900ms', '0.5s'],
    ['3s', '-1s'],
    ['1h1m1.5s', '1h'],
    ['100000s', '1us'],
    ['10s', undefined],
    ['+4s', '1500µs'],
  );
  return mapping(choices, 'peer', [
    ['my-asn', int(64512)],
    ['peer-asn', int(external ? 4200000000 + index : 64512)],
    [
      'peer-address',
      text(
        choices.of(
          `198.51.100.${index + 1}`,
          `198.051.100.00${index + 1}`,
          `2001:DB8::${index + 1}`,
        ),
      ),
    ],
    ['source-address', maybe(() => text(choices.of('192.0.2.9', '2001:db8::9')))],
    ['peer-port', maybe(() => int(choices.of(0, 179, 1790, 65535)))],
    ['hold-time', hold === undefined ? undefined : text(hold)],
    ['keepalive-time', keepalive === undefined ? undefined : text(keepalive)],
    ['router-id', maybe(() => text('192.0.2.8'))],
    ['node-selectors', maybe(() => list(...times(choices.below(3), () => selector(choices))))],
    ['password', maybe(() => text(choices.of('true', '0042', 'a: b', 'ü#x', "it's", '*x', '1e3')))],
    ['bfd-profile', profiles > 0 ? maybe(() => text('profile-0')) : undefined],
    ['ebgp-multihop', maybe(() => bool(external && choices.chance(50)))],
  ]);
}

function selector(choices: Choices): Tree {
  const requirement = (): Tree => {
    const operator = choices.of('In', 'NotIn', 'Exists', 'DoesNotExist');
    choices.note(`operator ${operator}`);
    const values = operator.includes('In')
      ? list(text('r1'), text('0x1F'))
      : choices.of(list(), undefined);
    return mapping(choices, 'requirement', [
      ['key', text(choices.of('rack', 'example.com/zone'))],
      ['operator', text(operator)],
      ['values', values],
    ]);
  };
  return mapping(choices, 'selector', [
    [
      'match-labels',
      choices.chance(50) ? table(['rack', text('r1')], ['on', text('yes')]) : undefined,
    ],
    [
      'match-expressions',
      choices.chance(50) ? list(...times(choices.below(3), requirement)) : undefined,
    ],
  ]);
}

function pool(choices: Choices, index: number, aliases: readonly string[]): Tree {
  const protocol = choices.of('layer2', 'bgp');
  const advertisements = times(choices.below(3), (at) => advertisement(choices, at, aliases));
  const written =
    protocol === 'bgp'
      ? choices.of(list(...advertisements), undefined)
      : choices.of(list(), undefined);
  return mapping(choices, 'pool', [
    [
      'name',
      text(choices.of(`pool-${index}`, `00${index}`, `~${index}`, `Größe ${index}`, `${index}: x`)),
    ],
    ['protocol', text(protocol)],
    [
      'addresses',
      list(...times(1 + choices.below(3), (at) => text(address(choices, index * 4 + at)))),
    ],
    ['auto-assign', choices.of(bool(true), bool(false), { kind: 'null' }, undefined)],
    ['avoid-buggy-ips', choices.of(bool(true), bool(false), undefined)],
    ['bgp-advertisements', written],
  ]);
}

/** One of the blocks that cannot overlap another; the shortest prefix of each is 28 or less, or 124 or less. */
function address(choices: Choices, slot: number): string {
  const form = choices.below(7);
  choices.note(`address form ${form}`);
  return [
    `198.18.${slot}.0/24`,
    `198.18.${slot}.77/28`,
    `198.018.${slot}.0/24`,
    `198.18.${slot}.16-198.18.${slot}.47`,
    `  198.18.${slot}.0 - 198.18.${slot}.255 `,
    `2001:DB8:${slot}::/64`,
    `2001:db8:${slot}::10-2001:db8:${slot}::2f`,
  ][form]!;
}

function advertisement(choices: Choices, index: number, aliases: readonly string[]): Tree {
  return mapping(choices, 'advertisement', [
    ['aggregation-length', choices.of(int(32), int(28), { kind: 'null' }, undefined)],
    ['aggregation-length-v6', choices.of(int(128), int(124), undefined)],
    ['localpref', int(index + 1)],
    [
      'communities',
      choices.of(list(...aliases.map(text), text('65535:65535'), text('08:1')), undefined),
    ],
  ]);
}

function profile(choices: Choices, index: number): Tree {
  const interval = (): Tree | undefined => choices.of(int(10), int(60000), int(100), undefined);
  return mapping(choices, 'profile', [
    ['name', text(`profile-${index}`)],
    ['detect-multiplier', choices.of(int(2), int(255), undefined)],
    ['receive-interval', interval()],
    ['transmit-interval', interval()],
    ['echo-interval', interval()],
    ['minimum-ttl', choices.of(int(1), int(254), undefined)],
    ['echo-mode', choices.of(bool(true), bool(false), undefined)],
    ['passive-mode', choices.of(bool(true), undefined)],
  ]);
}
