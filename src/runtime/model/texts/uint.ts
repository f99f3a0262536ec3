import { goQuote } from './quote.ts';

/** A number, or why Go's `strconv.ParseUint` refuses the text, in its words. */
export type ParsedUint = number | { readonly message: string };

/** Reads decimal digits as an unsigned integer of at most 32 bits. */
export function parseUint(text: string, bits: 16 | 32): ParsedUint {
  const refused = (why: string) => ({
    message: `strconv.ParseUint: parsing ${goQuote(text)}: ${why}`,
  });
  if (text === '') return refused('invalid syntax');
  let number = 0;
  for (const character of text) {
    if (!/^\d$/.test(character)) return refused('invalid syntax');
    number = number * 10 + Number(character);
    if (number > 2 ** bits - 1) return refused('value out of range');
  }
  return number;
}
