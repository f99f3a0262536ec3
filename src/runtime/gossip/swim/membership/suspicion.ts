import type { Duration } from '../../../platform/ports.ts';
import type { Timing } from '../timing.ts';

/** Bounds on how long a member may stay suspect. */
export interface SuspicionWindow {
  readonly min: Duration;
  readonly max: Duration;
  /** Confirmations that bring the timeout down to `min`. Zero means start there. */
  readonly expected: number;
}

/**
 * The bounds in a ring of `members`, dead ones that are still known included: longer in larger rings, as news travels
 * longer. Fewer than four members cannot confirm what one of them suspects. memberlist-wire.md §13
 *
 * @example
 * suspicionWindow(11, LAN); // { min: 4164 ms, max: 24984 ms, expected: 2 }
 */
export function suspicionWindow(members: number, timing: Timing): SuspicionWindow {
  const thousandths = Math.trunc(Math.max(1, Math.log10(Math.max(1, members))) * 1000);
  const min = (timing.suspicionMult * thousandths * timing.probeInterval) / 1000;
  const expected = timing.suspicionMult - 2;
  return {
    min: min as Duration,
    max: (timing.suspicionMaxTimeoutMult * min) as Duration,
    expected: members - 2 < expected ? 0 : expected,
  };
}

/**
 * How long a suspect member has left before it is declared dead.
 *
 * Starts at `window.max` and falls towards `window.min` on a logarithmic curve as independent
 * members confirm the suspicion, so a lone accuser with a bad link must wait longest.
 * Agrees with hashicorp/memberlist, so that members of a mixed ring reach the same verdict.
 *
 * @param window - bounds, from the cluster size and the probe interval
 * @param confirmations - members, other than the first accuser, that agree; at least 0
 * @param elapsed - time since the first accusation
 * @returns time remaining; zero or less means the member is already dead
 * @see Dadgar, Phillips and Currey, "Lifeguard", arXiv:1707.00788 (LHA-Suspicion)
 *
 * @example
 * // Two of three confirmations, three seconds in, with bounds of 2 s and 30 s:
 * remainingSuspicion({ min: seconds(2), max: seconds(30), expected: 3 }, 2, seconds(3)); // 4810 ms
 *
 * @internal
 */
export function remainingSuspicion(
  window: SuspicionWindow,
  confirmations: number,
  elapsed: Duration,
): Duration {
  const { min, max, expected } = window;
  const progress = expected < 1 ? 1 : Math.log(confirmations + 1) / Math.log(expected + 1);
  const timeout = Math.floor(max - progress * (max - min));
  return (Math.max(timeout, min) - elapsed) as Duration;
}

/** One member's being suspect: since when, and who agrees. */
export class Suspicion {
  readonly #window: SuspicionWindow;
  readonly #since: Duration;
  /** The first accuser, who never counts, and those who agreed. */
  readonly #accusers: Set<string>;
  #notBefore: number;

  constructor(window: SuspicionWindow, accuser: string, now: Duration) {
    this.#window = window;
    this.#since = now;
    this.#accusers = new Set([accuser]);
    this.#notBefore = now;
  }

  get confirmations(): number {
    return this.#accusers.size - 1;
  }

  /** When the member is to be declared dead. */
  get due(): Duration {
    const due = this.#since + remainingSuspicion(this.#window, this.confirmations, 0 as Duration);
    return Math.max(due, this.#notBefore) as Duration;
  }

  /** Whether the accuser is new, and wanted: what is known already is not told on. */
  confirm(accuser: string): boolean {
    if (this.confirmations >= this.#window.expected || this.#accusers.has(accuser)) return false;
    this.#accusers.add(accuser);
    return true;
  }

  /** Gives the member until then, at least. */
  defer(until: Duration): void {
    this.#notBefore = Math.max(this.#notBefore, until);
  }
}
