import { type Compat, atLeast, goQuote } from '../../runtime/model/index.ts';
import { type Prefix, parsePrefix, parseRange } from '../../runtime/net/index.ts';
import type { Value } from '../yaml/decode.ts';
import { Refusal } from './refusal.ts';

/** What one entry of `addresses` covers. */
export interface AddressBlock {
  readonly text: string;
  readonly prefixes: readonly Prefix[];
  /** It runs from one family into the other, which the original takes and gives no addresses. */
  readonly mixedFamilies: boolean;
}

/** Reads a CIDR block or a range of a pool; host bits are cleared, a range becomes the fewest blocks. legacy.md §1.8 */
export function parseAddressBlock(
  entry: Value<string>,
  pool: string,
  compat: Compat,
): AddressBlock {
  const text = entry.value;
  if (text.includes('-')) return rangeBlock(entry, pool, compat);
  const prefix = parsePrefix(text);
  if (prefix !== undefined) return { text, prefixes: [prefix], mixedFamilies: false };
  throw refusal(entry, pool, { reason: 'pool-bad-cidr', why: `invalid CIDR ${goQuote(text)}` });
}

function rangeBlock(entry: Value<string>, pool: string, compat: Compat): AddressBlock {
  const text = entry.value;
  const range = parseRange(text);
  if (range.kind === 'malformed') {
    const why = invalidRange(`invalid ${range.end} IP ${goQuote(range.text)}`);
    throw refusal(entry, pool, { reason: 'pool-bad-range', why });
  }
  const { first, order, prefixes, mixedFamilies } = range;
  if (order > 0 ? atLeast(compat, 'v0.11') : order === 0 && compat === 'v0.11') {
    const why = invalidRange(
      `start IP ${goQuote(first)} is after the end IP ${goQuote(range.last)}`,
    );
    throw refusal(entry, pool, { reason: 'pool-reversed-range', why });
  }
  return { text, prefixes, mixedFamilies };

  function invalidRange(why: string): string {
    return `invalid IP range ${goQuote(text)}: ${why}`;
  }
}

function refusal(
  { value, span }: Value<string>,
  pool: string,
  {
    reason,
    why,
  }: {
    reason: 'pool-bad-cidr' | 'pool-bad-range' | 'pool-reversed-range';
    why: string;
  },
): Refusal {
  const message = `invalid CIDR ${goQuote(value)} in pool ${goQuote(pool)}: ${why}`;
  return new Refusal(message, { reason, path: '', span });
}
