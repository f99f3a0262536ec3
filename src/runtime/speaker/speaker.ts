import type {
  Acceptance,
  Compat,
  Config,
  ConfigConsumer,
  EndpointView,
  NodeView,
  Problem,
  AnnouncedView,
} from '../model/index.ts';
import { type Conflict, electionSubject } from '../layer2/index.ts';
import { type Clock, type Task, millis } from '../platform/ports.ts';
import { abortOf } from './abort.ts';
import { type Lead, affectedBy, loadsOf, mostLoadedFirst } from './affected.ts';
import { Agenda, type Cause } from './agenda.ts';
import { type Decision, type Facts, decide } from './decide.ts';
import { Herald, type HeraldPorts, LAST_HAND_OVER } from './herald.ts';
import type { Members } from './members/members.ts';
import {
  NO_DEMAND,
  type NodeDemand,
  type NodeRules,
  type Nodes,
  demandOf,
  matters,
} from './nodes.ts';
import { hasPlace, renamePools } from './placement.ts';
import { PoolIndex, announceAlike } from './pools.ts';
import { Settling } from './settling.ts';
import { type Effect, type Standing, announcedBy, transition } from './transition.ts';

export interface SpeakerPorts extends HeraldPorts {
  readonly clock: Clock;
  /** The endpoints of a Service as they are now; `undefined` where it has no Endpoints object and no slice. */
  readonly endpointsOf: (key: string) => readonly EndpointView[] | undefined;
  /** Called when a configuration comes into force that selects nodes by label, so that all of them must be told. */
  readonly nodesNeeded?: () => void;
  /** Called once everything is known that decisions need but the members: from now on this speaker can announce. */
  readonly able?: () => void;
  /** Leaves the ring, after everything was handed over. */
  readonly leave?: () => Promise<void>;
}

export interface SpeakerOptions {
  /** Name of the own node. */
  readonly node: string;
  readonly compat: Compat;
  /** `--lb-class`: the class of Services to announce; empty: not given. */
  readonly lbClass?: string;
  /** `--ignore-exclude-lb`: the label that excludes nodes means nothing. */
  readonly ignoreExcludeLb?: boolean;
}

/** Services handled before timers and sockets get their turn. */
const SLICE = 64;
const NOTHING: Standing = [];
const NO_PLACE = 'service has no configuration under new config';

/**
 * Announces Services from this node: takes what is known about Services, endpoints, nodes, members and
 * configuration as it comes, decides one Service at a time, and has the {@link Herald} carry it out.
 */
export class Speaker implements ConfigConsumer, Task {
  readonly name = 'speaker';
  readonly #ports: SpeakerPorts;
  readonly #herald: Herald;
  readonly #node: string;
  readonly #rules: NodeRules & { readonly lbClass: string };
  readonly #services = new Map<string, AnnouncedView>();
  readonly #standings = new Map<string, Standing>();
  readonly #nodes = new Map<string, NodeView>();
  readonly #agenda = new Agenda();
  /** By Service, as far as it was decided who answers ARP and NDP. */
  readonly #leads = new Map<string, Lead>();
  #listing: Nodes['listing'] = 'pending';
  /** Names of the interfaces of this node, once they were looked at. */
  #interfaces: ReadonlySet<string> | undefined;
  #config: Config | undefined;
  #pools: PoolIndex | undefined;
  #demand: NodeDemand = NO_DEMAND;
  #members: Members = { kind: 'pending' };
  #phase: 'new' | 'running' | 'closed' = 'new';
  #synced = false;
  #isAble = false;
  /** Whether everything that was there at the start was looked at: what comes from now on is new to all. */
  #hasSettled = false;
  readonly #settling: Settling;
  /** Whether what is announced here is to be announced again once the agenda is done. */
  #isRefreshDue = false;
  #scheduled: Disposable | undefined;

  constructor(ports: SpeakerPorts, options: SpeakerOptions) {
    const { node, compat, lbClass = '', ignoreExcludeLb = false } = options;
    this.#ports = ports;
    this.#node = node;
    this.#rules = { compat, lbClass, ignoreExcludeLb };
    this.#herald = new Herald(ports, node, compat);
    this.#settling = new Settling(() => ports.bgp.settle());
  }

  /** A Service is new, changed or, without a view, gone. */
  serviceChanged(key: string, view: AnnouncedView | undefined): void {
    if (view === undefined) this.#services.delete(key);
    else this.#services.set(key, view);
    this.#enqueue(key, 'change');
  }

  endpointsChanged(key: string): void {
    this.#enqueue(key, 'change');
  }

