/** Writes the newest state to disk, one write at a time; everything asked for during a write shares the next one. */
export class StateKeeper {
  readonly #write: () => Promise<void>;
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<void> | undefined;

  /** @param write - writes the state as it is when called. */
  constructor(write: () => Promise<void>) {
    this.#write = write;
  }

  /** Resolves once a write that began after the call is on disk; rejects if that write failed. */
  save(): Promise<void> {
    this.#next ??= this.#startNext();
    return this.#next;
  }

  async #startNext(): Promise<void> {
    await this.#running;
    this.#next = undefined;
    const writing = this.#write();
    // Whoever asked hears of a failure; the write after it does not.
    this.#running = Promise.allSettled([writing]);
    await writing;
  }
}
