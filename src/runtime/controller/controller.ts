import { Allocator, claimOf } from '../allocator/index.ts';
import {
  type Acceptance,
  type Compat,
  type Config,
  type ConfigConsumer,
  type Labels,
  type ServiceView,
  atLeast,
  isServed,
} from '../model/index.ts';
import type { IpAddress } from '../net/index.ts';
import { millis } from '../platform/ports.ts';
import { Herald } from './herald.ts';
import { Backoff } from './backoff.ts';
import { type Outcome, converge, isPublished } from './converge.ts';
import {
  type Registry,
  carriersFirst,
  carriesNew,
  registerExisting,
  statusOf,
} from './existing.ts';
import { Namespaces } from './namespaces.ts';
import { Patience } from './patience.ts';
import type { ControllerPorts } from './ports.ts';
import { UsageReport } from './usage-report.ts';
import { WriteQueue } from './write-queue.ts';

/** Status writes under way at once. */
const WRITES_AT_ONCE = 16;
/** Services looked at before others get the thread. */
const SERVICES_A_TURN = 250;

interface Write {
  readonly view: ServiceView;
  readonly addresses: readonly IpAddress[];
  readonly outcome: Outcome;
  /** The pool they are of; `undefined` where there are none. */
  readonly pool: string | undefined;
}

/**
 * Gives Services of type LoadBalancer their addresses. One thread decides, on Services in a fixed order:
 * the deleted, those that carry addresses, then those that wait, the older first. Nothing is decided
 * before there is a configuration and every Service is known. legacy.md §3.
 */
export class ServiceController implements ConfigConsumer {
  readonly #compat: Compat;
  readonly #lbClass: string;
  readonly #ports: ControllerPorts;
  readonly #allocator: Allocator;
  readonly #herald: Herald;
  readonly #usage: UsageReport;
  readonly #backoff: Backoff;
  readonly #writes: WriteQueue<Write>;
  readonly #namespaces: Namespaces;
  readonly #patience: Patience;
  readonly #registry: Registry;
  readonly #services = new Map<string, ServiceView>();
  /** Services to look at. */
  readonly #due = new Set<string>();
  /** Services whose status may list addresses that the allocator has not seen them carry. */
  readonly #claiming = new Set<string>();
  /** Services that want what they cannot have now. */
  readonly #waiting = new Set<string>();
  /** What a write was to say that may or may not have reached the API. */
  readonly #attempted = new Map<string, readonly IpAddress[]>();
  /** By Service without addresses: the annotation of a pool that was written away, to do it once. */
  readonly #tidied = new Map<string, string>();
  #configured = false;
  #synced = false;
  #turn: Disposable | undefined;
  #stopped = false;

  /** @param lbClass - `--lb-class`; empty: not given */
  constructor(compat: Compat, ports: ControllerPorts, lbClass = '') {
    this.#compat = compat;
    this.#lbClass = lbClass;
    this.#ports = ports;
    const allocator = new Allocator(compat);
    this.#allocator = allocator;
    this.#registry = { allocator, compat, find: (key) => this.#services.get(key) };
    this.#patience = new Patience(compat, ports.clock, () => this.#lookAtAll());
    this.#namespaces = new Namespaces(ports.needNamespaces !== undefined);
    this.#herald = new Herald(ports.events, ports.log);
    this.#usage = new UsageReport(ports.observer);
    this.#backoff = new Backoff(ports.clock, ports.random);
    this.#writes = new WriteQueue(WRITES_AT_ONCE, (key, write) => this.#publish(key, write));
  }

