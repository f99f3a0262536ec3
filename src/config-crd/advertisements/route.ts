import { type BgpAdvertisement, goQuote, goQuoteRune } from '../../runtime/model/index.ts';
import type { RouteSpec } from '../objects/kinds.ts';
import type { Place } from '../objects/place.ts';
import type { AddressEntry } from '../pools/address.ts';
import {
  type Aliases,
  type CommunityValue,
  compareCommunities,
  formatCommunity,
  parseCommunity,
} from './community.ts';

/** How addresses are announced, whoever does it to whom. */
export type Route = Omit<BgpAdvertisement, 'peers' | 'nodeSelectors'>;

export interface ParsedRoute {
  readonly route: Route;
  /** Unless its lengths make no sense. */
  readonly isSound: boolean;
}

const LONGEST = { aggregationLength: 32, aggregationLengthV6: 128 } as const;
const FAMILIES = { aggregationLength: 'IPv4', aggregationLengthV6: 'IPv6' } as const;
type LengthKey = keyof typeof LONGEST;

/** Reads lengths, preference and communities. crd.md §1.3, §2.5 */
export function parseRoute(spec: RouteSpec, aliases: Aliases, place: Place): ParsedRoute {
  const lengths = { aggregationLength: 32, aggregationLengthV6: 128 };
  let isSound = true;
  for (const key of ['aggregationLength', 'aggregationLengthV6'] as const) {
    const written = spec[key] ?? LONGEST[key];
    lengths[key] = written;
    if (written <= LONGEST[key]) continue;
    isSound = false;
    // To the letter: the number is printed as the character of that code.
    const message = `invalid aggregation length ${goQuoteRune(written)} for ${FAMILIES[key]}`;
    place.at(key).refuse({ reason: 'aggregation-too-long', message });
  }
  const communities = parseCommunities(spec.communities ?? [], aliases, place.at('communities'));
  return { route: { ...lengths, localPref: spec.localPref ?? 0, communities }, isSound };
}

/**
 * Of each entry of the pools' addresses, the largest block must fit the length of its family. One problem for each
 * length says it for all pools.
 */
export function checkAggregation(
  lengths: Pick<BgpAdvertisement, LengthKey>,
  pools: Iterable<readonly AddressEntry[]>,
  place: Place,
): void {
  const told = new Set<LengthKey>();
  for (const entries of pools) {
    for (const { text, prefixes } of entries) {
      const key = prefixes[0]?.family === 'ipv6' ? 'aggregationLengthV6' : 'aggregationLength';
      const shortest = Math.min(...prefixes.map(({ length }) => length));
      if (prefixes.length === 0 || lengths[key] >= shortest || told.has(key)) continue;
      told.add(key);
      const found = `prefix ${shortest} in this pool is more specific than the aggregation length`;
      // The original names the IPv4 length in either case.
      const message = `invalid aggregation length ${lengths.aggregationLength}: ${found} for addresses ${text}`;
      place.at(key).refuse({ reason: 'aggregation-too-short', message });
    }
  }
}

/** Aliases come first, so that one named `1:1` shadows the value. */
function parseCommunities(
  written: readonly string[],
  aliases: Aliases,
  place: Place,
): readonly string[] {
  const values = new Map<string, CommunityValue>();
  for (const [index, text] of written.entries()) {
    const value = aliases.get(text) ?? parseCommunity(text);
    if ('message' in value) {
      const message = `invalid community ${goQuote(text)} in BGP advertisement: ${value.message}`;
      const at = place.at(index);
      if (value.kind === 'value') at.refuse({ reason: 'invalid-community-value', message });
      else {
        const didYouMean = place.nearest(text, aliases.keys());
        at.refuse({ reason: 'unknown-community', message, didYouMean, transient: true });
      }
      continue;
    }
    values.set(formatCommunity(value), value);
  }
  return [...values.values()].sort(compareCommunities).map(formatCommunity);
}
