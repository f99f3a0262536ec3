import { type Clock, type Duration, millis } from '../../src/runtime/platform/ports.ts';

/** The wall clock of a new {@link ManualClock}: 2026-01-01T00:00:00Z. */
const START = Date.UTC(2026, 0, 1);

interface Timer {
  readonly due: number;
  readonly fire: () => void;
}

/** Time that passes only when a test says so. */
export class ManualClock implements Clock {
  #now = 0;
  /** In order of setting, which decides between timers due at one instant. */
  readonly #timers = new Set<Timer>();

  now(): Duration {
    return millis(this.#now);
  }

  epochMillis(): number {
    return START + this.#now;
  }

  after(delay: Duration, fire: () => void): Disposable {
    const timer = { due: this.#now + Math.max(0, delay), fire };
    this.#timers.add(timer);
    return { [Symbol.dispose]: () => this.#timers.delete(timer) };
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.size;
  }

  /** When the next timer is due, as `now` counts. */
  get next(): Duration | undefined {
    const next = this.#earliest();
    return next && millis(next.due);
  }

  /** Lets `duration` pass; every timer due fires at its own time, those set meanwhile included. */
  advance(duration: Duration): void {
    const until = this.#now + duration;
    for (let timer = this.#earliest(); timer && timer.due <= until; timer = this.#earliest()) {
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, timer.due);
      timer.fire();
    }
    this.#now = until;
  }

  /** As `advance`, but lets promises that each timer settled run before the next timer fires. */
  async advanceAsync(duration: Duration): Promise<void> {
    const until = this.#now + duration;
    await settle();
    for (let timer = this.#earliest(); timer && timer.due <= until; timer = this.#earliest()) {
      this.advance(millis(Math.max(0, timer.due - this.#now)));
      await settle();
    }
    this.#now = until;
  }

  #earliest(): Timer | undefined {
    let earliest: Timer | undefined;
    for (const timer of this.#timers) {
      if (earliest === undefined || timer.due < earliest.due) earliest = timer;
    }
    return earliest;
  }
}

/** Lets every promise that can settle without time passing do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
