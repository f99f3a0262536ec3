import { type Family, familyOf } from '../net/index.ts';
import { atLeast } from '../model/index.ts';
import type { Offer } from './offer.ts';
import type { BgpRules } from './rules.ts';
import type { Session } from './session.ts';

/** RFC 4271 §5.1.1 */
export type Origin = 'igp' | 'incomplete';

/**
 * `session`: this end's address of the TCP connection. `node`: the node's address of the route's family, where the session
 * runs over the other one; without such an address the route cannot be sent. product.md §5 #13
 */
export type NextHop = 'session' | 'node';

/** The path attributes of a route as they are sent. RFC 4271 §5, RFC 1997, RFC 8092 */
export interface Attributes {
  /** All of it for people; equal attributes have equal text. */
  readonly text: string;
  readonly origin: Origin;
  /** One AS_SEQUENCE; empty: none, as within one AS. */
  readonly asPath: readonly number[];
  readonly nextHop: NextHop;
  /** MULTI_EXIT_DISC; absent: not sent. */
  readonly med?: number;
  /** LOCAL_PREF; absent: not sent, as to another AS. */
  readonly localPref?: number;
  /** Each `a:b`, ascending by value. */
  readonly communities: readonly string[];
  /** Each `a:b:c`, ascending by value. */
  readonly largeCommunities: readonly string[];
}

/** What FRR sends where no preference was chosen. legacy.md §6.9 */
const FRR_LOCAL_PREF = 100;

/** What a session is sent of an offer. legacy.md §6.3 (native), §6.9 (FRR), §9.1 (ORIGIN is IGP since v0.13) */
export function attributesOf(
  offer: Offer,
  { kind, peer }: Session,
  { family, rules }: { readonly family: Family; readonly rules: BgpRules },
): Attributes {
  const frr = rules.mode === 'frr';
  const localPref = frr && offer.localPref === 0 ? FRR_LOCAL_PREF : offer.localPref;
  const attributes = {
    origin: frr || atLeast(rules.compat, 'v0.13') ? 'igp' : 'incomplete',
    asPath: kind === 'external' ? [peer.myASN] : [],
    nextHop: familyOf(peer.address) === family ? 'session' : 'node',
    // What FRR has of a `network` line carries a metric of zero.
    ...(frr && { med: 0 }),
    ...(kind === 'internal' && { localPref }),
    communities: offer.communities,
    largeCommunities: offer.largeCommunities,
  } as const;
  return withText(attributes);
}

export function withText(attributes: Omit<Attributes, 'text'>): Attributes {
  return { ...attributes, text: textOf(attributes) };
}

function textOf(attributes: Omit<Attributes, 'text'>): string {
  const { origin, asPath, nextHop, med, localPref, communities, largeCommunities } = attributes;
  return [
    `origin ${origin}`,
    `AS path ${asPath.length === 0 ? 'empty' : asPath.join(' ')}`,
    `next hop ${nextHop === 'session' ? 'of the session' : 'of the node'}`,
    ...(med === undefined ? [] : [`MED ${med}`]),
    ...(localPref === undefined ? [] : [`local preference ${localPref}`]),
    ...(communities.length === 0 ? [] : [`communities ${communities.join(' ')}`]),
    ...(largeCommunities.length === 0 ? [] : [`large communities ${largeCommunities.join(' ')}`]),
  ].join(', ');
}
