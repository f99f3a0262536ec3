import { type Clock, type Logger, type Random, type Task, seconds } from '../platform/ports.ts';
import { type Members, type PodView, type Self, membersAmong, sameMembers } from './members.ts';

/** Lists the Pods of the own namespace, by label selector if given. Rejects if the API does not answer with a list. */
export interface PodLister {
  listPods(labelSelector?: string): Promise<readonly PodView[]>;
}

export interface DiscoveryPorts {
  readonly pods: PodLister;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Called once the members are first known, or known to be unknowable, and on each change. */
  readonly changed: (members: Members) => void;
}

/** Between two lists, in seconds, before jitter of a fifth either way. */
const INTERVAL = 10;
/** Seconds until the next try, while there is no first list. */
const FIRST_RETRY = 1;
/** Failures in a row before the first list after which endpoints must do. */
const PATIENCE = 3;

/**
 * Follows the speaker Pods by listing them: the rights of a v0.12 install give no watch. The last good list stays
 * in force while the API does not answer. legacy.md §7.2, §8.1
 */
export class MemberDiscovery implements Task {
  readonly name = 'member discovery';
  readonly #ports: DiscoveryPorts;
  readonly #self: Self;
  #members: Members = { kind: 'pending' };
  #failures = 0;
  #again = false;
  #wake: () => void = () => undefined;

  constructor(ports: DiscoveryPorts, self: Self) {
    this.#ports = ports;
    this.#self = self;
  }

  /** Looks again at once: the own Node changed, or somebody has reason to doubt the list. */
  trigger(): void {
    this.#again = true;
    this.#wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#again = false;
      await this.#look(signal);
      await this.#rest(signal);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { pods } = this.#ports;
    const selector = this.#self.podSelector;
    try {
      const listed = await (selector === '' ? pods.listPods() : pods.listPods(selector));
      if (signal.aborted) return;
      this.#failures = 0;
      this.#adopt(membersAmong(listed, this.#self));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (signal.aborted) return;
      this.#failed(error);
    }
  }

  #failed(error: Error): void {
    this.#failures += 1;
    const msg = 'failed to get pod IPs';
    this.#ports.logger.error({ op: 'memberDiscovery', error: error.message, msg });
    const waited = this.#failures >= PATIENCE;
    if (this.#members.kind === 'pending' && waited) this.#adopt({ kind: 'unknown' });
  }

  #adopt(members: Members): void {
    if (sameMembers(members, this.#members)) return;
    // Losing sight of the own Pod says nothing about the others.
    if (members.kind === 'unknown' && this.#members.kind === 'known') return;
    this.#members = members;
    const nodes = members.kind === 'known' ? [...members.nodes].sort() : null;
    const msg = 'speaker nodes changed - forcing sync';
    this.#ports.logger.info({ op: 'memberDiscovery', nodes, msg });
    this.#ports.changed(members);
  }

  async #rest(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#ports;
    const pause = this.#members.kind === 'pending' ? FIRST_RETRY : INTERVAL;
    await new Promise<void>((resolve) => {
      if (this.#again || signal.aborted) {
        resolve();
        return;
      }
      const timer = clock.after(seconds(pause * (0.8 + 0.4 * random.float())), resolve);
      this.#wake = (): void => {
        timer[Symbol.dispose]();
        resolve();
      };
      signal.addEventListener('abort', this.#wake, { once: true });
    });
    signal.removeEventListener('abort', this.#wake);
  }
}
