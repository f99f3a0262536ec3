/** Nanoseconds, or why Go's `time.ParseDuration` refuses the text, in its words. */
export type ParsedDuration =
  | { readonly kind: 'duration'; readonly nanoseconds: bigint }
  | { readonly kind: 'malformed'; readonly message: string };

const NANOSECOND = 1n;
const SECOND = 1_000_000_000n;
const UNITS: ReadonlyMap<string, bigint> = new Map([
  ['ns', NANOSECOND],
  ['us', 1000n],
  ['µs', 1000n],
  ['μs', 1000n],
  ['ms', 1_000_000n],
  ['s', SECOND],
  ['m', 60n * SECOND],
  ['h', 3600n * SECOND],
]);
const LARGEST = 2n ** 63n - 1n;
const GROUP = /^(\d*)(\.?)(\d*)/;

/**
 * Reads a duration as Go 1.16 does: optional sign, then groups of a number and a unit, or a bare `0`.
 *
 * @example parseDuration('1m30.5s') // 90_500_000_000 ns
 */
export function parseDuration(text: string): ParsedDuration {
  const sign = /^[-+]/.exec(text)?.[0] ?? '';
  const unsigned = text.slice(sign.length);
  if (unsigned === '0') return { kind: 'duration', nanoseconds: 0n };
  let total = 0n;
  let rest = unsigned;
  do {
    const group = parseGroup(rest);
    if (group.kind === 'missing-unit') return malformed(`missing unit in duration ${quoted(text)}`);
    if (group.kind === 'unknown-unit') {
      return malformed(`unknown unit ${quoted(group.unit)} in duration ${quoted(text)}`);
    }
    if (group.kind === 'invalid') return malformed(`invalid duration ${quoted(text)}`);
    total += group.nanoseconds;
    if (total > LARGEST) return malformed(`invalid duration ${quoted(text)}`);
    rest = rest.slice(group.length);
  } while (rest !== '');
  return { kind: 'duration', nanoseconds: sign === '-' ? -total : total };
}

type Group =
  | { readonly kind: 'group'; readonly nanoseconds: bigint; readonly length: number }
  | { readonly kind: 'unknown-unit'; readonly unit: string }
  | { readonly kind: 'invalid' }
  | { readonly kind: 'missing-unit' };

/** One number and its unit, as `1.5h`. */
function parseGroup(text: string): Group {
  const [number = '', whole = '', , fraction = ''] = GROUP.exec(text) ?? [];
  const count = whole.replace(/^0+/, '');
  if (whole + fraction === '' || count.length > 19 || BigInt(count) > LARGEST) {
    return { kind: 'invalid' };
  }
  const unit = /^[^.\d]*/.exec(text.slice(number.length))?.[0] ?? '';
  if (unit === '') return { kind: 'missing-unit' };
  const size = UNITS.get(unit);
  if (size === undefined) return { kind: 'unknown-unit', unit };
  const nanoseconds = BigInt(count) * size + fractionOf(fraction, size);
  return { kind: 'group', nanoseconds, length: number.length + unit.length };
}

/** Whole seconds, the rest cut off toward zero, by way of floating point as `Duration.Seconds` goes. */
export function wholeSeconds(nanoseconds: bigint): number {
  return (
    Math.trunc(Number(nanoseconds / SECOND) + Number(nanoseconds % SECOND) / Number(SECOND)) + 0
  );
}

/**
 * A duration as Go prints it.
 *
 * @example formatDuration(90_500_000_000n) // '1m30.5s'
 */
export function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds < 0n) return `-${formatDuration(-nanoseconds)}`;
  if (nanoseconds === 0n) return '0s';
  if (nanoseconds < 1000n) return `${nanoseconds}ns`;
  if (nanoseconds < 1_000_000n) return `${decimal(nanoseconds, 3)}µs`;
  if (nanoseconds < SECOND) return `${decimal(nanoseconds, 6)}ms`;
  const minutes = nanoseconds / (60n * SECOND);
  const seconds = `${decimal(nanoseconds % (60n * SECOND), 9)}s`;
  if (minutes === 0n) return seconds;
  return minutes < 60n ? `${minutes}m${seconds}` : `${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

/** A whole number of units of which `10 ** places` make one, without needless zeros. */
function decimal(value: bigint, places: number): string {
  const digits = value.toString().padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  return `${digits.slice(0, -places)}${fraction === '' ? '' : '.'}${fraction}`;
}

/** Digits after the point as nanoseconds: as many as 63 bits hold, multiplied in floating point. */
function fractionOf(digits: string, unit: bigint): bigint {
  let value = 0n;
  let scale = 1;
  for (const digit of digits) {
    const next = value * 10n + BigInt(digit);
    if (next > LARGEST) break;
    value = next;
    scale *= 10;
  }
  return BigInt(Math.trunc(Number(value) * (Number(unit) / scale)));
}

function malformed(message: string): ParsedDuration {
  return { kind: 'malformed', message: `time: ${message}` };
}

/** Quotes as package time does: octets outside printable ASCII in hexadecimal. */
function quoted(text: string): string {
  const plain = text
    .replaceAll(/["\\]/g, '\\$&')
    .replaceAll(/[^ -\x7f]/gu, (character) =>
      Array.from(
        Buffer.from(character),
        (octet) => `\\x${octet.toString(16).padStart(2, '0')}`,
      ).join(''),
    );
  return `"${plain}"`;
}