  /**
   * A node is new, changed or gone. The own one is always told; the others under v0.13, and elsewhere once
   * {@link SpeakerPorts.nodesNeeded} was called.
   */
  nodeChanged(name: string, view: NodeView | undefined): void {
    const before = this.#nodes.get(name);
    if (view === undefined) this.#nodes.delete(name);
    else this.#nodes.set(name, view);
    const isOwn = name === this.#node;
    if (isOwn) this.#ports.observer.updated();
    const byLabels = isOwn ? this.#demand.own : this.#demand.others;
    const isComplete = isOwn || this.#listing === 'listed';
    if (isComplete && matters([before, view], byLabels, this.#rules)) {
      this.#enqueueAll('surroundings');
    }
  }

  /** Every node was told once: what depends on them may be decided. */
  nodesListed(): void {
    this.#listing = 'listed';
    this.#enqueueAll('surroundings');
  }

  /** The nodes may not be listed: what depends on their labels stays undecided, the rest does without them. */
  nodesUnavailable(): void {
    if (this.#listing !== 'pending') return;
    this.#listing = 'unavailable';
    this.#enqueueAll('surroundings');
  }

  /** The interfaces of this node, by name, that may be announced on if they are up. */
  interfacesChanged(names: ReadonlySet<string>): void {
    this.#interfaces = names;
    for (const [key, standing] of this.#standings) {
      const isBound = standing.some(({ interfaces }) => interfaces.length > 0);
      if (isBound) this.#enqueue(key, 'surroundings');
    }
  }

  /** Only what the change may concern is looked at again, before everything else. */
  membersChanged(members: Members): void {
    const before = this.#members;
    this.#members = members;
    const affected = affectedBy(before, members, this.#leads);
    const keys = affected === 'all' ? [...this.#services.keys()] : affected;
    const first = mostLoadedFirst(keys, loadsOf(this.#services, this.#ports.endpointsOf));
    if (this.#phase !== 'closed') this.#agenda.prefer(first);
    this.#schedule();
  }

  /** A member came that may have believed itself owner of what is announced here: it is told, and so are the links. */
  memberJoined(): void {
    this.#isRefreshDue = true;
    this.#schedule();
  }

  /** Whether `node` comes before this one where both might answer for the Service. legacy.md §4.3 */
  outranks(node: string, key: string): boolean {
    if (node === this.#node) return false;
    const both = { kind: 'known', nodes: new Set([this.#node, node]) } as const;
    const decision = decide(this.#factsOf(key, both));
    return decision.kind === 'serve' && decision.leader === node;
  }

  /** Somebody else speaks for an address that is announced here: the users of its Services are told. */
  conflictFound(conflict: Conflict): void {
    for (const key of conflict.services) {
      const service = this.#services.get(key);
      if (service !== undefined) this.#herald.disputed(service, conflict);
    }
  }

  /** Routes that a Service asks for are not sent; its users are told. */
  withheld(key: string, problems: readonly Problem[]): void {
    const service = this.#services.get(key);
    if (service !== undefined) this.#herald.withheld(service, problems);
  }

  /** Services, endpoints and nodes, as far as they are watched, have been listed once; nothing is decided before. */
  synced(): void {
    this.#synced = true;
    this.#tellAble();
    this.#schedule();
  }

  /**
   * Refuses what has no place for an announced Service; the previous configuration then stays. legacy.md §4.2
   *
   * One that announces as the previous did, as when its source changes, repeats nothing. product.md §2
   */
  apply(config: Config): Acceptance {
    this.#drain();
    const { observer } = this.#ports;
    observer.updated();
    const pools = new PoolIndex(config);
    for (const [key, standing] of this.#standings) {
      if (hasPlace(standing, pools)) continue;
      this.#herald.displaced(key, standing, NO_PLACE);
      observer.updateFailed();
      return { kind: 'refused', reason: NO_PLACE };
    }
    const isSame = this.#config !== undefined && announceAlike(this.#config, config);
    this.#config = config;
    this.#pools = pools;
    this.#demand = demandOf(config);
    this.#ports.bgp.configure(config);
    for (const announced of renamePools(this.#standings, pools)) {
      this.#ports.bgp.announce(announced);
    }
    if (this.#demand.others) this.#ports.nodesNeeded?.();
    this.#enqueueAll(isSame ? 'surroundings' : 'change');
    this.#tellAble();
    return { kind: 'accepted' };
  }

  /**
   * Works until `signal` aborts, then finishes what is queued, hands over what another member of the ring can take, and
   * takes nothing more. legacy.md §2.6
   */
  async run(signal: AbortSignal): Promise<void> {
    this.#phase = 'running';
    this.#schedule();
    await abortOf(signal);
    const { logger } = this.#ports;
    logger.info({ op: 'shutdown', msg: 'starting shutdown' });
    this.#scheduled?.[Symbol.dispose]();
    this.#drain();
    this.#handAllOver();
    this.#phase = 'closed';
    await this.#ports.leave?.();
    logger.info({ op: 'shutdown', msg: 'done' });
  }

  #enqueue(key: string, cause: Cause): void {
    if (this.#phase === 'closed') return;
    this.#agenda.add(key, cause);
    this.#schedule();
  }

  #enqueueAll(cause: Cause): void {
    for (const key of this.#services.keys()) this.#enqueue(key, cause);
  }

  #ready(): boolean {
    const informed = this.#synced && this.#pools !== undefined && this.#members.kind !== 'pending';
    return informed && this.#phase === 'running';
  }

  #schedule(): void {
    const isIdle = this.#agenda.size === 0 && !this.#isRefreshDue;
    if (isIdle && this.#ready()) this.#settling.settled();
    if (this.#scheduled !== undefined || isIdle || !this.#ready()) return;
    this.#scheduled = this.#ports.clock.after(millis(0), () => {
      this.#scheduled = undefined;
      this.#work(SLICE);
      this.#schedule();
    });
  }

  #drain(): void {
    if (this.#ready()) this.#work(Infinity);
  }

  #work(limit: number): void {
    for (let left = limit; left > 0; left -= 1) {
      const next = this.#agenda.take();
      if (next === undefined) break;
      this.#handle(next.key, next.cause);
    }
    if (this.#agenda.size > 0) return;
    this.#hasSettled = true;
    this.#settling.settled();
    if (!this.#isRefreshDue) return;
    this.#isRefreshDue = false;
    this.#ports.layer2.refresh();
  }

  #handle(key: string, cause: Cause): void {
    const { observer, logger } = this.#ports;
    logger.debug({ event: 'startUpdate', service: key, msg: 'start of service update' });
    const service = this.#services.get(key);
    const decision = decide(this.#factsOf(key, this.#members));
    this.#settling.decided(key, decision);
    const isFirst = this.#remember(key, decision) && this.#hasSettled;
    if (cause === 'change') this.#explain(key, service, decision);
    const before = this.#standings.get(key) ?? NOTHING;
    const { standing, effects } = transition(before, decision, this.#interfaces);
    if (standing.length === 0) this.#standings.delete(key);
    else this.#standings.set(key, standing);
    for (const effect of effects) {
      if (cause === 'surroundings' && isRepeat(effect)) continue;
      this.#herald.perform(key, service, effect, isFirst);
    }
    observer.updated();
    logger.debug({ event: 'endUpdate', service: key, msg: 'end of service update' });
  }

  #factsOf(key: string, members: Members): Facts {
    const service = this.#services.get(key);
    return {
      service,
      endpoints: service === undefined ? undefined : this.#ports.endpointsOf(key),
      pools: this.#pools,
      members,
      nodes: { listing: this.#listing, views: this.#nodes },
      self: this.#node,
      ...this.#rules,
    };
  }

  /** Whether nobody announced the address at layer 2 before, as far as this speaker knew the Service. */
  #remember(key: string, decision: Decision): boolean {
    const [firstAddress] = decision.kind === 'serve' ? decision.addresses : [];
    if (
      firstAddress === undefined ||
      decision.kind !== 'serve' ||
      !decision.verdicts.has('layer2')
    ) {
      this.#leads.delete(key);
      return false;
    }
    const before = this.#leads.get(key);
    const subject = electionSubject({ service: key, firstAddress }, this.#rules.compat);
    this.#leads.set(key, { leader: decision.leader, subject });
    return before?.subject !== subject;
  }

  /** The others hear of this speaker's leave only after it: until they announce, somebody has to answer. */
  #handAllOver(): void {
    const members = this.#members;
    if (members.kind !== 'known' || members.gossiped !== true) return;
    const others = new Set(members.nodes);
    others.delete(this.#node);
    for (const [key, standing] of this.#standings) {
      if (announcedBy('layer2', standing) === undefined) continue;
      const decision = decide(this.#factsOf(key, { ...members, nodes: others }));
      const hasHeir = decision.kind === 'serve' && decision.hasHeir;
      if (hasHeir) this.#ports.layer2.handOver(key, LAST_HAND_OVER);
      else this.#ports.layer2.delete(key);
    }
  }

  #tellAble(): void {
    if (this.#isAble || !this.#synced || this.#pools === undefined) return;
    this.#isAble = true;
    this.#ports.able?.();
  }

  /** Says why a Service with an address is not announced by anybody here. */
  #explain(key: string, service: AnnouncedView | undefined, decision: Decision): void {
    if (decision.kind === 'withdraw' && decision.error !== undefined) {
      this.#herald.refused(key, service, decision.error);
    }
    if (decision.kind === 'serve' && !decision.advertised) {
      this.#herald.unadvertised(key, decision.pool);
    }
  }
}

/** Whether a step only repeats what already holds. */
function isRepeat(effect: Effect): boolean {
  return effect.type === 'set' && effect.again;
}
