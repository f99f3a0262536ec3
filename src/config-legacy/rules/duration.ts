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
  let rest = text.slice(sign.length);
  if (rest === '0') return { kind: 'duration', nanoseconds: 0n };
  if (rest === '') return invalid(text);
  let total = 0n;
  while (rest !== '') {
    const [number = '', whole = '', , fraction = ''] = GROUP.exec(rest) ?? [];
    if (whole === '' && fraction === '') return invalid(text);
    const count = whole.replace(/^0+/, '');
    if (count.length > 19) return invalid(text);
    rest = rest.slice(number.length);
    const unitText = /^[^.\d]*/.exec(rest)?.[0] ?? '';
    if (unitText === '') return malformed(`missing unit in duration ${quoted(text)}`);
    const unit = UNITS.get(unitText);
    if (unit === undefined) {
      return malformed(`unknown unit ${quoted(unitText)} in duration ${quoted(text)}`);
    }
    rest = rest.slice(unitText.length);
    total += BigInt(count) * unit + fractionOf(fraction, unit);
    if (total > LARGEST) return invalid(text);
  }
  return { kind: 'duration', nanoseconds: sign === '-' ? -total : total };
}

/** Whole seconds, the rest cut off toward zero, by way of floating point as `Duration.Seconds` goes. */
export function wholeSeconds(nanoseconds: bigint): number {
  return (
    Math.trunc(Number(nanoseconds / SECOND) + Number(nanoseconds % SECOND) / Number(SECOND)) + 0
  );
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

function invalid(text: string): ParsedDuration {
  return malformed(`invalid duration ${quoted(text)}`);
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
