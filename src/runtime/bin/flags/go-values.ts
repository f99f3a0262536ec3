/** A text as Go's `flag` reads it, or what Go says about it. */
export type GoValue<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'invalid'; readonly why: string };

const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);
/** The bases a number may announce; without announcement it is decimal. */
const BASES: readonly (readonly [pattern: RegExp, prefix: string])[] = [
  [/^0[xX]((?:_?[\da-fA-F])+)$/, '0x'],
  [/^0[bB]((?:_?[01])+)$/, '0b'],
  [/^0[oO]?((?:_?[0-7])+)$/, '0o'],
  [/^(0|[1-9](?:_?\d)*)$/, ''],
];
const MIN_INT = -(2n ** 63n);
const MAX_INT = 2n ** 63n - 1n;

/** `strconv.ParseBool`. */
export function parseGoBool(text: string): GoValue<boolean> {
  if (TRUE.has(text)) return { kind: 'value', value: true };
  if (FALSE.has(text)) return { kind: 'value', value: false };
  return { kind: 'invalid', why: 'parse error' };
}

/**
 * `strconv.ParseInt` with base 0 and 64 bits: decimal, `0x`, `0b`, `0o` or a leading zero for octal, and `_` between
 * digits. Beyond 2^53 the number is the nearest that can be held.
 */
export function parseGoInt(text: string): GoValue<number> {
  const [, sign = '', digits = ''] = /^([+-]?)([^]*)$/.exec(text) ?? [];
  for (const [pattern, prefix] of BASES) {
    const found = pattern.exec(digits)?.[1];
    if (found === undefined) continue;
    const magnitude = BigInt(`${prefix}${found.replaceAll('_', '')}`);
    const number = sign === '-' ? -magnitude : magnitude;
    if (number < MIN_INT || number > MAX_INT) return { kind: 'invalid', why: 'value out of range' };
    return { kind: 'value', value: Number(number) };
  }
  return { kind: 'invalid', why: 'parse error' };
}
