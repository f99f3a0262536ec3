import { type Clock, millis } from '../../platform/ports.ts';

interface Chore {
  readonly cost: number;
  readonly run: () => void;
}

/**
 * Work that is done in the order in which it came, some of it at a time: what concerns every route of every peer would else keep
 * sessions, and all other work of the program, waiting for as long as all of it takes.
 */
export class Backlog implements Disposable {
  readonly #clock: Clock;
  readonly #turn: number;
  readonly #done: () => void;
  #chores: Chore[] = [];
  /** Those before it are done. */
  #at = 0;
  #next: Disposable | undefined;

  /**
   * @param turn - the cost of what is done before others have their turn
   * @param done - nothing is left of what could not be done at once
   */
  constructor(clock: Clock, turn: number, done: () => void) {
    this.#clock = clock;
    this.#turn = turn;
    this.#done = done;
  }

  get isEmpty(): boolean {
    return this.#chores.length === 0;
  }

  /** Done by {@link work} at the earliest. */
  add(cost: number, run: () => void): void {
    this.#chores.push({ cost, run });
  }

  /** Does one turn's work now, unless there was too much before already, and the rest later. */
  work(): void {
    if (this.#next !== undefined) return;
    this.#spend(this.#turn);
    if (!this.isEmpty) this.#goOn();
  }

  /** As {@link work}; where there was too much before, twice what was added now, so that what comes one by one does not pile up. */
  keepUp(added: number): void {
    if (this.#next === undefined) this.work();
    else this.#hurry(2 * added);
  }

  /** Does all of it now. */
  finish(): void {
    this.#hurry(Infinity);
  }

  [Symbol.dispose](): void {
    this.#next?.[Symbol.dispose]();
    this.#next = undefined;
    this.#chores = [];
    this.#at = 0;
  }

  #hurry(budget: number): void {
    if (this.#next === undefined) return;
    this.#spend(budget);
    if (!this.isEmpty) return;
    this.#next[Symbol.dispose]();
    this.#next = undefined;
    this.#done();
  }

  #goOn(): void {
    this.#next = this.#clock.after(millis(0), () => {
      this.#next = undefined;
      this.#spend(this.#turn);
      if (this.isEmpty) this.#done();
      else this.#goOn();
    });
  }

  #spend(budget: number): void {
    for (let spent = 0; spent < budget; this.#at += 1) {
      const chore = this.#chores[this.#at];
      if (chore === undefined) break;
      spent += chore.cost;
      chore.run();
    }
    if (this.#at < this.#chores.length) return;
    this.#chores = [];
    this.#at = 0;
  }
}
