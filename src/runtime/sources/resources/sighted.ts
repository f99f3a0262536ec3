import type { ApiError, Informer, Listener } from '../../kube/index.ts';

/**
 * An informer that starts when it is needed, and what is known of its resource: `idle` while nobody needs it,
 * `pending` until the first answer.
 */
export class Sighted<T> {
  readonly #informer: Informer<T>;
  readonly #heard: () => void;
  #state: 'idle' | 'pending' | 'available' | 'unavailable' = 'idle';
  #obstacle: Error | undefined;
  #start: () => void = () => undefined;
  readonly #started: Promise<void>;

  /**
   * @param informer - makes the informer for a listener
   * @param heard - something has changed
   * @param matters - whether a change of an object is one
   */
  constructor(
    informer: (listener: Listener<T>) => Informer<T>,
    heard: () => void,
    matters: (now: T | undefined, before: T | undefined) => boolean = () => true,
  ) {
    this.#heard = heard;
    this.#started = new Promise((resolve) => {
      this.#start = resolve;
    });
    this.#informer = informer({
      changed: (_, now, before) => {
        if (matters(now, before)) heard();
      },
      synced: () => this.#become('available'),
      available: () => this.#become('available'),
      unavailable: (error) => {
        this.#obstacle = error;
        this.#become('unavailable');
      },
    });
  }

  get state(): 'idle' | 'pending' | 'available' | 'unavailable' {
    return this.#state;
  }

  /** Why it is unavailable. */
  get obstacle(): string {
    return this.#obstacle?.message ?? '';
  }

  /**
   * Whether there may be objects that are not known: no right to them, or they were there and are not served any more.
   * What was deleted before its kind went has been told, and what was never served has no objects.
   */
  get uncertain(): boolean {
    if (this.#state !== 'unavailable') return false;
    return (this.#obstacle as ApiError | undefined)?.code === 403 || this.#informer.size > 0;
  }

  need(): void {
    if (this.#state !== 'idle') return;
    this.#state = 'pending';
    this.#start();
  }

  *values(): Generator<T> {
    for (const [, value] of this.entries()) yield value;
  }

  /** @param key - `namespace/name` */
  get(key: string): T | undefined {
    return this.#informer.get(key);
  }

  /** As last heard of: what cannot be read any more must not look deleted. */
  entries(): Generator<[string, T]> {
    return this.#informer.entries();
  }

  async run(signal: AbortSignal): Promise<void> {
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([this.#started, aborted]);
    if (!signal.aborted) await this.#informer.run(signal);
  }

  #become(state: 'available' | 'unavailable'): void {
    this.#state = state;
    this.#heard();
  }
}
