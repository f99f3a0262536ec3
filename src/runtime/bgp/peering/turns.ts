import { type Clock, type Duration, millis } from '../../platform/ports.ts';

/** Milliseconds after which whatever else is due goes first. */
const SLICE: Duration = millis(10);

/**
 * Whose turn it is to send, one after the other: all peers that come up together, or are to be told of a change, would else have
 * their turns in a row, and all other work of the program would wait for the last of them.
 */
export class Turns {
  readonly #clock: Clock;
  /** In the order in which they asked. */
  readonly #waiting = new Set<() => void>();
  #due: Disposable | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `take` once, soon, after those who asked before. */
  ask(take: () => void): Disposable {
    const turn = (): void => take();
    this.#waiting.add(turn);
    this.#goOn();
    return { [Symbol.dispose]: () => this.#giveBack(turn) };
  }

  #giveBack(turn: () => void): void {
    this.#waiting.delete(turn);
    if (this.#waiting.size > 0) return;
    this.#due?.[Symbol.dispose]();
    this.#due = undefined;
  }

  #goOn(): void {
    if (this.#waiting.size === 0) return;
    this.#due ??= this.#clock.after(millis(0), () => {
      this.#due = undefined;
      try {
        this.#serve();
      } finally {
        this.#goOn();
      }
    });
  }

  /** Who asks meanwhile is not served before the others have their turn. */
  #serve(): void {
    const end = this.#clock.now() + SLICE;
    for (const turn of [...this.#waiting]) {
      if (!this.#waiting.delete(turn)) continue;
      turn();
      if (this.#clock.now() >= end) return;
    }
  }
}
