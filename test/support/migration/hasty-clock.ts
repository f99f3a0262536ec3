import { type Clock, type Duration, millis } from '../../../src/runtime/platform/ports.ts';

/** Time that passes as fast as it is waited for. */
export class HastyClock implements Clock {
  #now = 0;

  now(): Duration {
    return millis(this.#now);
  }

  epochMillis(): number {
    return Date.UTC(2026, 0, 1) + this.#now;
  }

  after(delay: Duration, fire: () => void): Disposable {
    let disposed = false;
    setImmediate(() => {
      if (disposed) return;
      this.#now += delay;
      fire();
    });
    return { [Symbol.dispose]: () => void (disposed = true) };
  }
}
