/** Writes in order of asking, a few at a time and never two for one key; a newer one replaces a waiting one. */
export class WriteQueue<Write> {
  readonly #limit: number;
  readonly #start: (key: string, write: Write) => Promise<void>;
  readonly #waiting = new Map<string, Write>();
  readonly #inFlight = new Set<string>();
  #whenIdle: (() => void)[] = [];

  /** `start` must not reject. */
  constructor(limit: number, start: (key: string, write: Write) => Promise<void>) {
    this.#limit = limit;
    this.#start = start;
  }

  put(key: string, write: Write): void {
    this.#waiting.set(key, write);
    this.#pump();
  }

  /** Forgets a write that has not begun. */
  drop(key: string): void {
    this.#waiting.delete(key);
  }

  /** Whether a write of this key is on its way. */
  busy(key: string): boolean {
    return this.#inFlight.has(key);
  }

  /** Forgets what has not begun, and resolves once what has begun is done. */
  async close(): Promise<void> {
    this.#waiting.clear();
    if (this.#inFlight.size === 0) return;
    await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  #pump(): void {
    for (const [key, write] of this.#waiting) {
      if (this.#inFlight.size >= this.#limit) return;
      if (this.#inFlight.has(key)) continue;
      this.#waiting.delete(key);
      this.#inFlight.add(key);
      void this.#run(key, write);
    }
  }

  async #run(key: string, write: Write): Promise<void> {
    await this.#start(key, write);
    this.#inFlight.delete(key);
    this.#pump();
    if (this.#inFlight.size > 0) return;
    for (const resolve of this.#whenIdle) resolve();
    this.#whenIdle = [];
  }
}
