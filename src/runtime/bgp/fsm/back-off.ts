import { type Duration, seconds } from '../../platform/ports.ts';

/**
 * Seconds. As in the original, legacy.md §6.2. The longest is shorter by the jitter that is added: no wait is longer than its 120 s.
 */
const WAITS: readonly number[] = [0, 1, 2, 4, 8, 16, 32, 64];
const LONGEST = 96;

/**
 * How long to wait before the next attempt: longer with each that fails. A session that does not last is a failure too, so
 * that a peer which accepts and resets is not dialed in a tight loop. RFC 4271 §8.1.1, DampPeerOscillations
 */
export class BackOff {
  #failures = 0;

  afterFailedAttempt(): Duration {
    return this.#fail(this.#failures);
  }

  /** At least a second. legacy.md §9.2 #10 */
  afterLostSession(): Duration {
    return this.#fail(Math.max(1, this.#failures));
  }

  forget(): void {
    this.#failures = 0;
  }

  #fail(failures: number): Duration {
    this.#failures = Math.min(failures + 1, WAITS.length);
    return seconds(WAITS[failures] ?? LONGEST);
  }
}
