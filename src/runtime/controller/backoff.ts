import { type Clock, type Duration, type Random, millis } from '../platform/ports.ts';

const FIRST = 5;
const LONGEST = 60_000;

/**
 * When to try again after the given number of failures: 5 ms, doubled each time up to a minute, shortened
 * by up to half at random so that failures which came together part.
 *
 * @internal
 */
export function retryDelay(failures: number, random: Random): Duration {
  const whole = Math.min(LONGEST, FIRST * 2 ** Math.min(failures, 32));
  return millis(whole * (1 - random.float() / 2));
}

/** Retries per key, each later than the one before until the key is forgotten. */
export class Backoff {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #failures = new Map<string, { count: number; timer: Disposable }>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Calls `again` later; one retry is pending per key. */
  retry(key: string, again: () => void): void {
    const earlier = this.#failures.get(key);
    earlier?.timer[Symbol.dispose]();
    const count = earlier?.count ?? 0;
    const timer = this.#clock.after(retryDelay(count, this.#random), again);
    this.#failures.set(key, { count: count + 1, timer });
  }

  forget(key: string): void {
    this.#failures.get(key)?.timer[Symbol.dispose]();
    this.#failures.delete(key);
  }

  close(): void {
    for (const key of [...this.#failures.keys()]) this.forget(key);
  }
}
