import type { IpAddress } from '../net/index.ts';
import type { Decision, Protocol, WithdrawReason } from './decide.ts';

/** What this node announces for one Service with one protocol. */
export interface Announcement {
  readonly protocol: Protocol;
  readonly pool: string;
  readonly addresses: readonly IpAddress[];
}

/** What is announced for one Service; empty: nothing. */
export type Standing = ReadonlyMap<Protocol, Announcement>;

/** What is to be done, in order. */
export type Effect =
  /** Tell the protocol to hold exactly these addresses; a change of addresses leaves no gap between. */
  | {
      readonly type: 'set';
      readonly announcement: Announcement;
      readonly interfaces: readonly string[];
    }
  /** Tell the protocol to let go of the Service. */
  | { readonly type: 'delete'; readonly announcement: Announcement }
  /** An announcement ended: for log and gauges. */
  | {
      readonly type: 'withdrawn';
      readonly announcement: Announcement;
      readonly reason: WithdrawReason;
    }
  /** An announcement began: for log, gauges and Event. */
  | { readonly type: 'announced'; readonly announcement: Announcement }
  /** It would be announced, were the protocol built. */
  | { readonly type: 'notBuilt'; readonly announcement: Announcement };

export interface Step {
  readonly standing: Standing;
  readonly effects: readonly Effect[];
}

const PROTOCOLS: readonly Protocol[] = ['layer2', 'bgp'];

/** From what is announced to what was decided: rows 7 to 11 of the table of legacy.md §4.1. */
export function transition(standing: Standing, decision: Decision): Step {
  if (decision.kind === 'wait') return { standing, effects: [] };
  const next = new Map<Protocol, Announcement>();
  const effects: Effect[] = [];
  for (const protocol of PROTOCOLS) {
    const wanted = wantedOf(protocol, decision);
    if (wanted.kind === 'announce' && protocol === 'bgp') {
      effects.push({ type: 'notBuilt', announcement: wanted.announcement });
      continue;
    }
    effects.push(...change(standing.get(protocol), wanted));
    if (wanted.kind === 'announce') next.set(protocol, wanted.announcement);
  }
  return { standing: next, effects };
}

type Wanted =
  | {
      readonly kind: 'announce';
      readonly announcement: Announcement;
      readonly interfaces: readonly string[];
    }
  | {
      readonly kind: 'end';
      readonly reason: WithdrawReason;
      readonly addresses?: readonly IpAddress[];
    };

function wantedOf(protocol: Protocol, decision: Exclude<Decision, { kind: 'wait' }>): Wanted {
  if (decision.kind === 'withdraw') return { kind: 'end', reason: decision.reason };
  const { pool, addresses } = decision;
  const verdict = decision.verdicts.get(protocol);
  if (verdict === undefined) return { kind: 'end', reason: 'protocolChanged' };
  if (verdict.kind === 'decline') return { kind: 'end', reason: verdict.reason, addresses };
  const announcement = { protocol, pool, addresses };
  return { kind: 'announce', announcement, interfaces: verdict.interfaces };
}

function change(before: Announcement | undefined, wanted: Wanted): Effect[] {
  if (wanted.kind === 'end') {
    if (before === undefined) return [];
    const { addresses = before.addresses } = wanted;
    const reason = sameSet(before.addresses, addresses) ? wanted.reason : 'loadBalancerIPChanged';
    return [
      { type: 'delete', announcement: before },
      { type: 'withdrawn', announcement: before, reason },
    ];
  }
  const { announcement, interfaces } = wanted;
  const set: Effect = { type: 'set', announcement, interfaces };
  if (before === undefined) return [set, { type: 'announced', announcement }];
  if (sameSet(before.addresses, announcement.addresses)) return [set];
  return [
    { type: 'withdrawn', announcement: before, reason: 'loadBalancerIPChanged' },
    set,
    { type: 'announced', announcement },
  ];
}

function sameSet(a: readonly IpAddress[], b: readonly IpAddress[]): boolean {
  return a.length === b.length && a.every((address) => b.includes(address));
}
