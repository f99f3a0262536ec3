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

/**
 * Claims to be told on. One about a member takes the place of an older one about it, and each is sent a limited number
 * of times, those sent least first; so news spreads to everybody in logarithmic time, and then ends.
 * memberlist-wire.md §16
 */
export class Broadcasts {
  readonly #bySubject = new Map<string, Broadcast>();
  /** By transmissions so far; each largest first, then newest first. */
  readonly #tiers: Broadcast[][] = [];
  #made = 0;

  get size(): number {
    return this.#bySubject.size;
  }

  /** @param told - called once the claim was sent as often as it may be, or a newer one took its place */
  put(claim: Claim, told?: () => void): void {
    const older = this.#bySubject.get(claim.node);
    if (older !== undefined) this.#remove(older);
    const broadcast: Broadcast = {
      claim,
      size: sizeOf(claim),
      order: this.#made++,
      told,
      transmissions: 0,
    };
    this.#bySubject.set(claim.node, broadcast);
    this.#insert(broadcast);
    older?.told?.();
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
    this.#bySubject.delete(broadcast.claim.node);
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
    this.#bySubject.delete(broadcast.claim.node);
  }
}

const precedes = (left: Broadcast, right: Broadcast): boolean =>
  left.size > right.size || (left.size === right.size && left.order > right.order);
