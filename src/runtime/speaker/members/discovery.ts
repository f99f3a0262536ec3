import {
  type Clock,
  type Duration,
  type Logger,
  type Random,
  type Task,
  seconds,
} from '../../platform/ports.ts';
import { type Members, type PodView, type Self, membersAmong, sameMembers } from './members.ts';
import { Sightings } from './sightings.ts';

/** The API does not allow Pods to be listed; its words are the message. */
export class PodsForbidden extends Error {
  override readonly name = 'PodsForbidden';
}

/** The Pods of the own namespace. Both methods reject if the API does not answer as asked. */
export interface PodLister {
  /** By label selector if given. Rejects with {@link PodsForbidden} where the right is missing. */
  listPods(labelSelector?: string): Promise<readonly PodView[]>;
  /** Whether Pods may be listed, found out without trying. */
  mayListPods(): Promise<boolean>;
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
/** The same for a while after the members changed, as others probably follow: two, more where there are many. */
const SETTLING = 30;
const INTERVAL_SETTLING = 2;
const INTERVAL_SETTLING_EACH = 0.1;
/** Seconds until the next try, while there is no first list. */
const FIRST_RETRY = 1;
/** Failures in a row before the first list after which endpoints must do. */
const PATIENCE = 3;
/** Seconds between two questions whether Pods may be listed: they double from the first to the longest. */
const FIRST_QUESTION = 5;
const LONGEST_QUESTION = 180;

/**
 * Follows the speaker Pods by listing them: the rights of a v0.12 install give no watch. The last good list stays
 * in force while the API does not answer. Where even the list is forbidden, that is said once and endpoints must do;
 * whether it still is, is asked and never tried. legacy.md §7.2, §8.1, product.md §2
 */
export class MemberDiscovery implements Task {
  readonly name = 'member discovery';
  readonly #ports: DiscoveryPorts;
  readonly #self: Self;
  readonly #sightings = new Sightings();
  #members: Members = { kind: 'pending' };
  #changedAt: Duration | undefined;
  #failures = 0;
  /** Times it was asked whether Pods may be listed; absent while they may. */
  #questions: number | undefined;
  #again = false;
  #wake: () => void = () => undefined;

  constructor(ports: DiscoveryPorts, self: Self) {
    this.#ports = ports;
    this.#self = self;
  }

  /** Looks again at once: the own Node changed, or somebody has reason to doubt the list. */
  trigger(): void {
    if (this.#questions !== undefined) return;
    this.#again = true;
    this.#wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#again = false;
      if (await this.#mayLook(signal)) await this.#look(signal);
      await this.#rest(signal);
    }
  }

  async #mayLook(signal: AbortSignal): Promise<boolean> {
    if (this.#questions === undefined) return true;
    this.#questions += 1;
    const { pods, logger } = this.#ports;
    try {
      if (!(await pods.mayListPods())) return false;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      logger.debug({ op: 'memberDiscovery', error: error.message, msg: 'cannot ask for rights' });
      return false;
    }
    if (signal.aborted) return false;
    this.#questions = undefined;
    logger.info({ op: 'memberDiscovery', msg: 'pods may be listed again' });
    return true;
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { pods } = this.#ports;
    const selector = this.#self.podSelector;
    try {
      const listed = await (selector === '' ? pods.listPods() : pods.listPods(selector));
      if (signal.aborted) return;
      this.#failures = 0;
      const serves = this.#sightings.judge(listed, this.#ports.clock.now());
      this.#adopt(membersAmong(listed, this.#self, serves));
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
    const forbidden = error instanceof PodsForbidden;
    if (forbidden) this.#questions = 0;
    const waited = forbidden || this.#failures >= PATIENCE;
    if (this.#members.kind === 'pending' && waited) this.#adopt({ kind: 'unknown' });
  }

  #adopt(members: Members): void {
    if (sameMembers(members, this.#members)) return;
    // Losing sight of the own Pod says nothing about the others.
    if (members.kind === 'unknown' && this.#members.kind === 'known') return;
    this.#members = members;
    this.#changedAt = this.#ports.clock.now();
    const nodes = members.kind === 'known' ? [...members.nodes].sort() : null;
    const msg = 'speaker nodes changed - forcing sync';
    this.#ports.logger.info({ op: 'memberDiscovery', nodes, msg });
    this.#ports.changed(members);
  }

  /** Seconds before jitter. */
  #pause(): number {
    if (this.#questions !== undefined) {
      return Math.min(FIRST_QUESTION * 2 ** Math.min(this.#questions, 10), LONGEST_QUESTION);
    }
    if (this.#members.kind === 'pending') return FIRST_RETRY;
    return this.#isSettling() ? this.#settlingPause() : INTERVAL;
  }

  #isSettling(): boolean {
    if (this.#changedAt === undefined) return false;
    return this.#ports.clock.now() - this.#changedAt < seconds(SETTLING);
  }

  #settlingPause(): number {
    const count = this.#members.kind === 'known' ? this.#members.nodes.size : 0;
    return Math.min(INTERVAL, Math.max(INTERVAL_SETTLING, count * INTERVAL_SETTLING_EACH));
  }

  async #rest(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#ports;
    const pause = this.#pause();
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
