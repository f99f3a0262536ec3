import type { Duration } from '../../platform/ports.ts';
import type { Entry } from './membership/table.ts';
import type { Ring } from './ring.ts';

/** Rings up to this size exchange states at the plain interval. */
const THRESHOLD = 32;

/**
 * How many times the plain interval passes between exchanges, so that larger rings are not busier. memberlist-wire.md §17
 *
 * @internal
 */
export function exchangeFactor(members: number): number {
  if (members <= THRESHOLD) return 1;
  return Math.ceil(Math.log2(members) - Math.log2(THRESHOLD)) + 1;
}

/** Exchanges all states with one member after another, so that whatever gossip missed is made up for. */
export class Exchanges {
  readonly #ring: Ring;

  constructor(ring: Ring) {
    this.#ring = ring;
    this.#schedule(ring.options.random.float() * ring.timing.pushPullInterval);
  }

  #schedule(delay: number): void {
    this.#ring.agenda.at((this.#ring.now + delay) as Duration, () => this.#exchange());
  }

  #exchange(): void {
    const { table, timing, self, leaving } = this.#ring;
    if (leaving) return;
    this.#schedule(timing.pushPullInterval * exchangeFactor(table.size));
    const suits = (entry: Entry): boolean => entry !== self && entry.state === 'alive';
    for (const { endpoint, node } of table.pick(1, suits)) {
      this.#ring.emit({ type: 'exchange', with: endpoint, node, join: false });
    }
  }
}