  /** A Service is new, has changed, or is gone. */
  changed(key: string, view: ServiceView | undefined): void {
    const before = this.#services.get(key);
    if (view === undefined) this.#services.delete(key);
    else this.#services.set(key, view);
    if (view !== undefined && carriesNew(view, before)) this.#claiming.add(key);
    if (view?.allocatedFrom === undefined) this.#tidied.delete(key);
    this.#writes.drop(key);
    this.#attempted.delete(key);
    if (!this.#configured) {
      this.#ports.log.debug({
        event: 'noConfig',
        msg: 'not processing, still waiting for config',
        service: key,
      });
    }
    this.#look(key);
  }

  /** Every Service there is has been handed over once. */
  synced(): void {
    if (this.#synced) return;
    this.#synced = true;
    this.#ports.log.info({ event: 'stateSynced', msg: 'controller synced, can allocate IPs now' });
    this.#schedule();
  }

  /** Puts a configuration into force unless it strands an address in use. legacy.md §3.11. */
  apply(config: Config): Acceptance {
    const acceptance = this.#allocator.setPools(config.pools);
    if (acceptance.kind === 'refused') {
      const { reason } = acceptance;
      const msg = 'applying new configuration failed';
      this.#ports.log.error({ op: 'setConfig', error: reason, msg });
      return acceptance;
    }
    this.#configured = true;
    this.#patience.configured(config);
    this.#namespaces.configured(config);
    if (this.#namespaces.wanted) this.#ports.needNamespaces?.();
    if (this.#patience.lasts) this.#claimAnew();
    this.#usage.tell(this.#allocator);
    this.#lookAtAll();
    return acceptance;
  }

  /** A namespace is new, has other labels, or is gone. */
  namespaceChanged(name: string, labels: Labels | undefined): void {
    this.#namespaces.changed(name, labels);
    this.#schedule();
  }

  /** Whether there is a right to read namespaces. */
  namespacesReadable(readable: boolean): void {
    this.#namespaces.readable = readable;
    this.#lookAtAll();
  }

  /** Decides nothing more; resolves once the writes under way are done. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#turn?.[Symbol.dispose]();
    this.#backoff.close();
    this.#patience.close();
    await this.#writes.close();
  }

  /** What was left alone because it lay in no pool may lie in one now. */
  #claimAnew(): void {
    for (const view of this.#services.values()) {
      const { key, ingress } = view;
      // One whose write is under way already holds what that says, and must not let go of it.
      if (this.#writes.busy(key)) this.#blockSeen(view);
      else if (ingress.length > 0 && ingress.length <= 2) this.#claiming.add(key);
    }
  }

  #lookAtAll(): void {
    for (const key of this.#services.keys()) this.#due.add(key);
    this.#schedule();
  }

  #look(key: string): void {
    this.#due.add(key);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#turn !== undefined || this.#stopped || !this.#configured || !this.#synced) return;
    if (this.#due.size === 0 && !this.#namespaces.hasNews) return;
    this.#turn = this.#ports.clock.after(millis(0), () => {
      this.#turn = undefined;
      this.#takeTurn();
      this.#schedule();
    });
  }

  /** Deletions and existing addresses first, all of them: only then may anything be allocated. */
  #takeTurn(): void {
    for (const key of this.#namespaces.affected(this.#services.keys())) this.#due.add(key);
    const gone = [...this.#due].filter((key) => !this.#services.has(key));
    let released = gone.filter((key) => this.#forget(key)).length > 0;
    this.#registerClaims();
    for (const view of this.#nextViews()) {
      this.#due.delete(view.key);
      // Looked at again when its write is done.
      if (!this.#writes.busy(view.key)) released = this.#decide(view) || released;
    }
    if (released) for (const key of this.#waiting) this.#due.add(key);
    this.#usage.tell(this.#allocator);
  }

  #nextViews(): readonly ServiceView[] {
    const views: ServiceView[] = [];
    for (const key of this.#due) {
      const view = this.#services.get(key);
      if (view !== undefined) views.push(view);
    }
    return views.sort(carriersFirst).slice(0, SERVICES_A_TURN);
  }

  #registerClaims(): void {
    const claimants: ServiceView[] = [];
    for (const key of this.#claiming) {
      const view = this.#services.get(key);
      if (view !== undefined && this.#isOurs(view)) claimants.push(view);
    }
    this.#claiming.clear();
    for (const view of claimants.sort(carriersFirst)) {
      const claim = claimOf(view, this.#namespaces.labelsFor(view));
      for (const key of registerExisting(view, claim, this.#registry)) {
        this.#writes.drop(key);
        this.#due.add(key);
      }
    }
  }

  /** Frees what a deleted Service held, and says whether others may now get it. */
  #forget(key: string): boolean {
    this.#due.delete(key);
    this.#ports.observer.processed();
    const released = this.#letGo(key);
    if (released) {
      const msg = 'service deleted';
      this.#ports.log.info({ event: 'serviceDeleted', msg, service: key });
    }
    return released;
  }

  /** Whether the Service held anything. */
  #letGo(key: string): boolean {
    this.#waiting.delete(key);
    this.#attempted.delete(key);
    this.#tidied.delete(key);
    this.#backoff.forget(key);
    this.#herald.forget(key);
    this.#ports.holders?.gone(key);
    return this.#allocator.release(key);
  }

  /** Another controller's Services are left as they are; one that was ours and has become none is cleared. */
  #isOurs(view: ServiceView): boolean {
    if (isServed(view, this.#compat, this.#lbClass)) return true;
    return view.type !== 'LoadBalancer' && this.#allocator.leaseOf(view.key) !== undefined;
  }

  /** Whether anything was given back that others may be waiting for. */
  #decide(view: ServiceView): boolean {
    const { log, observer } = this.#ports;
    const { key } = view;
    log.debug({ event: 'startUpdate', msg: 'start of service update', service: key });
    observer.processed();
    if (!this.#isOurs(view)) return this.#letGo(key);
    if (this.#patience.awaitsFirstPool && view.hasLoadBalancerStatus) {
      log.debug({ event: 'noPools', msg: 'left alone, still waiting for pools', service: key });
      return false;
    }
    const unblocked = this.#allocator.unblock(key);
    const outcome = converge(view, this.#allocator, this.#compat, {
      namespaceLabels: this.#namespaces.labelsFor(view),
      namespacesReadable: this.#namespaces.readable,
      patient: this.#patience.lasts,
    });
    if (outcome.waiting) this.#waiting.add(key);
    else this.#waiting.delete(key);
    this.#carryOut(view, outcome);
    log.debug({ event: 'endUpdate', msg: 'end of service update', service: key });
    const postponed = outcome.waiting && outcome.addresses === undefined;
    return outcome.released || (unblocked && !postponed);
  }

  #carryOut(view: ServiceView, outcome: Outcome): void {
    const { key } = view;
    const { addresses } = outcome;
    if (addresses !== undefined && !this.#isSettled(view, addresses)) {
      this.#blockSeen(view);
      const pool = this.#allocator.leaseOf(key)?.pool;
      this.#writes.put(key, { view, addresses, outcome, pool });
      return;
    }
    // It still carries what it may turn out to have to give up.
    if (outcome.waiting || this.#attempted.has(key)) this.#blockSeen(view);
    this.#writes.drop(key);
    this.#backoff.forget(key);
    this.#herald.tell(view, outcome.remarks, outcome.lines);
    this.#ports.holders?.settled(view, this.#allocator.leaseOf(key));
    this.#ports.log.debug({ event: 'noChange', msg: 'service converged, no change', service: key });
  }

  /** Until a write is known to be done, others see the Service with what it had. */
  #blockSeen(view: ServiceView): void {
    const attempted = this.#attempted.get(view.key) ?? [];
    this.#allocator.block(view.key, [...(statusOf(view)?.addresses ?? []), ...attempted]);
  }

  /**
   * Whether the status is known to list these addresses: a write whose fate is unknown leaves it in doubt. Without any,
   * it is to name no pool either, or a write to that end has been tried. crd.md §3.1
   */
  #isSettled(view: ServiceView, addresses: readonly IpAddress[]): boolean {
    const { key, allocatedFrom } = view;
    if (this.#attempted.has(key) || !isPublished(view, addresses)) return false;
    if (allocatedFrom === undefined || addresses.length > 0) return true;
    return this.#tidied.get(key) === allocatedFrom || this.#patience.awaitsFirstPool;
  }

  async #publish(key: string, write: Write): Promise<void> {
    const { writer } = this.#ports;
    let result: 'written' | 'conflict' | 'gone' | undefined;
    try {
      const from = atLeast(this.#compat, 'v0.13') ? { pool: write.pool } : undefined;
      result = await writer.publish(write.view, write.addresses, from);
      // The cache was behind.
      if (result !== 'written') await writer.refresh(key);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (result === undefined) this.#attempted.set(key, write.addresses);
      this.#failed(key, error.message);
      return;
    }
    if (result === 'written') this.#written(write);
    else if (result === 'conflict') this.#failed(key, 'the Service has changed');
    else this.#lookLater(key);
  }

  #written({ view, addresses, outcome }: Write): void {
    const { key } = view;
    this.#backoff.forget(key);
    this.#attempted.delete(key);
    if (view.allocatedFrom !== undefined) this.#tidied.set(key, view.allocatedFrom);
    this.#herald.tell(view, outcome.remarks, outcome.lines);
    const msg = 'updated service object';
    this.#ports.log.info({ event: 'serviceUpdated', msg, service: key });
    if (this.#services.get(key) === view) {
      const hasLoadBalancerStatus = addresses.length > 0;
      this.#services.set(key, { ...view, ingress: addresses, hasLoadBalancerStatus });
    }
    this.#claiming.add(key);
    this.#look(key);
  }

  #failed(key: string, error: string): void {
    this.#ports.observer.failed();
    const msg = 'failed to update service status';
    this.#ports.log.error({ op: 'updateServiceStatus', error, msg, service: key });
    this.#lookLater(key);
  }

  #lookLater(key: string): void {
    if (!this.#stopped) this.#backoff.retry(key, () => this.#look(key));
  }
}
