import { type IpAddress, familyOf, ipToBits, parseIp, sixteenByteForm } from './ip.ts';
import { type Prefix, summarize } from './prefix.ts';

/** Both ends of `start-end` as written and as addresses, or the end that is no address. */
export type AddressRange =
  | {
      readonly kind: 'range';
      readonly first: IpAddress;
      readonly last: IpAddress;
      /** Negative where the end is after the start, as Go compares 16-byte forms: IPv4 before most of IPv6. */
      readonly order: number;
      /** It runs from one family into the other and holds no address. */
      readonly mixedFamilies: boolean;
      /** The fewest that cover it; none for reversed and mixed ones. */
      readonly prefixes: readonly Prefix[];
    }
  | { readonly kind: 'malformed'; readonly end: 'start' | 'end'; readonly text: string };

// What Go trims, which is not what JavaScript trims.
const SPACE = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+';
const SURROUNDING_SPACE = new RegExp(`^${SPACE}|${SPACE}$`, 'g');

/** Reads `start-end`, split at the first hyphen, blanks around the ends passed over. legacy.md §1.8, crd.md §2.2 */
export function parseRange(text: string): AddressRange {
  const dash = text.indexOf('-');
  const [start, end] = [text.slice(0, dash), text.slice(dash + 1)];
  const first = parseIp(start.replace(SURROUNDING_SPACE, ''));
  if (first === undefined) return { kind: 'malformed', end: 'start', text: start };
  const last = parseIp(end.replace(SURROUNDING_SPACE, ''));
  if (last === undefined) return { kind: 'malformed', end: 'end', text: end };
  const family = familyOf(first);
  const mixedFamilies = family !== familyOf(last);
  const prefixes = mixedFamilies ? [] : summarize(ipToBits(first), ipToBits(last), family);
  return {
    kind: 'range',
    first,
    last,
    order: compareAddresses(first, last),
    mixedFamilies,
    prefixes,
  };
}

function compareAddresses(a: IpAddress, b: IpAddress): number {
  const difference = sixteenByteForm(a) - sixteenByteForm(b);
  return difference === 0n ? 0 : Number(difference > 0n) * 2 - 1;
}
