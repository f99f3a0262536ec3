/** Something that waits for a place. */
interface Waiter {
  readonly admit: () => void;
  readonly importance: 'normal' | 'background';
}

/** Lets a bounded number in at a time, in order of arrival, everyone else before those in the `background`. */
export class Gate {
  #free: number;
  readonly #waiting: Waiter[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  /** Resolves with the function that gives the place back; rejects with the signal's reason if it aborts first. */
  enter(importance: 'normal' | 'background', signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whoever aborts says why
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        importance,
        admit: () => {
          signal?.removeEventListener('abort', abort);
          resolve(() => this.#leave());
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.push(waiter);
      this.#admitNext();
    });
  }

  #leave(): void {
    this.#free += 1;
    this.#admitNext();
  }

  #admitNext(): void {
    if (this.#free === 0 || this.#waiting.length === 0) return;
    const urgent = this.#waiting.findIndex(({ importance }) => importance === 'normal');
    const [next] = this.#waiting.splice(Math.max(urgent, 0), 1);
    this.#free -= 1;
    next?.admit();
  }
}
