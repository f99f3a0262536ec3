import type { BgpMode } from '../rules.ts';
import type { Session } from '../session.ts';
import { type SessionChange, changeOf } from './session-change.ts';

/** How the sessions of one configuration become those of another. */
export interface SessionPairs {
  /** Stay up, changed in place where `change` says so. */
  readonly kept: readonly {
    readonly before: Session;
    readonly after: Session;
    readonly change: SessionChange;
  }[];
  readonly closed: readonly {
    readonly before: Session;
    /** What changed, where a session to the same place is opened instead. */
    readonly change: SessionChange | undefined;
  }[];
  readonly opened: readonly Session[];
}

/** Finds for every session the one that it can go on as, with the least disruption; what peers are called does not matter. */
export function pairSessions(
  before: readonly Session[],
  after: readonly Session[],
  mode: BgpMode,
): SessionPairs {
  const [left, opened] = [new Set(before), new Set(after)];
  const kept: SessionPairs['kept'][number][] = [];
  for (const wanted of ['none', 'live'] as const) {
    for (const one of opened) {
      for (const old of left) {
        const change = changeOf(old, one, mode);
        if (change.disruption !== wanted) continue;
        kept.push({ before: old, after: one, change });
        left.delete(old);
        opened.delete(one);
        break;
      }
    }
  }
  const closed = [...left].map((old) => ({ before: old, change: successorOf(old, opened, mode) }));
  return { kept, closed, opened: [...opened] };
}

/** By its name, or by its address. */
function successorOf(
  old: Session,
  opened: ReadonlySet<Session>,
  mode: BgpMode,
): SessionChange | undefined {
  const found = [...opened].find(
    ({ peer }) => peer.name === old.peer.name || peer.address === old.peer.address,
  );
  return found === undefined ? undefined : changeOf(old, found, mode);
}
