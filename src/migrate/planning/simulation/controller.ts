import { Allocator, type Lease, claimOf } from '../../../runtime/allocator/index.ts';
import {
  type Outcome,
  type Registry,
  carriersFirst,
  carriesNew,
  converge,
  isPublished,
  registerExisting,
  statusOf,
} from '../../../runtime/controller/index.ts';
import {
  type Acceptance,
  type Config,
  type Labels,
  type Remark,
  type ServiceView,
  atLeast,
  isServed,
} from '../../../runtime/model/index.ts';
import type { IpAddress } from '../../../runtime/net/index.ts';
import type { Situation } from './situation.ts';

/** What the controller makes of one Service. */
export interface Assignment {
  /** As its status then says. */
  readonly view: ServiceView;
  readonly lease: Lease | undefined;
  readonly remarks: readonly Remark[];
}

/** Services looked at before what was decided is written, as in the controller. */
const SERVICES_A_TURN = 250;
/** Writes under way at once, as in the controller. */
const WRITES_AT_ONCE = 16;
/** A Service that is looked at more often than this never settles. */
const MOST_LOOKS = 1000;

/**
 * The controller without time: it decides in the same order and by the same rules. Every write succeeds, and takes longer
 * than whatever can be decided meanwhile. legacy.md §3
 */
export class ControllerSimulation {
  readonly #situation: Situation;
  readonly #allocator: Allocator;
  readonly #registry: Registry;
  readonly #services: Map<string, ServiceView>;
  readonly #remarks = new Map<string, readonly Remark[]>();
  readonly #looks = new Map<string, number>();
  readonly #due = new Set<string>();
  readonly #claiming = new Set<string>();
  readonly #waiting = new Set<string>();
  /** Writes that have not begun, in order of asking. */
  readonly #queued = new Map<string, readonly IpAddress[]>();
  readonly #underWay = new Map<string, readonly IpAddress[]>();
  #config: Config | undefined;
  #hadPools = false;
  #cidrs = '';

  /** A controller that has just started. */
  constructor(situation: Situation) {
    const { compat } = situation.rules;
    this.#situation = situation;
    this.#allocator = new Allocator(compat);
    this.#services = new Map(situation.services.map((view) => [view.key, view]));
    this.#registry = { allocator: this.#allocator, compat, find: (key) => this.#services.get(key) };
    for (const view of this.#services.values()) {
      if (carriesNew(view, undefined)) this.#claiming.add(view.key);
    }
  }

  /** Puts a configuration into force, unless it strands an address in use, and lets everything settle. */
  apply(config: Config): Acceptance {
    const acceptance = this.#allocator.setPools(config.pools);
    if (acceptance.kind === 'refused') return acceptance;
    this.#config = config;
    const cidrs = JSON.stringify(config.pools.flatMap((pool) => pool.cidrs.map((one) => one.text)));
    const isPatient = this.#isV13() && cidrs !== this.#cidrs;
    this.#cidrs = cidrs;
    this.#hadPools ||= config.pools.length > 0;
    if (isPatient) this.#settle(true);
    this.#settle(this.#awaitsFirstPool());
    return acceptance;
  }

