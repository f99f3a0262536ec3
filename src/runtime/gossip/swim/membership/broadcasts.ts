import type { Claim } from '../../protocol/message.ts';
import { sizeOf } from './size.ts';

interface Broadcast {
  readonly claim: Claim;
  readonly size: number;
  /** Greater is newer. */
  readonly order: number;
  readonly told: (() => void) | undefined;
  transmissions: number;
}

/** Accusers of one member that are told on together: the first one, and those that confirm. */
const ACCUSERS = 3;

/**
 * Claims to be told on. One about a member takes the place of older ones about it, and each is sent a limited number
 * of times, those sent least first; so news spreads to everybody in logarithmic time, and then ends.
 * memberlist-wire.md §16
 *
 * Members that suspect one at the same time do not push each other out, as they do in the original: a confirmation that
 * is never told makes the verdict wait for up to twenty seconds more.
 */
export class Broadcasts {
  readonly #bySubject = new Map<string, readonly Broadcast[]>();
  /** By transmissions so far; each largest first, then newest first. */
  readonly #tiers: Broadcast[][] = [];
  #made = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @param told - called once the claim was sent as often as it may be, or a newer one took its place */
  put(claim: Claim, told?: () => void): void {
    const queued = this.#bySubject.get(claim.node) ?? [];
    const kept = queued.length < ACCUSERS && queued.every((other) => besides(other.claim, claim));
    const older = kept ? [] : queued;
    for (const other of older) this.#remove(other);
    const broadcast: Broadcast = {
      claim,
      size: sizeOf(claim),
      order: this.#made++,
      told,
      transmissions: 0,
    };
    this.#bySubject.set(claim.node, kept ? [...queued, broadcast] : [broadcast]);
    this.#size += 1;
    this.#insert(broadcast);
    for (const other of older) other.told?.();
  }

  /**
   * Chooses what goes into one datagram, and counts it as sent.
   *
   * @param budget - octets there are
   * @param overhead - octets that each costs beside its own
   * @param limit - transmissions of one claim, at most
   */
  take(budget: number, overhead: number, limit: number): Claim[] {
    const taken: Broadcast[] = [];
    let left = budget;
    for (const tier of this.#tiers) {
      for (let index = 0; index < tier.length; index += 1) {
        const broadcast = tier[index];
        if (broadcast === undefined || broadcast.size + overhead > left) continue;
        left -= broadcast.size + overhead;
        taken.push(broadcast);
        tier.splice(index, 1);
        index -= 1;
      }
    }
    for (const broadcast of taken) this.#sent(broadcast, limit);
    return taken.map(({ claim }) => claim);
  }

  #sent(broadcast: Broadcast, limit: number): void {
    broadcast.transmissions += 1;
    if (broadcast.transmissions < limit) {
      this.#insert(broadcast);
      return;
    }
    this.#drop(broadcast);
    broadcast.told?.();
  }

  #insert(broadcast: Broadcast): void {
    while (this.#tiers.length <= broadcast.transmissions) this.#tiers.push([]);
    const tier = this.#tiers[broadcast.transmissions] ?? [];
    let low = 0;
    let high = tier.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = tier[middle];
      if (other !== undefined && precedes(other, broadcast)) low = middle + 1;
      else high = middle;
    }
    tier.splice(low, 0, broadcast);
  }

  #remove(broadcast: Broadcast): void {
    const tier = this.#tiers[broadcast.transmissions];
    const index = tier?.indexOf(broadcast) ?? -1;
    if (index >= 0) tier?.splice(index, 1);
    this.#drop(broadcast);
  }

  #drop(broadcast: Broadcast): void {
    const { node } = broadcast.claim;
    const others = this.#bySubject.get(node)?.filter((other) => other !== broadcast) ?? [];
    if (others.length > 0) this.#bySubject.set(node, others);
    else this.#bySubject.delete(node);
    this.#size -= 1;
  }
}

/** Whether both say something that the other does not: two members suspect one in the same life. */
const besides = (older: Claim, newer: Claim): boolean =>
  older.type === 'suspect' &&
  newer.type === 'suspect' &&
  older.incarnation === newer.incarnation &&
  older.from !== newer.from;

const precedes = (left: Broadcast, right: Broadcast): boolean =>
  left.size > right.size || (left.size === right.size && left.order > right.order);
