import type { Member } from '../../gossip/index.ts';
import type { Logger } from '../../platform/ports.ts';

/** Says whether `--failover=fast` is in force, and who keeps it from being. product.md §5 */
export class FastAgreement {
  readonly #logger: Logger;
  #told: string | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  look(members: readonly Member[]): void {
    const nodes = members.filter(({ features }) => features?.fast !== true).map(({ node }) => node);
    const sorted = nodes.sort();
    const text = sorted.join();
    if (text === this.#told) return;
    this.#told = text;
    const op = 'memberDiscovery';
    if (nodes.length === 0) {
      this.#logger.info({ op, msg: 'fast failover is in force' });
    } else {
      const msg = 'fast failover is not in force: these speakers do not run with --failover=fast';
      this.#logger.warn({ op, nodes: sorted, msg });
    }
  }
}
