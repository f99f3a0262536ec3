import type { Duration } from '../../platform/ports.ts';

/** Something to be done at a time; may be cancelled until then. */
export interface Appointment {
  readonly due: Duration;
  cancel(): void;
}

class Entry implements Appointment {
  readonly due: Duration;
  /** In order of making, which decides between entries due at one instant. */
  readonly order: number;
  act: (() => void) | undefined;

  constructor(due: Duration, order: number, act: () => void) {
    this.due = due;
    this.order = order;
    this.act = act;
  }

  cancel(): void {
    this.act = undefined;
  }
}

const before = (left: Entry, right: Entry): boolean =>
  left.due < right.due || (left.due === right.due && left.order < right.order);

/** What a member has to do later, soonest first: a binary heap that drops cancelled entries once they surface. */
export class Agenda {
  readonly #heap: Entry[] = [];
  #made = 0;

  at(due: Duration, act: () => void): Appointment {
    const entry = new Entry(due, this.#made++, act);
    this.#heap.push(entry);
    this.#rise(this.#heap.length - 1);
    return entry;
  }

  /** When the next entry is due; infinitely late if there is none. */
  get next(): Duration {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (top.act !== undefined) return top.due;
      this.#pop();
    }
    return Infinity as Duration;
  }

  /** Does whatever is due at `now`, what that adds for `now` included. */
  run(now: Duration): void {
    while (this.next <= now) {
      const act = this.#pop()?.act;
      act?.();
    }
  }

  #pop(): Entry | undefined {
    const top = this.#heap[0];
    const last = this.#heap.pop();
    if (last !== undefined && last !== top) {
      this.#heap[0] = last;
      this.#sink();
    }
    return top;
  }

  #rise(start: number): void {
    const heap = this.#heap;
    const entry = heap[start];
    let index = start;
    while (index > 0 && entry !== undefined) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || before(parent, entry)) break;
      heap[index] = parent;
      heap[above] = entry;
      index = above;
    }
  }

  #sink(): void {
    const heap = this.#heap;
    const entry = heap[0];
    let index = 0;
    while (entry !== undefined) {
      let below = 2 * index + 1;
      let child = heap[below];
      const other = heap[below + 1];
      if (child !== undefined && other !== undefined && before(other, child)) {
        child = other;
        below += 1;
      }
      if (child === undefined || before(entry, child)) break;
      heap[index] = child;
      heap[below] = entry;
      index = below;
    }
  }
}
