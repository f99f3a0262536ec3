import type { BgpAdvertisement } from '../model/index.ts';
import { type BgpRules, firstWins } from './rules.ts';

/** What advertisements say of a route, before it is known to whom it goes. */
export interface Offer {
  /** Zero: none was chosen. */
  readonly localPref: number;
  /** Each `a:b`, ascending by value, once. RFC 1997 */
  readonly communities: readonly string[];
  /** Each `a:b:c`, ascending by value, once. RFC 8092 */
  readonly largeCommunities: readonly string[];
}

const LARGE = 'large:';

export function offerOf({ localPref, communities }: BgpAdvertisement): Offer {
  const large = communities.filter((text) => text.startsWith(LARGE));
  const plain = communities.filter((text) => !text.startsWith(LARGE));
  return {
    localPref,
    communities: ascending(plain),
    largeCommunities: ascending(large.map((text) => text.slice(LARGE.length))),
  };
}

/** One offer of those of one pool, in the order of its advertisements. legacy.md §6.4, §6.9 */
export function withinPool(offers: readonly [Offer, ...Offer[]], rules: BgpRules): Offer {
  if (rules.mode === 'frr') return merged(offers);
  return (firstWins(rules) ? offers[0] : offers.at(-1)) ?? offers[0];
}

/**
 * One offer of those of several pools whose addresses one prefix covers, whatever their order. The original let chance
 * decide; here the highest preference wins, then the lowest communities. legacy.md §9.2 #14
 */
export function acrossPools(offers: readonly [Offer, ...Offer[]], rules: BgpRules): Offer {
  if (rules.mode === 'frr') return merged(offers);
  return offers.reduce((best, one) => (precedes(one, best) ? one : best));
}

/** FRR adds communities up, and its route map sets the highest preference last. legacy.md §6.9 */
function merged(offers: readonly Offer[]): Offer {
  return {
    localPref: offers.reduce((highest, { localPref }) => Math.max(highest, localPref), 0),
    communities: ascending(offers.flatMap(({ communities }) => communities)),
    largeCommunities: ascending(offers.flatMap(({ largeCommunities }) => largeCommunities)),
  };
}

function precedes(a: Offer, b: Offer): boolean {
  if (a.localPref !== b.localPref) return a.localPref > b.localPref;
  const plain = compareLists(a.communities, b.communities);
  return (plain === 0 ? compareLists(a.largeCommunities, b.largeCommunities) : plain) < 0;
}

/** Communities by value, each once. */
export function ascending(communities: readonly string[]): readonly string[] {
  return [...new Set(communities)].sort(compareCommunities);
}

function compareLists(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((text, index) => text !== b[index]);
  if (at < 0) return a.length - b.length;
  return compareCommunities(a[at] ?? '', b[at] ?? '');
}

/** By value, section by section; a missing one is lower than any. */
function compareCommunities(a: string, b: string): number {
  const [ours, theirs] = [a, b].map((text) => text.split(':').map(Number));
  const at = (ours ?? []).findIndex((section, index) => section !== theirs?.[index]);
  return at < 0
    ? (ours?.length ?? 0) - (theirs?.length ?? 0)
    : (ours?.[at] ?? 0) - (theirs?.[at] ?? -1);
}