  /** Every Service as it is left, by key. */
  assignments(): ReadonlyMap<string, Assignment> {
    return new Map(
      [...this.#services].map(([key, view]) => {
        const remarks = this.#remarks.get(key) ?? [];
        return [key, { view, lease: this.#allocator.leaseOf(key), remarks }];
      }),
    );
  }

  /** Everything is looked at, and again for as long as that changes anything. */
  #settle(patient: boolean): void {
    if (patient) this.#claimAnew();
    this.#looks.clear();
    for (const key of this.#services.keys()) this.#due.add(key);
    do {
      while (this.#due.size > 0) this.#takeTurn(patient);
      this.#land();
    } while (this.#due.size + this.#underWay.size > 0);
  }

  #claimAnew(): void {
    for (const { key, ingress } of this.#services.values()) {
      if (ingress.length > 0 && ingress.length <= 2) this.#claiming.add(key);
    }
  }

  #takeTurn(patient: boolean): void {
    this.#registerClaims();
    let released = false;
    for (const view of this.#nextViews()) {
      this.#due.delete(view.key);
      // Looked at again when its write is done.
      if (!this.#underWay.has(view.key)) released = this.#decide(view, patient) || released;
    }
    if (released) for (const key of this.#waiting) this.#look(key);
  }

  #nextViews(): readonly ServiceView[] {
    const views = [...this.#due].flatMap((key) => this.#services.get(key) ?? []);
    return views.sort(carriersFirst).slice(0, SERVICES_A_TURN);
  }

  #registerClaims(): void {
    const claimants = [...this.#claiming].flatMap((key) => this.#services.get(key) ?? []);
    this.#claiming.clear();
    for (const view of claimants.filter((one) => this.#isOurs(one)).sort(carriersFirst)) {
      const claim = claimOf(view, this.#namespaceOf(view));
      for (const key of registerExisting(view, claim, this.#registry)) {
        this.#queued.delete(key);
        this.#look(key);
      }
    }
  }

  /** Whether anything was given back that others may be waiting for. */
  #decide(view: ServiceView, patient: boolean): boolean {
    const { key } = view;
    this.#looks.set(key, (this.#looks.get(key) ?? 0) + 1);
    if (!this.#isOurs(view)) return this.#allocator.release(key);
    if (this.#awaitsFirstPool() && view.hasLoadBalancerStatus) return false;
    const unblocked = this.#allocator.unblock(key);
    const outcome = converge(view, this.#allocator, this.#situation.rules.compat, {
      namespaceLabels: this.#namespaceOf(view),
      namespacesReadable: this.#situation.namespaces !== undefined,
      patient,
    });
    this.#remember(key, outcome);
    this.#carryOut(view, outcome);
    const postponed = outcome.waiting && outcome.addresses === undefined;
    return outcome.released || (unblocked && !postponed);
  }

  /** Until it is written, others see the Service with what it had. */
  #carryOut(view: ServiceView, { addresses, waiting }: Outcome): void {
    const { key } = view;
    if (waiting) this.#waiting.add(key);
    else this.#waiting.delete(key);
    const changed = addresses !== undefined && !isPublished(view, addresses);
    if (changed) this.#queued.set(key, addresses);
    else this.#queued.delete(key);
    this.#begin();
    if (changed || waiting) this.#allocator.block(key, statusOf(view)?.addresses ?? []);
  }

  /** An address once given is no news of what will be: why there is none, is. */
  #remember(key: string, { remarks }: Outcome): void {
    this.#remarks.set(
      key,
      remarks.filter(({ type }) => type === 'Warning'),
    );
  }

  #begin(): void {
    for (const [key, addresses] of this.#queued) {
      if (this.#underWay.size >= WRITES_AT_ONCE) return;
      if (this.#underWay.has(key)) continue;
      this.#queued.delete(key);
      this.#underWay.set(key, addresses);
    }
  }

  /** What is under way reaches the API, and the controller hears of it. */
  #land(): void {
    const written = [...this.#underWay];
    this.#underWay.clear();
    for (const [key, ingress] of written) {
      const view = this.#services.get(key);
      if (view === undefined) continue;
      this.#services.set(key, { ...view, ingress, hasLoadBalancerStatus: ingress.length > 0 });
      this.#claiming.add(key);
      this.#look(key);
    }
    this.#begin();
  }

  #look(key: string): void {
    if ((this.#looks.get(key) ?? 0) < MOST_LOOKS) this.#due.add(key);
  }

  #isOurs(view: ServiceView): boolean {
    const { compat, lbClass } = this.#situation.rules;
    if (isServed(view, compat, lbClass)) return true;
    return view.type !== 'LoadBalancer' && this.#allocator.leaseOf(view.key) !== undefined;
  }

  #namespaceOf({ key }: ServiceView): Labels | undefined {
    return this.#situation.namespaces?.get(key.slice(0, Math.max(0, key.indexOf('/'))));
  }

  #isV13(): boolean {
    return atLeast(this.#situation.rules.compat, 'v0.13');
  }

  /** From v0.13 on nobody loses an address for want of any pool. crd.md §3.2 A */
  #awaitsFirstPool(): boolean {
    return this.#isV13() && !this.#hadPools && this.#config !== undefined;
  }
}
