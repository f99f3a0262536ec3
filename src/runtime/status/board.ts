import type { PoolUsage } from '../allocator/index.ts';
import type { Acceptance, Config, Pool } from '../model/index.ts';
import { acceptedClaim } from './acceptance.ts';
import type { Claim } from './condition.ts';
import { type BlamedProblem, type ReadObject, type Reading, keyOf } from './facts.ts';
import { type Figures, figuresOf } from './figures.ts';

/** What the status of one object is to say. */
export interface Wanted {
  readonly claims: readonly Claim[];
  /** Absent: there are none to tell, and none are to be left there. */
  readonly figures?: Figures;
}

/** Whether an advertisement covers a pool: `unknown` where there is no such pool, or one that may is not read yet. */
export type Coverage = 'covered' | 'uncovered' | 'unknown';

const POOL_KINDS = ['IPAddressPool', 'AddressPool'];
const ADVERTISEMENT_KINDS = ['L2Advertisement', 'BGPAdvertisement'];

/** Everything that statuses tell, kept together, and what follows from it for each object. */
export class StatusBoard {
  readonly #changed: (objects: readonly ReadObject[]) => void;
  #reading: Reading = { objects: [], outcome: { kind: 'nothing' } };
  #inForce: Config | undefined;
  #pools: ReadonlyMap<string, Pool> = new Map();
  #refusal: { readonly config: Config; readonly reason: string } | undefined;
  /** The configurations that were read from the resources, with what was left out of each. */
  readonly #ofResources = new WeakMap<Config, readonly BlamedProblem[]>();
  /** The objects of the configuration in force, by uid: the generation that is. */
  #applied: ReadonlyMap<string, number | undefined> = new Map();
  readonly #usage = new Map<string, PoolUsage>();

  /** @param changed - told which objects may have something new to say */
  constructor(changed: (objects: readonly ReadObject[]) => void) {
    this.#changed = changed;
  }

  /** The resources were read. */
  read(reading: Reading): void {
    this.#reading = reading;
    const { outcome } = reading;
    if (outcome.kind === 'config') this.#ofResources.set(outcome.config, outcome.left);
    this.#compare();
    this.#changed(reading.objects);
  }

  /** A configuration, whichever source it came from, was offered to the controller. */
  offered(config: Config, acceptance: Acceptance): void {
    if (acceptance.kind === 'accepted') {
      this.#inForce = config;
      this.#pools = new Map(config.pools.map((pool) => [pool.name, pool]));
      this.#refusal = undefined;
    } else {
      this.#refusal = { config, reason: acceptance.reason };
    }
    this.#compare();
    this.#changed(this.#reading.objects);
  }

  poolChanged(usage: PoolUsage): void {
    this.#usage.set(usage.pool, usage);
    this.#poolMoved(usage.pool);
  }

  poolRemoved(pool: string): void {
    this.#usage.delete(pool);
    this.#poolMoved(pool);
  }

  /** The objects there are. */
  get objects(): readonly ReadObject[] {
    return this.#reading.objects;
  }

  /** Names of the pools in force. */
  get pools(): readonly string[] {
    return [...this.#pools.keys()];
  }

  coverageOf(name: string): Coverage {
    const pool = this.#pools.get(name);
    if (pool === undefined || this.#inForce === undefined) return 'unknown';
    if (pool.layer2.length > 0 || pool.bgp.length > 0) return 'covered';
    return this.#leftAdvertisement(this.#inForce) === undefined ? 'uncovered' : 'unknown';
  }

  /** What the object is to say; `undefined` while that is not decided. */
  wanted(object: ReadObject): Wanted | undefined {
    const accepted = acceptedClaim(object, {
      outcome: this.#reading.outcome,
      inForce: this.#inForce,
      fromResources: this.#resourcesInForce,
      refusal: this.#refusal,
      applied: this.#applied,
    });
    if (accepted === undefined) return undefined;
    if (!POOL_KINDS.includes(object.kind)) return { claims: [accepted] };
    const pool = this.#poolInForce(object);
    const claims = [accepted, this.#advertisedClaim(object, pool)];
    const usage = pool && this.#usage.get(pool.name);
    const shown = usage !== undefined && object.kind === 'IPAddressPool';
    return shown ? { claims, figures: figuresOf(usage) } : { claims };
  }

  get #resourcesInForce(): boolean {
    return this.#inForce !== undefined && this.#ofResources.has(this.#inForce);
  }

  /** Notes which objects are in force, once what was read last is. */
  #compare(): void {
    const { objects, outcome } = this.#reading;
    if (outcome.kind !== 'config' || outcome.config !== this.#inForce) return;
    const left = new Set(outcome.left.map(({ object }) => object?.uid));
    const applied = objects.filter(({ uid }) => !left.has(uid));
    this.#applied = new Map(applied.map(({ uid, generation }) => [uid, generation]));
  }

  #poolInForce(object: ReadObject): Pool | undefined {
    if (!this.#resourcesInForce || !this.#applied.has(object.uid)) return undefined;
    return this.#pools.get(object.name);
  }

  #advertisedClaim(object: ReadObject, pool: Pool | undefined): Claim {
    const type = 'Advertised';
    const generation = pool === undefined ? object.generation : this.#applied.get(object.uid);
    const observed = generation === undefined ? {} : { observedGeneration: generation };
    if (pool === undefined || this.#inForce === undefined) {
      return { type, status: 'Unknown', reason: 'NotInForce', message: NOT_IN_FORCE, ...observed };
    }
    const ways = [
      ...(pool.layer2.length > 0 ? ['at layer 2'] : []),
      ...(pool.bgp.length > 0 ? ['over BGP'] : []),
    ];
    if (ways.length > 0) {
      const message = `addresses of the pool are announced ${ways.join(' and ')}`;
      return { type, status: 'True', reason: 'Advertised', message, ...observed };
    }
    const waiting = this.#leftAdvertisement(this.#inForce);
    if (waiting !== undefined) {
      const message = `an advertisement that may cover the pool is not read: ${waiting.message}`;
      return { type, status: 'Unknown', reason: 'AdvertisementWaits', message, ...observed };
    }
    const reason = 'NoAdvertisement';
    return { type, status: 'False', reason, message: UNCOVERED, ...observed };
  }

  #leftAdvertisement(config: Config): BlamedProblem | undefined {
    const left = this.#ofResources.get(config) ?? [];
    return left.find(({ object }) => ADVERTISEMENT_KINDS.includes(object?.kind ?? ''));
  }

  #poolMoved(name: string): void {
    const key = keyOf({ kind: 'IPAddressPool', name });
    this.#changed(this.#reading.objects.filter((object) => keyOf(object) === key));
  }
}

const NOT_IN_FORCE = 'the pool is not in force';
const UNCOVERED =
  'no L2Advertisement or BGPAdvertisement covers the pool: its addresses are assigned, and nobody announces them';
