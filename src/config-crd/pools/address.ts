import { goQuote } from '../../runtime/model/index.ts';
import {
  type AddressRange,
  type Prefix,
  parsePrefix,
  parseRange,
} from '../../runtime/net/index.ts';
import type { Place } from '../objects/place.ts';

/** What one entry of `addresses` covers. */
export interface AddressEntry {
  readonly text: string;
  readonly prefixes: readonly Prefix[];
  readonly place: Place;
}

/**
 * Reads the blocks and ranges of a pool; those that are wrong are told and left out. crd.md §2.2
 *
 * A range from one family into the other was taken by the original and holds no address there; so it is taken here, with
 * a warning, and the pool keeps its other entries (product.md §5). Zeros in front of an octet are refused, as Go refuses
 * them since 1.17, with which the original was built: some read them as octal.
 *
 * @param pool - its name, for messages
 */
export function parseAddresses(
  written: readonly string[] | undefined,
  pool: string,
  place: Place,
): readonly AddressEntry[] {
  const addresses = written ?? [];
  if (addresses.length === 0) {
    place.refuse({ reason: 'no-addresses', message: 'pool has no prefixes defined' });
  }
  return addresses.flatMap((text, index) => {
    const at = place.at(index).saying(`invalid CIDR ${goQuote(text)} in pool ${goQuote(pool)}: `);
    const prefixes = text.includes('-') ? readRange(text, at) : readBlock(text, at);
    if (prefixes === undefined) return [];
    if (prefixes.length === 0) warnOfMixed(text, pool, at);
    return [{ text, prefixes, place: at }];
  });
}

function readBlock(text: string, place: Place): readonly Prefix[] | undefined {
  const prefix = hasZerosInFront(text) ? undefined : parsePrefix(text);
  if (prefix !== undefined) return [prefix];
  place.refuse({ reason: 'invalid-cidr', message: `invalid CIDR ${goQuote(text)}` });
  return undefined;
}

function readRange(text: string, place: Place): readonly Prefix[] | undefined {
  const range = endWithZeros(text) ?? parseRange(text);
  const at = place.saying(`invalid IP range ${goQuote(text)}: `);
  if (range.kind === 'malformed') {
    const message = `invalid ${range.end} IP ${goQuote(range.text)}`;
    at.refuse({ reason: 'invalid-range', message });
    return undefined;
  }
  if (range.order <= 0) return range.prefixes;
  const message = `start IP ${goQuote(range.first)} is after the end IP ${goQuote(range.last)}`;
  at.refuse({ reason: 'range-reversed', message });
  return undefined;
}

function endWithZeros(range: string): Extract<AddressRange, { kind: 'malformed' }> | undefined {
  const dash = range.indexOf('-');
  const [start, end] = [range.slice(0, dash), range.slice(dash + 1)];
  if (hasZerosInFront(start)) return { kind: 'malformed', end: 'start', text: start };
  return hasZerosInFront(end) ? { kind: 'malformed', end: 'end', text: end } : undefined;
}

/** In a dotted quad. */
function hasZerosInFront(text: string): boolean {
  return text.includes('.') && /(?:^|[.:\s])0\d+(?=[.\s/]|$)/.test(text);
}

function warnOfMixed(text: string, pool: string, place: Place): void {
  const found = `range ${goQuote(text)} in pool ${goQuote(pool)}`;
  const message = `${found} runs from one address family into the other and holds no address`;
  place.warn({ reason: 'pool-mixed-families', message });
}
