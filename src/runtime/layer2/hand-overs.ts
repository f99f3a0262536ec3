import type { IpAddress } from '../net/index.ts';
import { type Duration, millis } from '../platform/ports.ts';
import { DueTimes } from './due-times.ts';

/** How much later than it should a hand-over may be told to be over before it is taken to be. */
const GRACE: Duration = millis(250);

/** Addresses that the links still answer for until a successor is heard, and who waits for that to be over. */
export class HandOvers {
  readonly #addresses = new Set<IpAddress>();
  readonly #deadlines = new DueTimes<IpAddress>();
  readonly #waiting: (() => void)[] = [];

  has(address: IpAddress): boolean {
    return this.#addresses.has(address);
  }

  begin(address: IpAddress, within: Duration, now: Duration): void {
    this.#addresses.add(address);
    this.#deadlines.set(address, millis(now + within + GRACE));
  }

  /** Nothing is answered for the address any more, or it is ours again. */
  end(address: IpAddress): void {
    if (!this.#addresses.delete(address)) return;
    this.#deadlines.delete(address);
    if (this.#addresses.size > 0) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  endAll(): void {
    for (const address of [...this.#addresses]) this.end(address);
  }

  /** Resolves once none is under way. */
  settled(): Promise<void> {
    if (this.#addresses.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  get next(): Duration | undefined {
    return this.#deadlines.next;
  }

  /** Those that nothing was heard of in time; {@link end} is still to be called. */
  overdue(now: Duration): IpAddress[] {
    return this.#deadlines.take(now);
  }
}
