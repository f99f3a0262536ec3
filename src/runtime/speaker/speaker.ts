import type {
  Acceptance,
  Compat,
  Config,
  ConfigConsumer,
  EndpointView,
  Labels,
  NodeView,
  ServiceView,
} from '../model/index.ts';
import { type Clock, type Task, millis } from '../platform/ports.ts';
import { decide } from './decide.ts';
import { Herald, type HeraldPorts } from './herald.ts';
import type { Members } from './members.ts';
import { PoolIndex } from './pools.ts';
import { type Effect, type Standing, transition } from './transition.ts';

export interface SpeakerPorts extends HeraldPorts {
  readonly clock: Clock;
  /** The endpoints of a Service as they are now; `undefined` where it has no Endpoints object and no slice. */
  readonly endpointsOf: (key: string) => readonly EndpointView[] | undefined;
}

export interface SpeakerOptions {
  /** Name of the own node. */
  readonly node: string;
  readonly compat: Compat;
}

/** Why a Service is looked at again: after `members`, one whose verdict stands is left alone. */
type Cause = 'change' | 'members';

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
  readonly #compat: Compat;
  readonly #services = new Map<string, ServiceView>();
  readonly #standings = new Map<string, Standing>();
  readonly #nodes = new Map<string, Labels>();
  /** In order of arrival, each key once. */
  readonly #queue = new Map<string, Cause>();
  #pools: PoolIndex | undefined;
  #members: Members = { kind: 'pending' };
  #phase: 'new' | 'running' | 'closed' = 'new';
  #synced = false;
  #scheduled: Disposable | undefined;

  constructor(ports: SpeakerPorts, { node, compat }: SpeakerOptions) {
    this.#ports = ports;
    this.#node = node;
    this.#compat = compat;
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

  /** A node is new, changed or gone; only its labels matter, and only where advertisements select nodes. */
  nodeChanged(name: string, view: NodeView | undefined): void {
    const before = this.#nodes.get(name);
    if (view === undefined) this.#nodes.delete(name);
    else this.#nodes.set(name, view.labels);
    if (name === this.#node) this.#ports.observer.updated();
    if (!sameLabels(before, view?.labels)) this.#enqueueAll('change');
  }

  membersChanged(members: Members): void {
    this.#members = members;
    this.#enqueueAll('members');
  }

  /** Services, endpoints and the own node have been listed once; nothing is decided before. */
  synced(): void {
    this.#synced = true;
    this.#schedule();
  }

  /** Refuses what has no place for an announced Service; the previous configuration then stays. legacy.md §4.2 */
  apply(config: Config): Acceptance {
    this.#drain();
    const { observer } = this.#ports;
    observer.updated();
    const pools = new PoolIndex(config);
    for (const [key, standing] of this.#standings) {
      if (hasPlace(standing, pools)) continue;
      this.#herald.stranded(key, standing, NO_PLACE);
      observer.updateFailed();
      return { kind: 'refused', reason: NO_PLACE };
    }
    this.#pools = pools;
    this.#enqueueAll('change');
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
      nodes: this.#nodes,
      self: this.#node,
      compat: this.#compat,
    });
    if (decision.kind === 'withdraw' && decision.error !== undefined && cause === 'change') {
      this.#herald.refused(key, service, decision.error);
    }
    const { standing, effects } = transition(this.#standings.get(key) ?? NOTHING, decision);
    if (standing.size === 0) this.#standings.delete(key);
    else this.#standings.set(key, standing);
    if (cause === 'change' || !settled(effects)) {
      for (const effect of effects) this.#herald.perform(key, service, effect);
    }
    if (service === undefined) this.#herald.forget(key);
    observer.updated();
    logger.debug({ event: 'endUpdate', service: key, msg: 'end of service update' });
  }
}

/** Whether a step only repeats what already holds. */
function settled(effects: readonly Effect[]): boolean {
  return effects.every(({ type }) => type === 'set');
}

function hasPlace(standing: Standing, pools: PoolIndex): boolean {
  return [...standing.values()].every(({ addresses }) => pools.poolOf(addresses) !== undefined);
}

function sameLabels(a: Labels | undefined, b: Labels | undefined): boolean {
  const sorted = (labels: Labels | undefined): string =>
    labels === undefined ? '' : JSON.stringify(Object.entries(labels).sort());
  return sorted(a) === sorted(b);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
