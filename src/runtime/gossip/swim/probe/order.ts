import { type Entry, counts } from '../membership/table.ts';
import type { Ring } from '../ring.ts';

/** Who is probed next: everybody in turn, in an order that is shuffled each round. memberlist-wire.md §11.6, §12 step 1 */
export class ProbeOrder {
  readonly #ring: Ring;
  #cursor = 0;

  constructor(ring: Ring) {
    this.#ring = ring;
  }

  /**
   * The next member that counts and is not being probed already; `undefined` if a whole round finds none, which may begin
   * anywhere in the order and go on in the next one.
   */
  next(): Entry | undefined {
    const { table, self } = this.#ring;
    const tries = 2 * table.size;
    for (let tried = 0; tried < tries; tried += 1) {
      if (this.#cursor >= table.size) this.#wrap();
      const entry = table.at(this.#cursor);
      this.#cursor += 1;
      if (entry === undefined || entry === self || entry.probe !== undefined) continue;
      if (counts(entry)) return entry;
    }
    return undefined;
  }

  #wrap(): void {
    const { table, now, timing } = this.#ring;
    table.reap((now - timing.gossipToTheDead) as typeof now);
    this.#cursor = 0;
  }
}
