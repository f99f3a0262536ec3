import { type Compat, atLeast } from '../../runtime/model/index.ts';
import {
  type IpAddress,
  type Prefix,
  familyOf,
  ipToBits,
  parseIp,
  parsePrefix,
  sixteenByteForm,
  summarize,
} from '../../runtime/net/index.ts';
import type { Value } from '../yaml/decode.ts';
import { goQuote } from '../yaml/quote.ts';
import { Refusal } from './refusal.ts';

/** What one entry of `addresses` covers. */
export interface AddressBlock {
  readonly text: string;
  readonly prefixes: readonly Prefix[];
  /** It runs from one family into the other, which the original takes and gives no addresses. */
  readonly mixedFamilies: boolean;
}

// What Go trims, which is not what JavaScript trims.
const SPACE = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+';
const SURROUNDING_SPACE = new RegExp(`^${SPACE}|${SPACE}$`, 'g');

/** Reads a CIDR block or a range of a pool; host bits are cleared, a range becomes the fewest blocks. legacy.md §1.8 */
export function parseAddressBlock(
  entry: Value<string>,
  pool: string,
  compat: Compat,
): AddressBlock {
  const text = entry.value;
  if (text.includes('-')) return parseRange(entry, pool, compat);
  const prefix = parsePrefix(text);
  if (prefix !== undefined) return { text, prefixes: [prefix], mixedFamilies: false };
  throw refusal(entry, pool, { reason: 'pool-bad-cidr', why: `invalid CIDR ${goQuote(text)}` });
}

function parseRange(entry: Value<string>, pool: string, compat: Compat): AddressBlock {
  const text = entry.value;
  const dash = text.indexOf('-');
  const first = limit(text.slice(0, dash), 'start');
  const last = limit(text.slice(dash + 1), 'end');
  const order = compareAddresses(first, last);
  if (order > 0 ? atLeast(compat, 'v0.11') : order === 0 && compat === 'v0.11') {
    const why = `start IP ${goQuote(first)} is after the end IP ${goQuote(last)}`;
    throw refusal(entry, pool, { reason: 'pool-reversed-range', why: invalidRange(why) });
  }
  const family = familyOf(first);
  if (family !== familyOf(last)) return { text, prefixes: [], mixedFamilies: true };
  const prefixes = summarize(ipToBits(first), ipToBits(last), family);
  return { text, prefixes, mixedFamilies: false };

  function limit(raw: string, which: 'start' | 'end'): IpAddress {
    const address = parseIp(raw.replace(SURROUNDING_SPACE, ''));
    if (address !== undefined) return address;
    const why = `invalid ${which} IP ${goQuote(raw)}`;
    throw refusal(entry, pool, { reason: 'pool-bad-range', why: invalidRange(why) });
  }

  function invalidRange(why: string): string {
    return `invalid IP range ${goQuote(text)}: ${why}`;
  }
}

/** Go compares the 16-byte forms, so every IPv4 address comes before most of IPv6. */
function compareAddresses(a: IpAddress, b: IpAddress): number {
  const difference = sixteenByteForm(a) - sixteenByteForm(b);
  return difference === 0n ? 0 : Number(difference > 0n) * 2 - 1;
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
