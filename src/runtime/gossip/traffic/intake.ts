import { type Clock, type Duration, millis } from '../../platform/ports.ts';
import type { Endpoint } from '../protocol/message.ts';

export interface Datagram {
  readonly octets: Uint8Array;
  readonly from: Endpoint;
}

export interface IntakeEvents {
  handle(datagram: Datagram): void;
  /** There is no room for another one. */
  overflow(from: Endpoint): void;
}

/** In so much time at most so many datagrams, and so much time on them; then whatever else waits has its turn. */
const TURN = { length: millis(10), datagrams: 64, effort: millis(5) } as const;
/** As the original's queues. memberlist-wire.md §19 */
const DEPTH = 1024;

/**
 * Rations the work that datagrams make, so that a flood of them costs half of one processor and bounded memory, and
 * delays members by milliseconds. What waits is handled newest first, as answers to old probes help nobody, and what
 * comes from members before what comes from strangers.
 */
export class Intake {
  readonly #clock: Clock;
  readonly #events: IntakeEvents;
  readonly #waiting = { members: [] as Datagram[], strangers: [] as Datagram[] };
  #turnBegan: Duration | undefined;
  #handled = 0;
  #effort = 0;
  #timer: Disposable | undefined;

  constructor(clock: Clock, events: IntakeEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  put(datagram: Datagram, isMember: boolean): void {
    if (this.#timer === undefined && this.#mayWork()) {
      this.#handle(datagram);
      return;
    }
    const queue = isMember ? this.#waiting.members : this.#waiting.strangers;
    if (queue.length >= DEPTH) {
      this.#events.overflow(datagram.from);
      return;
    }
    queue.push(datagram);
    this.#timer ??= this.#clock.after(TURN.length, () => this.#resume());
  }

  /** Forgets what waits. */
  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#waiting.members.length = 0;
    this.#waiting.strangers.length = 0;
  }

  #resume(): void {
    this.#timer = undefined;
    const { members, strangers } = this.#waiting;
    this.#turnBegan = undefined;
    while (members.length + strangers.length > 0) {
      if (!this.#mayWork()) {
        this.#timer = this.#clock.after(TURN.length, () => this.#resume());
        return;
      }
      const next = members.pop() ?? strangers.pop();
      if (next !== undefined) this.#handle(next);
    }
  }

  #mayWork(): boolean {
    const now = this.#clock.now();
    if (this.#turnBegan === undefined || now - this.#turnBegan >= TURN.length) {
      this.#turnBegan = now;
      this.#handled = 0;
      this.#effort = 0;
    }
    return this.#handled < TURN.datagrams && this.#effort < TURN.effort;
  }

  #handle(datagram: Datagram): void {
    const began = this.#clock.now();
    this.#handled += 1;
    this.#events.handle(datagram);
    this.#effort += this.#clock.now() - began;
  }
}
