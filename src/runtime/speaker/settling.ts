import type { Decision } from './decide.ts';

/** Tells, once, when every Service that was there at the start was decided: routers may forget what is not told by then. */
export class Settling {
  readonly #tell: () => void;
  readonly #undecided = new Set<string>();
  #isTold = false;

  constructor(tell: () => void) {
    this.#tell = tell;
  }

  decided(key: string, { kind }: Decision): void {
    if (this.#isTold) return;
    if (kind === 'wait') this.#undecided.add(key);
    else this.#undecided.delete(key);
  }

  /** Nothing is left to be looked at for now. */
  settled(): void {
    if (this.#isTold || this.#undecided.size > 0) return;
    this.#isTold = true;
    this.#tell();
  }
}
