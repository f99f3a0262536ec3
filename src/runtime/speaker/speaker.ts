import type {
  Acceptance,
  Compat,
  Config,
  ConfigConsumer,
  EndpointView,
  NodeView,
  ServiceView,
} from '../model/index.ts';
import { type Clock, type Task, millis } from '../platform/ports.ts';
import { type Decision, decide } from './decide.ts';
import { Herald, type HeraldPorts } from './herald.ts';
import type { Members } from './members/members.ts';
import {
  NO_DEMAND,
  type NodeDemand,
  type NodeRules,
  type Nodes,
  demandOf,
  matters,
} from './nodes.ts';
import { PoolIndex, announceAlike } from './pools.ts';
import { type Effect, type Standing, transition } from './transition.ts';

export interface SpeakerPorts extends HeraldPorts {
  readonly clock: Clock;
  /** The endpoints of a Service as they are now; `undefined` where it has no Endpoints object and no slice. */
  readonly endpointsOf: (key: string) => readonly EndpointView[] | undefined;
  /** Called when a configuration comes into force that selects nodes by label, so that all of them must be told. */
  readonly nodesNeeded?: () => void;
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

/** Why a Service is looked at again: one whose verdict stands is left alone unless it is for a `change` of its own. */
type Cause = 'change' | 'surroundings';

/** Services handled before timers and sockets get their turn. */
const SLICE = 64;
const NOTHING: Standing = new Map();
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
  readonly #services = new Map<string, ServiceView>();
  readonly #standings = new Map<string, Standing>();
  readonly #nodes = new Map<string, NodeView>();
  /** In order of arrival, each key once. */
  readonly #queue = new Map<string, Cause>();
  #listing: Nodes['listing'] = 'pending';
  /** Names of the interfaces of this node, once they were looked at. */
  #interfaces: ReadonlySet<string> | undefined;
  #config: Config | undefined;
  #pools: PoolIndex | undefined;
  #demand: NodeDemand = NO_DEMAND;
  #members: Members = { kind: 'pending' };
  #phase: 'new' | 'running' | 'closed' = 'new';
  #synced = false;
  #scheduled: Disposable | undefined;

  constructor(ports: SpeakerPorts, options: SpeakerOptions) {
    const { node, compat, lbClass = '', ignoreExcludeLb = false } = options;
    this.#ports = ports;
    this.#node = node;
    this.#rules = { compat, lbClass, ignoreExcludeLb };
    this.#herald = new Herald(ports, node, compat);
  }

  /** A Service is new, changed or, without a view, gone. */
  serviceChanged(key: string, view: ServiceView | undefined): void {
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
      const isBound = [...standing.values()].some(({ interfaces }) => interfaces.length > 0);
      if (isBound) this.#enqueue(key, 'surroundings');
    }
  }

  membersChanged(members: Members): void {
    this.#members = members;
    this.#enqueueAll('surroundings');
  }

  /** Services, endpoints and nodes, as far as they are watched, have been listed once; nothing is decided before. */
  synced(): void {
    this.#synced = true;
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
    if (this.#demand.others) this.#ports.nodesNeeded?.();
    this.#enqueueAll(isSame ? 'surroundings' : 'change');
    return { kind: 'accepted' };
  }

  /** Works until `signal` aborts, then finishes what is queued and takes nothing more. legacy.md §2.6 */
  async run(signal: AbortSignal): Promise<void> {
    this.#phase = 'running';
    this.#schedule();
    await aborted(signal);
    const { logger } = this.#ports;
    logger.info({ op: 'shutdown', msg: 'starting shutdown' });
    this.#scheduled?.[Symbol.dispose]();
    this.#drain();
    this.#phase = 'closed';
    logger.info({ op: 'shutdown', msg: 'done' });
  }

  #enqueue(key: string, cause: Cause): void {
    if (this.#phase === 'closed') return;
    if (this.#queue.get(key) !== 'change') this.#queue.set(key, cause);
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
    if (this.#scheduled !== undefined || this.#queue.size === 0 || !this.#ready()) return;
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
    let left = limit;
    for (const [key, cause] of this.#queue) {
      if (left === 0) return;
      left -= 1;
      this.#queue.delete(key);
      this.#handle(key, cause);
    }
  }

  #handle(key: string, cause: Cause): void {
    const { observer, logger, endpointsOf } = this.#ports;
    logger.debug({ event: 'startUpdate', service: key, msg: 'start of service update' });
    const service = this.#services.get(key);
    const decision = decide({
      service,
      endpoints: service === undefined ? undefined : endpointsOf(key),
      pools: this.#pools,
      members: this.#members,
      nodes: { listing: this.#listing, views: this.#nodes },
      self: this.#node,
      ...this.#rules,
    });
    if (cause === 'change') this.#explain(key, service, decision);
    const before = this.#standings.get(key) ?? NOTHING;
    const { standing, effects } = transition(before, decision, this.#interfaces);
    if (standing.size === 0) this.#standings.delete(key);
    else this.#standings.set(key, standing);
    for (const effect of effects) {
      if (cause === 'change' || !isRepeat(effect)) this.#herald.perform(key, service, effect);
    }
    if (service === undefined) this.#herald.forget(key);
    observer.updated();
    logger.debug({ event: 'endUpdate', service: key, msg: 'end of service update' });
  }

  /** Says why a Service with an address is not announced by anybody here. */
  #explain(key: string, service: ServiceView | undefined, decision: Decision): void {
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

function hasPlace(standing: Standing, pools: PoolIndex): boolean {
  return [...standing.values()].every(({ addresses }) => pools.poolOf(addresses) !== undefined);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
