import { type Duration, millis } from '../../platform/ports.ts';

/**
 * Why a speaker gives up its addresses by itself. `carrier`: the link of the ring is dead; `paused`: this program stood
 * still for so long that the others may have replaced it; `minority`: it sees too few of the speakers that there are,
 * where that was asked for.
 */
export type IsolationReason = 'carrier' | 'paused' | 'minority';

export const ISOLATION_REASONS: readonly IsolationReason[] = ['carrier', 'paused', 'minority'];

/** What else an isolation depends on, now. */
export interface Sight {
  readonly now: Duration;
  /** When a message of another member was last heard. */
  readonly lastHeard: Duration | undefined;
  /** Members of the ring besides this one, as far as it knows. */
  readonly others: number;
  /** How long a silent member stays a member. */
  readonly suspicionTime: Duration;
  /** Whether this speaker belongs to a minority that is to fall silent. */
  readonly inMinority: boolean;
}

interface Evidence {
  readonly reason: 'carrier' | 'paused';
  /** When what was evidence ended; absent while it lasts. */
  readonly ended?: Duration;
}

/** Datagrams that waited in the socket while nobody read them say nothing of now: they are read within this time. */
const STALE: Duration = millis(300);

/**
 * Whether this speaker knows of itself that the others do not hear it. Silence alone is no evidence: then the others may
 * be the ones that are gone, and a lone survivor goes on. Nor is anything where there was nobody else before.
 */
export class Isolation {
  #evidence: Evidence | undefined;

  /** The link of the ring lost its carrier, or is gone. */
  carrierLost({ others }: Pick<Sight, 'others'>): void {
    if (others > 0 || this.#evidence !== undefined) this.#evidence = { reason: 'carrier' };
  }

  carrierBack({ now }: Pick<Sight, 'now'>): void {
    const evidence = this.#evidence;
    if (evidence?.reason !== 'carrier' || evidence.ended !== undefined) return;
    this.#evidence = { reason: 'carrier', ended: now };
  }

  /** This program stood still for longer than the suspicion time, until now. */
  stoodStill({ now, others }: Pick<Sight, 'now' | 'others'>): void {
    const evidence = this.#evidence;
    if (evidence === undefined ? others === 0 : evidence.ended === undefined) return;
    this.#evidence = { reason: 'paused', ended: now };
  }

  /** Why this speaker is isolated, if it is. */
  judge(sight: Sight): IsolationReason | undefined {
    const evidence = this.#evidence;
    if (evidence !== undefined && !isOver(evidence, sight)) return evidence.reason;
    this.#evidence = undefined;
    return sight.inMinority ? 'minority' : undefined;
  }
}

/**
 * A member of the ring was heard again, or after a while there is none who could be heard. One that speaks but is no member
 * yet will be in a moment: who decided before that would believe itself alone.
 */
function isOver(
  { reason, ended }: Evidence,
  { now, lastHeard, others, suspicionTime }: Sight,
): boolean {
  if (ended === undefined) return false;
  if (others === 0) return now >= ended + suspicionTime;
  const since = reason === 'paused' ? ended + STALE : ended;
  return lastHeard !== undefined && lastHeard > since;
}

/**
 * Whether a speaker that sees these nodes, its own included, belongs to the smaller part of the speakers known. Of two
 * halves, the one without the first node by name does.
 */
export function isMinority(seen: ReadonlySet<string>, known: ReadonlySet<string>): boolean {
  const all = new Set([...known, ...seen]);
  const missing = all.size - seen.size;
  if (missing !== seen.size) return seen.size < missing;
  const [first = ''] = [...all].sort();
  return !seen.has(first);
}
