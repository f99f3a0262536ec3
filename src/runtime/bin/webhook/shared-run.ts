/**
 * Work that several wait for together, one run at a time. Who asks while it runs gets the next run: the one that is
 * under way may have looked before they asked.
 */
export class SharedRun<T> {
  readonly #work: () => Promise<T>;
  #running: Promise<unknown> | undefined;
  #next: Promise<T> | undefined;

  constructor(work: () => Promise<T>) {
    this.#work = work;
  }

  /** What a run gives that begins from now on. */
  next(): Promise<T> {
    this.#next ??= this.#afterRunning();
    return this.#next;
  }

  async #afterRunning(): Promise<T> {
    await this.#running;
    this.#next = undefined;
    const run = this.#work();
    this.#running = Promise.allSettled([run]);
    return run;
  }
}
