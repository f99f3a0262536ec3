import type { Duration } from '../../platform/ports.ts';
import type { SessionEffect, TimerName } from './fsm.ts';

/** Which timers of a session run, so that none is cleared in vain and none that was cleared is believed. */
export class Timers {
  readonly #running = new Set<TimerName>();

  set(timer: TimerName, after: Duration): SessionEffect {
    this.#running.add(timer);
    return { type: 'setTimer', timer, after };
  }

  runs(timer: TimerName): boolean {
    return this.#running.has(timer);
  }

  /** Whether it ran; it no longer does. */
  fired(timer: TimerName): boolean {
    return this.#running.delete(timer);
  }

  clear(timer: TimerName): readonly SessionEffect[] {
    return this.#running.delete(timer) ? [{ type: 'clearTimer', timer }] : [];
  }

  clearAll(): readonly SessionEffect[] {
    return [...this.#running].flatMap((timer) => this.clear(timer));
  }
}
