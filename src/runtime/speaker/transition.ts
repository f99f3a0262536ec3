import type { IpAddress } from '../net/index.ts';
import type { Decision, Protocol, WithdrawReason } from './decide.ts';

/** What this node announces for one Service with one protocol. */
export interface Announcement {
  readonly protocol: Protocol;
  readonly pool: string;
  readonly addresses: readonly IpAddress[];
  /** Names of the only interfaces to announce on; empty: all of them. */
  readonly interfaces: readonly string[];
  /** Whether any of these interfaces is here; without one nobody answers. */
  readonly placed: boolean;
}

/** What is announced for one Service, one for each protocol; empty: nothing. A list, as a map takes five times as much. */
export type Standing = readonly Announcement[];

/** What is to be done, in order. */
export type Effect =
  /**
   * Tell the protocol to hold exactly these addresses; a change of addresses leaves no gap between. `again`: it does
   * already.
   */
  | { readonly type: 'set'; readonly announcement: Announcement; readonly again: boolean }
  /** None of the interfaces to announce on is here: nobody answers. crd.md §3.3 */
  | { readonly type: 'unplaced'; readonly announcement: Announcement }
  /** One of them came. */
  | { readonly type: 'placed'; readonly announcement: Announcement }
  /** Tell the protocol to let go of the Service. */
  | { readonly type: 'delete'; readonly announcement: Announcement }
  /** Tell it to let go once another node has announced the addresses. */
  | { readonly type: 'handOver'; readonly announcement: Announcement }
  /** An announcement ended: for log and gauges. */
  | {
      readonly type: 'withdrawn';
      readonly announcement: Announcement;
      readonly reason: WithdrawReason;
    }
  /** An announcement began: for log, gauges and Event. */
  | { readonly type: 'announced'; readonly announcement: Announcement };

export interface Step {
  readonly standing: Standing;
  readonly effects: readonly Effect[];
}

const PROTOCOLS: readonly Protocol[] = ['layer2', 'bgp'];

/**
 * From what is announced to what was decided: rows 7 to 11 of the table of legacy.md §4.1.
 *
 * @param here - names of the interfaces of this node; absent: not looked at yet
 */
export function transition(
  standing: Standing,
  decision: Decision,
  here: ReadonlySet<string> | undefined,
): Step {
  if (decision.kind === 'wait') return stay(standing, decision);
  const next: Announcement[] = [];
  const effects: Effect[] = [];
  for (const protocol of PROTOCOLS) {
    const wanted = wantedOf(protocol, decision, here);
    effects.push(...change(announcedBy(protocol, standing), wanted));
    if (wanted.kind === 'announce') next.push(wanted.announcement);
  }
  return { standing: trimmed(next), effects };
}

/** What is announced stays, unless the Service has other addresses by now. */
function stay(standing: Standing, { addresses }: Decision & { readonly kind: 'wait' }): Step {
  const next: Announcement[] = [];
  const effects: Effect[] = [];
  for (const announcement of standing) {
    if (addresses === undefined || sameSet(announcement.addresses, addresses)) {
      next.push(announcement);
    } else {
      effects.push(...change(announcement, { kind: 'end', reason: 'loadBalancerIPChanged' }));
    }
  }
  return { standing: trimmed(next), effects };
}

/** What a Service announces by the protocol. */
export function announcedBy(protocol: Protocol, standing: Standing): Announcement | undefined {
  return standing.find((one) => one.protocol === protocol);
}

/** Without the room for more that a list has that grew. */
function trimmed(announcements: readonly Announcement[]): Standing {
  return announcements.slice();
}

type Wanted =
  | { readonly kind: 'announce'; readonly announcement: Announcement }
  | {
      readonly kind: 'end';
      readonly reason: WithdrawReason;
      readonly addresses?: readonly IpAddress[];
      readonly hasHeir?: boolean;
    };

function wantedOf(
  protocol: Protocol,
  decision: Exclude<Decision, { kind: 'wait' }>,
  here: ReadonlySet<string> | undefined,
): Wanted {
  if (decision.kind === 'withdraw') return { kind: 'end', reason: decision.reason };
  const { pool, addresses, verdicts, hasHeir } = decision;
  const verdict = verdicts.get(protocol);
  if (verdict === undefined) {
    return { kind: 'end', reason: verdicts.size === 0 ? 'noAdvertisement' : 'protocolChanged' };
  }
  if (verdict.kind === 'decline') {
    const { reason } = verdict;
    return { kind: 'end', reason, addresses, hasHeir: hasHeir && protocol === 'layer2' };
  }
  const { interfaces } = verdict;
  const placed = interfaces.length === 0 || interfaces.some((name) => here?.has(name) ?? true);
  const announcement = { protocol, pool, addresses, interfaces, placed };
  return { kind: 'announce', announcement };
}

function change(before: Announcement | undefined, wanted: Wanted): Effect[] {
  if (wanted.kind === 'end') return before === undefined ? [] : end(before, wanted);
  const { announcement } = wanted;
  if (before === undefined) return begin(announcement);
  if (!sameSet(before.addresses, announcement.addresses)) {
    return [
      { type: 'withdrawn', announcement: before, reason: 'loadBalancerIPChanged' },
      ...begin(announcement),
    ];
  }
  // Routes are read by the name of the pool.
  const isPlaceKept = before.protocol === 'layer2' || before.pool === announcement.pool;
  const again = isPlaceKept && sameSet(before.interfaces, announcement.interfaces);
  const set: Effect = { type: 'set', announcement, again };
  if (announcement.placed) {
    return before.placed ? [set] : [set, { type: 'placed', announcement }];
  }
  return again && !before.placed ? [set] : [set, { type: 'unplaced', announcement }];
}

function end(
  before: Announcement,
  { reason, addresses = before.addresses, hasHeir = false }: Wanted & { readonly kind: 'end' },
): Effect[] {
  if (!sameSet(before.addresses, addresses)) {
    return [
      { type: 'delete', announcement: before },
      { type: 'withdrawn', announcement: before, reason: 'loadBalancerIPChanged' },
    ];
  }
  return [
    { type: hasHeir ? 'handOver' : 'delete', announcement: before },
    { type: 'withdrawn', announcement: before, reason },
  ];
}

/** Where nobody will answer, that is said before the announcement. crd.md §3.3 */
function begin(announcement: Announcement): Effect[] {
  return [
    { type: 'set', announcement, again: false },
    ...(announcement.placed ? [] : [{ type: 'unplaced', announcement } as const]),
    { type: 'announced', announcement },
  ];
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each) => b.includes(each));
}
