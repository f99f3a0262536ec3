import { type Clock, type Duration, millis } from '../../platform/ports.ts';

/** Changes that follow one another this closely leave together. */
const QUIET: Duration = millis(5);
/** And no change waits longer than this. */
const PATIENCE: Duration = millis(100);

/** Collects changes for a moment, so that routes that change one after the other share their UPDATEs. */
export class Pacer implements Disposable {
  readonly #clock: Clock;
  readonly #flush: () => void;
  #first: Duration | undefined;
  #last: Duration | undefined;
  #timer: Disposable | undefined;

  constructor(clock: Clock, flush: () => void) {
    this.#clock = clock;
    this.#flush = flush;
  }

  /** Something changed: `flush` is called soon, once. */
  touch(): void {
    this.#last = this.#clock.now();
    this.#first ??= this.#last;
    this.#timer ??= this.#clock.after(QUIET, this.#onTimer);
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#first = undefined;
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    const now = this.#clock.now();
    const [first, last] = [this.#first ?? now, this.#last ?? now];
    const left = Math.min(last + QUIET, first + PATIENCE) - now;
    if (left > 0) {
      this.#timer = this.#clock.after(millis(left), this.#onTimer);
      return;
    }
    this.#first = undefined;
    this.#flush();
  };
}
