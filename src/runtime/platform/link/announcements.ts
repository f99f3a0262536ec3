import type { IpAddress } from '../../net/index.ts';

/** Addresses still to be announced through one responder. */
export interface Announcement<Responder> {
  readonly responder: Responder;
  readonly addresses: readonly IpAddress[];
}

/** Frames are sent in slices of this many addresses, so that requests never wait for a long list. */
const SLICE = 16;
/** How often a full transmit queue is tried again before the address is given up for this round. */
const PATIENCE = 50;

/**
 * What is waiting to be announced. A responder whose link does not take frames now delays only itself.
 * Bounded by responders times addresses: announcing again what still waits replaces it.
 */
export class AnnouncementQueue<Responder> {
  readonly #waiting = new Map<Responder, Set<IpAddress>>();
  readonly #refusals = new Map<Responder, number>();

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  add({ responder, addresses }: Announcement<Responder>): void {
    const waiting = this.#waiting.get(responder) ?? new Set();
    for (const address of addresses) waiting.add(address);
    if (waiting.size > 0) this.#waiting.set(responder, waiting);
  }

  drop(responder: Responder): void {
    this.#waiting.get(responder)?.clear();
    this.#waiting.delete(responder);
    this.#refusals.delete(responder);
  }

  /**
   * Sends a slice for every responder.
   *
   * @param send - returns false if the link does not take frames now: the address is tried again
   */
  sendSlice(send: (responder: Responder, address: IpAddress) => boolean): void {
    for (const [responder, waiting] of this.#waiting) {
      let left = SLICE;
      for (const address of waiting) {
        left -= 1;
        if (left < 0) break;
        if (!send(responder, address) && !this.#giveUp(responder)) break;
        waiting.delete(address);
      }
      if (waiting.size === 0) this.drop(responder);
    }
  }

  #giveUp(responder: Responder): boolean {
    const refusals = (this.#refusals.get(responder) ?? 0) + 1;
    this.#refusals.set(responder, refusals);
    return refusals > PATIENCE;
  }
}
