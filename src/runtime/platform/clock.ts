import { type Clock, type Duration, millis } from './ports.ts';

/** The longest delay that Node's timers take; beyond it they fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** The time of this machine. */
export class SystemClock implements Clock {
  now(): Duration {
    return millis(performance.now());
  }

  epochMillis(): number {
    return Date.now();
  }

  after(delay: Duration, fire: () => void): Disposable {
    let timer: NodeJS.Timeout;
    const wait = (left: number): void => {
      const step = Math.min(left, LONGEST_TIMER);
      timer = setTimeout(() => (step < left ? wait(left - step) : fire()), step);
    };
    wait(delay);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  }
}
