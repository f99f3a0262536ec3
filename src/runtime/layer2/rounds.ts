import { type Duration, millis } from '../platform/ports.ts';

/** Parts of an interval in which something may be due. */
const SLOTS = 600;
/** The golden ratio: its multiples, less their whole parts, spread evenly however many there are. */
const STRIDE = 0.618_033_988_749_895;

/**
 * Makes every subject due once an interval, each in its own part of it, so that a thousand of them never come in one
 * burst. What was missed is due once.
 */
export class Rounds<Subject> {
  readonly #slotLength: number;
  readonly #slotOf = new Map<Subject, number>();
  readonly #slots = new Map<number, Set<Subject>>();
  #added = 0;
  /** The number of the last slot that was looked at, counted from time 0. */
  #seen = 0;

  constructor(interval: Duration) {
    this.#slotLength = interval / SLOTS;
  }

  /** Due for the first time between now and one interval from now. Nothing if it is known. */
  add(subject: Subject, now: Duration): void {
    if (this.#slotOf.has(subject)) return;
    if (this.#slotOf.size === 0) this.#seen = this.#numberAt(now);
    this.#added += 1;
    const slot = Math.floor(((this.#added * STRIDE) % 1) * SLOTS);
    this.#slotOf.set(subject, slot);
    this.#slots.set(slot, (this.#slots.get(slot) ?? new Set()).add(subject));
  }

  delete(subject: Subject): void {
    const slot = this.#slotOf.get(subject);
    if (slot === undefined) return;
    this.#slotOf.delete(subject);
    const subjects = this.#slots.get(slot);
    subjects?.delete(subject);
    if (subjects?.size === 0) this.#slots.delete(slot);
  }

  /** When {@link tick} is to be called, if ever. */
  get next(): Duration | undefined {
    let next: number | undefined;
    for (const slot of this.#slots.keys()) {
      const ahead = (((slot - this.#seen - 1) % SLOTS) + SLOTS) % SLOTS;
      const number = this.#seen + 1 + ahead;
      if (next === undefined || number < next) next = number;
    }
    return next === undefined ? undefined : millis(Math.ceil(next * this.#slotLength));
  }

  /** The subjects due since the last call. */
  tick(now: Duration): Subject[] {
    const due: Subject[] = [];
    const current = this.#numberAt(now);
    for (
      let number = Math.max(this.#seen + 1, current - SLOTS + 1);
      number <= current;
      number += 1
    ) {
      due.push(...(this.#slots.get(number % SLOTS) ?? []));
    }
    this.#seen = Math.max(this.#seen, current);
    return due;
  }

  #numberAt(now: Duration): number {
    return Math.floor(now / this.#slotLength);
  }
}
