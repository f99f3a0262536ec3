import type { MemberEvent } from '../../gossip/index.ts';
import type { EventSink } from '../../model/index.ts';
import { type Duration, type Link, type Task, millis, seconds } from '../../platform/ports.ts';
import { abortOf } from '../abort.ts';
import { type Members, type PodView, sameMembers } from '../members/members.ts';
import { PodRounds, type PodRoundsPorts, PodsForbidden } from '../members/pod-rounds.ts';
import { FastAgreement } from './agreement.ts';
import { type Sight, isMinority } from './isolation.ts';
import { Joining } from './joining.ts';
import { Lateness } from './lateness.ts';
import type { Ring, RingTarget } from './ring.ts';
import type { Stations } from './stations.ts';
import { type RingSelf, nodesAmong, targetsAmong } from './targets.ts';
import { type Answering, type IsolationObserver, IsolationWatch } from './watch.ts';

export interface MembershipPorts extends PodRoundsPorts {
  /** Makes the ring; called once, when this speaker is able to announce. */
  readonly makeRing: () => Ring;
  readonly events: EventSink;
  readonly observer: IsolationObserver;
  readonly answering: Answering;
  readonly stations: Stations;
  /** Called once the members are first known and on each change. */
  readonly changed: (members: Members) => void;
  /** Another member came. */
  readonly joined: () => void;
}

export interface MembershipOptions extends RingSelf {
  /** `--ml-labels` */
  readonly podSelector: string;
  /** `--minority=withdraw` */
  readonly withdrawsInMinority: boolean;
  /** `--failover=fast` */
  readonly isFast: boolean;
}

/** Seconds between two lists of Pods, and between two attempts to join. legacy.md §7.2, §7.3 */
const LIST_INTERVAL = 300;
const JOIN_INTERVAL = 60;
/** Seconds until the next try, while there is no first list; failures in a row after which one does without. */
const FIRST_RETRY = 1;
const PATIENCE = 3;
/** Seconds from a change of the ring to a look at the Pods; more where many look. */
const AFTER_CHANGE = 2;
const AFTER_CHANGE_EACH = 0.1;
/** How long each Pod may take to answer, while nobody did. */
const ANSWER: Duration = seconds(2);
/**
 * How long those that do not answer, and an API that does not, hold up a first decision once there is another member. The
 * others count this speaker from then on, and go on answering in its stead for a second only.
 */
const STRAGGLERS: Duration = millis(500);
const NAMES = { join: 'NodeJoin', leave: 'NodeLeave', update: 'NodeUpdate' } as const;

/**
 * The members of the ring, kept for the speaker: takes part once it can announce, finds the other speakers by their
 * Pods, joins them, and says who is there. Until a first attempt to join ended nobody is told anything; where other
 * speakers are known and none answers, only the time in which a silent member is forgotten makes this one count itself
 * alone. legacy.md §7
 */
export class Membership implements Task {
  readonly name = 'membership';
  readonly #ports: MembershipPorts;
  readonly #options: MembershipOptions;
  readonly #rounds: PodRounds;
  readonly #watch: IsolationWatch;
  readonly #fast: FastAgreement;
  readonly #begun: Promise<void>;
  #begin: () => void = () => undefined;
  readonly #end = new AbortController();
  #ended: Promise<void> = Promise.resolve();
  #ring: Ring | undefined;
  #joining: Joining | undefined;
  #targets: readonly RingTarget[] = [];
  /** Nodes of speaker Pods; absent until they were listed. */
  #known: ReadonlySet<string> | undefined;
  #phase: 'joining' | 'member' | 'left' = 'joining';
  /** When this speaker counts itself alone. */
  #patientUntil: number | undefined;
  #told: Members = { kind: 'pending' };
  #changedAt: Duration | undefined;
  #isLookDue = false;
  /** Another member came before the first decision, which is due soon. */
  #isMet = false;
  readonly #timers = new Set<Disposable>();

