import type { BgpAdvertisement, Config, Labels, Pool } from '../model/index.ts';
import type { Family } from '../net/index.ts';
import { type Attributes, attributesOf } from './attributes.ts';
import { type Offer, acrossPools, offerOf, withinPool } from './offer.ts';
import type { BgpRules } from './rules.ts';
import { type Session, isFor, sessionsOn } from './session.ts';

/** The node whose speaker decides, and by whose rules. */
export interface Surroundings extends BgpRules {
  /** Of the node; `undefined`: not known yet. */
  readonly labels: Labels | undefined;
}

/** Why a route that was asked for is not sent. legacy.md §6.3 */
export type WithholdReason = 'ipv6InNativeMode' | 'tooManyCommunities';

/** What becomes of a prefix at one session. */
export type Verdict =
  | { readonly kind: 'send'; readonly attributes: Attributes }
  | { readonly kind: 'withhold'; readonly reason: WithholdReason }
  /** No advertisement is for this peer. */
  | { readonly kind: 'none' };

/** What the configuration lets this node tell each of its peers. */
export interface ExportPolicy {
  readonly sessions: readonly Session[];
  /** The lengths to which the pool's addresses are aggregated, ascending; none: the pool is not for BGP here. */
  lengthsOf(pool: string, family: Family): readonly number[];
  /** How many advertisements of the pool are for this node. */
  advertisementsOf(pool: string): number;
  /**
   * A verdict for each session, in their order, on a prefix that addresses of these pools contribute to. Equal questions
   * get the identical answer, no other question gets it, and equal attributes are one object.
   */
  verdicts(pools: readonly string[], family: Family, length: number): readonly Verdict[];
}

/** Of one advertisement. legacy.md §6.3, §6.9 */
const MOST_COMMUNITIES = 63;
const NONE: Verdict = { kind: 'none' };

/** Reads a configuration for one node. legacy.md §6.1, crd.md §3.4 */
export function exportPolicy(config: Config, around: Surroundings): ExportPolicy {
  const sessions = sessionsOn(config, around.labels);
  const pools = new Map(config.pools.map((pool) => [pool.name, advertisedHere(pool, around)]));
  const known = new Map<string, readonly Verdict[]>();
  const sent = new Map<string, Verdict>();
  return {
    sessions,
    lengthsOf: (pool, family) => {
      const lengths = (pools.get(pool) ?? []).map((one) => lengthFor(one, family));
      return [...new Set(lengths)].sort((a, b) => a - b);
    },
    advertisementsOf: (pool) => pools.get(pool)?.length ?? 0,
    verdicts: (names, family, length) => {
      const sorted = [...names].sort();
      const question = JSON.stringify([family, length, sorted]);
      const answered = known.get(question);
      if (answered !== undefined) return answered;
      const byPool = sorted.map((name) =>
        (pools.get(name) ?? []).filter((one) => lengthFor(one, family) === length),
      );
      const answer = sessions.map((session) =>
        shared(verdictOn(byPool, session, { family, rules: around }), sent),
      );
      known.set(question, answer);
      return answer;
    },
  };
}

function advertisedHere({ bgp }: Pool, { labels }: Surroundings): readonly BgpAdvertisement[] {
  return bgp.filter(({ nodeSelectors }) => isFor(nodeSelectors, labels));
}

/** @param byPool - of each pool that contributes to the prefix, its advertisements of that length in their order */
function verdictOn(
  byPool: readonly (readonly BgpAdvertisement[])[],
  session: Session,
  around: { readonly family: Family; readonly rules: BgpRules },
): Verdict {
  const { family, rules } = around;
  const forPeer = byPool.map((pool) => pool.filter(({ peers }) => isForPeer(peers, session)));
  const [first, ...others] = forPeer.flatMap((pool) => offerWithin(pool, rules));
  if (first === undefined) return NONE;
  if (rules.mode === 'native' && family === 'ipv6') {
    return { kind: 'withhold', reason: 'ipv6InNativeMode' };
  }
  if (forPeer.flat().some(({ communities }) => communities.length > MOST_COMMUNITIES)) {
    return { kind: 'withhold', reason: 'tooManyCommunities' };
  }
  const offer = acrossPools([first, ...others], rules);
  return { kind: 'send', attributes: attributesOf(offer, session, around) };
}

/** A list of peers that is empty means every peer. crd.md §1.3 */
function isForPeer(peers: readonly string[], { peer }: Session): boolean {
  return peers.length === 0 || peers.includes(peer.name);
}

function offerWithin(
  advertisements: readonly BgpAdvertisement[],
  rules: BgpRules,
): readonly Offer[] {
  const [first, ...others] = advertisements.map(offerOf);
  return first === undefined ? [] : [withinPool([first, ...others], rules)];
}

function shared(verdict: Verdict, sent: Map<string, Verdict>): Verdict {
  if (verdict.kind !== 'send') return verdict;
  const { text } = verdict.attributes;
  const kept = sent.get(text) ?? verdict;
  sent.set(text, kept);
  return kept;
}

function lengthFor(advertisement: BgpAdvertisement, family: Family): number {
  return family === 'ipv4' ? advertisement.aggregationLength : advertisement.aggregationLengthV6;
}
