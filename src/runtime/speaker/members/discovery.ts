import { type Duration, type Task, seconds } from '../../platform/ports.ts';
import { type Members, type PodView, type Self, membersAmong, sameMembers } from './members.ts';
import { PodRounds, type PodRoundsPorts, PodsForbidden } from './pod-rounds.ts';
import { Sightings } from './sightings.ts';

export interface DiscoveryPorts extends PodRoundsPorts {
  /** Called with every list. */
  readonly listed?: (pods: readonly PodView[]) => void;
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

/**
 * Follows the speaker Pods by listing them, for a speaker without gossip. The last good list stays in force while the
 * API does not answer. Where even the list is forbidden, endpoints must do. legacy.md §7.1, §9.2 #7, product.md §2
 */
export class MemberDiscovery implements Task {
  readonly name = 'member discovery';
  readonly #ports: DiscoveryPorts;
  readonly #self: Self;
  readonly #rounds: PodRounds;
  readonly #sightings = new Sightings();
  #members: Members = { kind: 'pending' };
  #changedAt: Duration | undefined;

  constructor(ports: DiscoveryPorts, self: Self) {
    this.#ports = ports;
    this.#self = self;
    this.#rounds = new PodRounds(ports, self.podSelector, {
      found: (pods) => this.#found(pods),
      failed: (error, failures) => this.#failed(error, failures),
      pause: () => this.#pause(),
    });
  }

  /** Looks again at once: the own Node changed, or somebody has reason to doubt the list. */
  trigger(): void {
    this.#rounds.trigger();
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#rounds.run(signal);
  }

  #found(pods: readonly PodView[]): void {
    this.#ports.listed?.(pods);
    const serves = this.#sightings.judge(pods, this.#ports.clock.now());
    this.#adopt(membersAmong(pods, this.#self, serves));
  }

  #failed(error: Error, failures: number): void {
    const waited = error instanceof PodsForbidden || failures >= PATIENCE;
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
}