  constructor(ports: MembershipPorts, options: MembershipOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#begun = new Promise((resolve) => (this.#begin = resolve));
    this.#fast = new FastAgreement(ports.logger);
    this.#rounds = new PodRounds(ports, options.podSelector, {
      found: (pods) => this.#found(pods),
      failed: (error, failures) => this.#failed(error, failures),
      pause: () => this.#pause(),
    });
    const changed = (): void => this.#publish();
    const watching = { ...ports, sight: () => this.#sight(), reunite: () => this.#reunite() };
    this.#watch = new IsolationWatch({ ...watching, changed }, options);
  }

  /** This speaker can announce: it takes part from now on. */
  begin(): void {
    this.#begin();
  }

  /** The own Node was told of. legacy.md §7.3 */
  nodeChanged(): void {
    if (this.#joining === undefined) return;
    const { logger } = this.#ports;
    const op = 'memberDiscovery';
    if (this.#joining.isBusy) {
      logger.debug({ op, msg: 'previous discovery in progress - doing nothing' });
      return;
    }
    logger.info({ op, msg: 'triggering discovery' });
    if (this.#rounds.isForbidden) void this.#attempt();
    else this.#rounds.trigger();
  }

  linksChanged(links: readonly Link[]): void {
    this.#watch.linksChanged(links);
  }

  /** This program, or its link thread, stood still for longer than {@link pauseLimit}. */
  stoodStill(): void {
    this.#watch.stoodStill();
  }

  /** How long this speaker may stand still and yet be sure of its addresses. */
  get pauseLimit(): Duration {
    return this.#ring?.suspicionTime ?? seconds(Infinity);
  }

  /** The ring says so. legacy.md §7.4 */
  memberEvent({ type, node, endpoint }: MemberEvent): void {
    const what = { 'node addr': endpoint.address, 'node name': node, 'node event': NAMES[type] };
    this.#ports.logger.info({ ...what, msg: 'node event - forcing sync' });
    if (this.#phase === 'left') return;
    this.#changedAt = this.#ports.clock.now();
    const members = this.#ring?.members() ?? [];
    this.#ports.stations.membersAre(members);
    if (this.#options.isFast) this.#fast.look(members);
    if (type === 'update') return;
    this.#watch.look();
    this.#publish();
    if (node === this.#options.node) return;
    if (type === 'join') this.#met();
    this.#lookSoon();
  }

  /** Leaves the ring; resolves once that was told and {@link run} has nothing more to do. */
  async leave(): Promise<void> {
    this.#end.abort();
    // What failed is told where it ran.
    await Promise.allSettled([this.#ended]);
  }

  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#end.abort(), { once: true });
    this.#ended = this.#takePart(this.#end.signal);
    await this.#ended;
    await abortOf(signal);
  }

  async #takePart(signal: AbortSignal): Promise<void> {
    await Promise.race([this.#begun, abortOf(signal)]);
    if (signal.aborted) return;
    const { makeRing, logger, clock } = this.#ports;
    const ring = makeRing();
    this.#ring = ring;
    this.#joining = new Joining(ring, logger);
    const lateness = new Lateness(clock, (by) => {
      if (by > this.pauseLimit) this.stoodStill();
    });
    signal.addEventListener('abort', () => (this.#phase = 'left'), { once: true });
    lateness.start();
    try {
      await Promise.all([
        this.#serve(ring, signal),
        this.#rounds.run(signal),
        this.#rejoin(signal),
      ]);
    } finally {
      lateness.stop();
      this.#watch.stop();
      for (const timer of this.#timers) timer[Symbol.dispose]();
    }
  }

  async #serve(ring: Ring, signal: AbortSignal): Promise<void> {
    try {
      await ring.run(signal);
    } catch (error) {
      const msg = 'failed to create memberlist';
      if (!signal.aborted) this.#ports.logger.error({ op: 'startup', error, msg });
      throw error;
    }
  }

  async #rejoin(signal: AbortSignal): Promise<void> {
    const again = (): void => {
      void this.#attempt();
      this.#later(seconds(JOIN_INTERVAL), again);
    };
    this.#later(seconds(JOIN_INTERVAL), again);
    await abortOf(signal);
  }

  #later(delay: Duration, fire: () => void): void {
    if (this.#phase === 'left') return;
    const timer = this.#ports.clock.after(delay, () => {
      this.#timers.delete(timer);
      fire();
    });
    this.#timers.add(timer);
  }

  #met(): void {
    if (this.#phase === 'member') this.#ports.joined();
    else if (!this.#isMet) {
      this.#isMet = true;
      this.#later(STRAGGLERS, () => {
        this.#isMet = false;
        if (this.#others > 0) this.#settle();
      });
    }
  }

  #found(pods: readonly PodView[]): void {
    this.#targets = targetsAmong(pods, this.#options);
    this.#known = nodesAmong(pods, this.#options);
    this.#ports.stations.podsAre(pods);
    this.#ring?.expect(this.#targets);
    this.#watch.look();
    this.#publish();
    void this.#attempt();
  }

  #failed(error: Error, failures: number): void {
    const waited = error instanceof PodsForbidden || failures >= PATIENCE;
    if (this.#known !== undefined || waited) void this.#attempt();
  }

  /** Seconds before jitter: the longer nothing changed, the rarer. */
  #pause(): number {
    if (this.#known === undefined) return FIRST_RETRY;
    const since = this.#changedAt ?? -Infinity;
    const calm = (this.#ports.clock.now() - since) / seconds(1);
    return Math.min(LIST_INTERVAL, Math.max(this.#afterChange(), calm));
  }

  #afterChange(): number {
    return Math.max(AFTER_CHANGE, this.#targets.length * AFTER_CHANGE_EACH);
  }

  /** A member that was lost or came is often the first of several Pods that do. */
  #lookSoon(): void {
    if (this.#isLookDue) return;
    this.#isLookDue = true;
    const pause = this.#afterChange() * (0.8 + 0.4 * this.#ports.random.float());
    this.#later(seconds(pause), () => {
      this.#isLookDue = false;
      this.#rounds.trigger();
    });
  }

  async #attempt(): Promise<void> {
    const joining = this.#joining;
    if (joining === undefined || this.#phase === 'left') return;
    if (this.#phase === 'member') {
      await joining.attempt(this.#targets);
      return;
    }
    const isRepeated = this.#patientUntil !== undefined;
    this.#patientUntil ??= this.#ports.clock.now() + this.pauseLimit;
    if (this.#patience <= 0) {
      this.#settle();
      return;
    }
    const within = millis(Math.min(this.#patience, ANSWER));
    const attempt = await joining.attempt(this.#targets, within, isRepeated);
    if (attempt !== 'busy') this.#attempted(attempt === 'joined');
  }

  /** An attempt ended: whether it was enough to know who is there. */
  #attempted(joined: boolean): void {
    if (this.#phase !== 'joining') return;
    const isAlone = this.#known !== undefined && this.#targets.length === 0;
    const left = this.#patience;
    if (joined || isAlone || this.#others > 0 || left <= 0) this.#settle();
    else this.#later(millis(Math.min(left, seconds(1))), () => void this.#attempt());
  }

  /** Milliseconds until this speaker counts itself alone. */
  get #patience(): number {
    return (this.#patientUntil ?? Infinity) - this.#ports.clock.now();
  }

  #settle(): void {
    if (this.#phase !== 'joining') return;
    this.#phase = 'member';
    this.#watch.look();
    this.#publish();
  }

  #publish(): void {
    const ring = this.#ring;
    if (this.#phase !== 'member' || ring === undefined) return;
    const members = this.#watch.isIsolated
      ? ({ kind: 'isolated' } as const)
      : this.#membersOf(ring);
    if (sameMembers(members, this.#told)) return;
    this.#told = members;
    const nodes = members.kind === 'known' ? [...members.nodes].sort() : null;
    const msg = 'speaker nodes changed - forcing sync';
    this.#ports.logger.info({ op: 'memberDiscovery', nodes, msg });
    this.#ports.changed(members);
  }

  #membersOf(ring: Ring): Members {
    // Where nobody could be looked for, finding nobody says nothing.
    if (this.#known === undefined && this.#others === 0) return { kind: 'unknown' };
    const nodes = new Set([this.#options.node, ...ring.members().map(({ node }) => node)]);
    return { kind: 'known', nodes, gossiped: true };
  }

  get #others(): number {
    const members = this.#ring?.members() ?? [];
    return members.filter(({ node }) => node !== this.#options.node).length;
  }

  #sight(): Sight {
    const ring = this.#ring;
    const seen = new Set([this.#options.node, ...(ring?.members() ?? []).map(({ node }) => node)]);
    const { withdrawsInMinority } = this.#options;
    const inMinority =
      withdrawsInMinority && this.#phase === 'member' && isMinority(seen, this.#known ?? seen);
    return {
      now: this.#ports.clock.now(),
      lastHeard: ring?.lastHeard,
      others: this.#others,
      suspicionTime: this.pauseLimit,
      inMinority,
    };
  }

  /** The others may have declared this speaker dead: an exchange with each tells both sides. */
  #reunite(): void {
    const ring = this.#ring;
    if (ring === undefined || this.#phase === 'left') return;
    const members = ring.members().filter(({ node }) => node !== this.#options.node);
    const targets = members.map(({ node, endpoint }) => ({ node, endpoint }));
    if (targets.length === 0) return;
    // Once to hear of it, and once more for what was said against it.
    void ring.join(targets).then(() => ring.join(targets));
  }
}
