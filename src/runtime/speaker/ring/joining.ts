import type { Duration, Logger } from '../../platform/ports.ts';
import type { Ring, RingTarget } from './ring.ts';
import { absentFrom } from './targets.ts';

/** How an attempt ended. `nobody`: every known speaker is a member already. */
export type Attempt = 'nobody' | 'joined' | 'failed' | 'busy';

/** Joins the ring with whoever is not in it, one attempt at a time, and says how it went. legacy.md §7.3 */
export class Joining {
  readonly #ring: Ring;
  readonly #logger: Logger;
  #isBusy = false;

  constructor(ring: Ring, logger: Logger) {
    this.#ring = ring;
    this.#logger = logger;
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  /**
   * @param within - how long each target may take; without it a usual time
   * @param isRepeated - soon after one like it, whose failure was said
   */
  async attempt(
    targets: readonly RingTarget[],
    within?: Duration,
    isRepeated = false,
  ): Promise<Attempt> {
    if (this.#isBusy) return 'busy';
    const absent = absentFrom(this.#ring.members(), targets);
    if (absent.length === 0) return 'nobody';
    this.#isBusy = true;
    try {
      const { joined, expected, error = null } = await this.#ring.join(absent, within);
      if (joined < expected) {
        const fields = { op: 'memberDiscovery', joined, expected, error, msg: 'partial join' };
        if (isRepeated) this.#logger.debug(fields);
        else this.#logger.error(fields);
      } else {
        // Spelled as operators search for it.
        const msg = 'memberlist join succesfully';
        const op = 'Member detection';
        this.#logger.info({ op, 'number of other nodes': joined, msg });
      }
      return joined > 0 ? 'joined' : 'failed';
    } finally {
      this.#isBusy = false;
    }
  }
}
