import type { MacAddress } from '../../net/index.ts';
import { type Duration, seconds } from '../../platform/ports.ts';
import type { Sighting } from '../link-layer.ts';
import type { ConflictKind, Rivals } from './conflict.ts';

/** Somebody who was heard speaking for an address of ours. */
export interface Rival {
  readonly mac: MacAddress;
  readonly interfaceName: string;
  readonly since: Duration;
  /** When it was last heard. */
  seen: Duration;
  /** When it was last heard announcing, which only speakers do. */
  announcedAt?: Duration;
  kind: ConflictKind;
  /** Whether the kind will stand when the ring has come to rest. */
  settled: boolean;
  node?: string;
  /** Whether it was told to the observer. */
  told: boolean;
}

/** So long after a change of the ring its members may still disagree about it. */
const UNSETTLED: Duration = seconds(5);
/** An announcement tells a speaker from a kernel for so long; ours are repeated within it. */
const ANNOUNCEMENT_COUNTS: Duration = seconds(300);

export function newRival({ mac, interfaceName }: Sighting, now: Duration): Rival {
  const kind = 'stranger';
  return { mac, interfaceName, since: now, seen: now, kind, settled: true, told: false };
}

/**
 * Finds out who it is. The station of a node is its speaker if it announces, if the ring changed just now, or if the
 * node's speaker is not in our ring, as in a split brain; else it is its kernel, which answers for an address on an
 * interface. Everyone else is a stranger.
 */
export function judgeRival(rival: Rival, rivals: Rivals, now: Duration): void {
  const node = rivals.stationOf(rival.mac)?.node;
  if (node !== undefined) rival.node = node;
  const isUnsettled = now - rivals.ringChangedAt() < UNSETTLED;
  const kind = kindOf(rival, rivals, now);
  rival.settled = kind !== 'kernel' || !isUnsettled;
  rival.kind = kind === 'kernel' && isUnsettled ? 'speaker' : kind;
}

function kindOf({ node, announcedAt }: Rival, rivals: Rivals, now: Duration): ConflictKind {
  if (node === undefined) return 'stranger';
  const announces = announcedAt !== undefined && now - announcedAt < ANNOUNCEMENT_COUNTS;
  return announces || !rivals.isMember(node) ? 'speaker' : 'kernel';
}
