import {
  type BgpAdvertisement,
  type Compat,
  EVERYTHING,
  atLeast,
  goQuote,
  nearest,
} from '../../runtime/model/index.ts';
import type { AddressBlock } from './address.ts';
import { type Community, formatCommunity, parseCommunity } from './community.ts';
import type { AdvertisementEntry, PoolEntry } from './document.ts';
import { Refusal, within } from './refusal.ts';

/** What advertisements depend on besides themselves. */
export interface AdvertisementFacts {
  readonly blocks: readonly AddressBlock[];
  readonly aliases: ReadonlyMap<string, Community>;
  readonly compat: Compat;
}

/** The advertisements of a `bgp` pool; none written is one with defaults. legacy.md §1.10 */
export function parseAdvertisements(
  pool: PoolEntry,
  facts: AdvertisementFacts,
): readonly BgpAdvertisement[] {
  const entries = pool['bgp-advertisements']?.items ?? [];
  if (entries.length === 0) {
    return [parseAdvertisement({ span: pool.span }, { ...facts, blocks: [] })];
  }
  return within('parsing BGP communities: ', 'bgp-advertisements', () => {
    if (atLeast(facts.compat, 'v0.12')) refuseDuplicates(entries);
    return entries.map((entry, index) =>
      within('', `[${index}]`, () => parseAdvertisement(entry, facts)),
    );
  });
}

function parseAdvertisement(
  entry: AdvertisementEntry,
  facts: AdvertisementFacts,
): BgpAdvertisement {
  if (atLeast(facts.compat, 'v0.12')) refuseRepeatedCommunities(entry);
  const aggregationLength = length(entry, 'aggregation-length', 32);
  const aggregationLengthV6 = length(entry, 'aggregation-length-v6', 128);
  const lengths = { aggregationLength, aggregationLengthV6 };
  if (atLeast(facts.compat, 'v0.12')) checkShortest(entry, lengths, facts.blocks);
  else checkEvery(entry, aggregationLength, facts.blocks);
  return {
    ...lengths,
    localPref: entry.localpref?.value ?? 0,
    communities: parseCommunities(entry, facts).map(formatCommunity),
    peers: [],
    nodeSelectors: [EVERYTHING],
  };
}

/** Two advertisements are the same if they are written with the same values: unset is not the default. */
function refuseDuplicates(entries: readonly AdvertisementEntry[]): void {
  const seen = new Map<string, number>();
  let first: { earlier: number; later: number } | undefined;
  entries.forEach((entry, index) => {
    const earlier = seen.get(written(entry));
    if (earlier === undefined) seen.set(written(entry), index);
    else if (first === undefined || earlier < first.earlier) first = { earlier, later: index };
  });
  if (first === undefined) return;
  const { earlier, later } = first;
  throw new Refusal(
    `duplicate definition of bgpadvertisements. advertisement ${earlier + 1} and ${later + 1} are equal`,
    {
      reason: 'ad-duplicate',
      path: `[${later}]`,
      span: (entries[later] ?? { span: { start: 0, end: 0 } }).span,
    },
  );
}

function written(entry: AdvertisementEntry): string {
  return JSON.stringify([
    entry['aggregation-length']?.value ?? null,
    entry['aggregation-length-v6']?.value ?? null,
    entry.localpref?.value ?? null,
    entry.communities?.items.map(({ value }) => value) ?? null,
  ]);
}

function refuseRepeatedCommunities(entry: AdvertisementEntry): void {
  const seen = new Set<string>();
  entry.communities?.items.forEach(({ value, span }, index) => {
    if (seen.has(value)) {
      const message = `duplicate definition of community ${goQuote(value)}`;
      throw new Refusal(message, {
        reason: 'ad-community-duplicate',
        path: `communities[${index}]`,
        span,
      });
    }
    seen.add(value);
  });
}

function length(
  entry: AdvertisementEntry,
  key: 'aggregation-length' | 'aggregation-length-v6',
  longest: 32 | 128,
): number {
  const { value, span } = entry[key] ?? { value: longest, span: entry.span };
  if (value <= longest) return value;
  const [family, reason] =
    longest === 32
      ? ['IPv4', 'aggregation-too-long' as const]
      : ['IPv6', 'aggregation-v6-too-long' as const];
  // The original prints the number as a quoted character; nobody can depend on that (legacy.md §9.2 #24).
  const message = `invalid aggregation length ${value} for ${family}`;
  throw new Refusal(message, { reason, path: key, span });
}

/** 0.12: of each entry of `addresses`, the largest block must fit the length of its family. */
function checkShortest(
  entry: AdvertisementEntry,
  {
    aggregationLength,
    aggregationLengthV6,
  }: Pick<BgpAdvertisement, 'aggregationLength' | 'aggregationLengthV6'>,
  blocks: readonly AddressBlock[],
): void {
  for (const { text, prefixes } of blocks) {
    const v4 = prefixes[0]?.family === 'ipv4';
    const shortest = prefixes.reduce((least, prefix) => Math.min(least, prefix.length), Infinity);
    if (prefixes.length === 0 || (v4 ? aggregationLength : aggregationLengthV6) >= shortest) {
      continue;
    }
    const key = v4 ? 'aggregation-length' : 'aggregation-length-v6';
    const found = `prefix ${shortest} in this pool is more specific than the aggregation length`;
    throw new Refusal(
      `invalid aggregation length ${aggregationLength}: ${found} for addresses ${text}`,
      { reason: 'aggregation-too-short', path: key, span: entry[key]?.span ?? entry.span },
    );
  }
}

/** 0.10 and 0.11: every block of either family must fit the one length there is. */
function checkEvery(
  entry: AdvertisementEntry,
  aggregationLength: number,
  blocks: readonly AddressBlock[],
): void {
  for (const prefix of blocks.flatMap(({ prefixes }) => prefixes)) {
    if (prefix.length <= aggregationLength) continue;
    const found = `prefix ${goQuote(prefix.text)} in this pool is more specific than the aggregation length`;
    throw new Refusal(`invalid aggregation length ${aggregationLength}: ${found}`, {
      reason: 'aggregation-too-short',
      path: 'aggregation-length',
      span: entry['aggregation-length']?.span ?? entry.span,
    });
  }
}

/** Aliases come first, so that one named `1:1` shadows the value. */
function parseCommunities(
  entry: AdvertisementEntry,
  { aliases, compat }: AdvertisementFacts,
): readonly Community[] {
  const values = new Set<Community>();
  entry.communities?.items.forEach(({ value, span }, index) => {
    const parsed = aliases.get(value) ?? parseCommunity(value, compat);
    if (typeof parsed !== 'number') {
      throw new Refusal(
        `invalid community ${goQuote(value)} in BGP advertisement: ${parsed.message}`,
        {
          reason: 'ad-community-invalid',
          path: `communities[${index}]`,
          span,
          didYouMean: nearest(value, aliases.keys()),
        },
      );
    }
    values.add(parsed);
  });
  return [...values].sort((a, b) => a - b);
}
