import { type Acceptance, type Compat, type Pool, atLeast } from '../model/index.ts';
import { type Family, type IpAddress, familyOf } from '../net/index.ts';
import type { Claim, Footprint } from './claim.ts';
import { type Families, type Refusal, quoted, refusal } from './families.ts';
import { type Holding, sharingConflict } from './holding.ts';
import { AddressMap } from './address-map.ts';
import { type Place, type PoolIndex, type Space, indexPool, lowestPlaces } from './pool-index.ts';
import { automaticOrder, fitness, unfitPool } from './service-allocation.ts';

/** The addresses a Service holds, in the order its status lists them. */
export interface Lease {
  readonly kind: 'leased';
  readonly pool: string;
  readonly addresses: readonly IpAddress[];
}

/** How much of a pool is taken, as the metrics of legacy.md §8.3 count it. */
export interface PoolUsage {
  readonly pool: string;
  readonly capacity: bigint;
  /** Distinct addresses; a shared one counts once. */
  readonly inUse: number;
  readonly services: number;
  readonly families: Readonly<Record<Family, FamilyUsage>>;
}

/** The addresses of one family of a pool; `capacity` ends at 2^63-1. */
export interface FamilyUsage {
  readonly capacity: bigint;
  readonly inUse: number;
}

interface Allocation {
  readonly claim: Claim;
  readonly addresses: readonly IpAddress[];
  /** Moves with the configuration. */
  pool: PoolIndex;
}

interface Home {
  readonly pool: PoolIndex;
  readonly places: readonly Place[];
}

/** A claim that shares with nobody. */
const ALONE = { ports: [], sharingKey: '', backendKey: '' };

/**
 * Who holds which address. Deterministic: the same calls in the same order give the same leases.
 * Time to allocate or release grows with the depth of an address, never with the size of a pool.
 */
export class Allocator {
  readonly #compat: Compat;
  /** Sorted by name. */
  #pools: ReadonlyMap<string, PoolIndex> = new Map();
  /** By the names that a Service may use. */
  #called: ReadonlyMap<string, PoolIndex> = new Map();
  #map = new AddressMap([]);
  #automatic: readonly PoolIndex[] = [];
  readonly #allocations = new Map<string, Allocation>();
  readonly #holdings = new Map<IpAddress, Holding>();
  readonly #blocked = new Map<string, readonly IpAddress[]>();
  #generation = 0;

  constructor(compat: Compat) {
    this.#compat = compat;
  }

  /** Puts pools into force, unless an allocated Service would fit in none of them. legacy.md §3.11. */
  setPools(pools: readonly Pool[]): Acceptance {
    this.#generation += 1;
    const indexes = [...pools].sort(byName).map(indexPool);
    const map = new AddressMap(indexes);
    const stranded = this.#stranded(map);
    if (stranded !== undefined) return { kind: 'refused', reason: stranded };
    this.#pools = new Map(indexes.map((index) => [index.pool.name, index]));
    this.#called = new Map([...legacyNames(indexes), ...this.#pools]);
    this.#map = map;
    this.#automatic = automaticOrder(indexes, this.#compat);
    for (const [address, holding] of this.#holdings) {
      const place = map.locate(address);
      // Only what is blocked can be without a place.
      if (place === undefined) this.#holdings.delete(address);
      else occupy(Object.assign(holding, { place }));
    }
    for (const allocation of this.#allocations.values()) {
      allocation.pool = homeIn(map, allocation.addresses)?.pool ?? allocation.pool;
      allocation.pool.services += 1;
    }
    return { kind: 'accepted' };
  }

  /**
   * Gives a Service exactly these addresses, in place of those it holds. Idempotent. legacy.md §3.5.
   *
   * @param doubt - what to do while it is not known whether the pool serves the Service: `trust` it with what it
   *   already carries, or `wait`
   */
  assign(
    claim: Claim,
    addresses: readonly IpAddress[],
    doubt: 'trust' | 'wait' = 'wait',
  ): Lease | Refusal {
    const home = homeIn(this.#map, addresses);
    if (home === undefined) return refusal(`${quoted(addresses)} is not allowed in config`);
    const { pool } = home.pool;
    const fit = fitness(pool, claim);
    if (fit === 'unfit' || (fit === 'unknown' && doubt === 'wait')) return unfitPool(pool, fit);
    const misfit = this.#unfitList(addresses);
    if (misfit !== undefined) return refusal(misfit);
    for (const address of addresses) {
      const holding = this.#holdings.get(address);
      const conflict = holding && sharingConflict(holding, claim, this.#compat);
      if (conflict !== undefined) return conflict;
    }
    return this.#hold(claim, home);
  }

  /**
   * Gives a Service the lowest addresses of the pool, or of the first pool in automatic order that serves it and every
   * family. What it held before is given back, even if nothing is found. legacy.md §3.6, crd.md §2.9
   */
  allocate(claim: Claim, families: Families, pool?: string): Lease | Refusal {
    this.release(claim.service);
    if (pool === undefined) return this.#allocateAnywhere(claim, families);
    const index = this.#called.get(pool);
    if (index === undefined) return refusal(`unknown pool ${JSON.stringify(pool)}`);
    const fit = fitness(index.pool, claim);
    if (fit !== 'fit') return unfitPool(index.pool, fit);
    const places = lowestPlaces(index, families, claim);
    if (places !== undefined) return this.#hold(claim, { pool: index, places });
    const wanted = atLeast(this.#compat, 'v0.12') ? ` for ${families} IPFamily` : '';
    return refusal(`no available IPs in pool "${pool}"${wanted}`);
  }

  /**
   * Keeps addresses that nobody holds from all but this Service: it gave them up, but still carries them as
   * far as others can see. Lasts until it is unblocked, released, or holds anything anew.
   */
  block(service: string, addresses: readonly IpAddress[]): void {
    this.unblock(service);
    const blocked: IpAddress[] = [];
    for (const address of addresses) {
      const place = this.#map.locate(address);
      if (place === undefined || this.#holdings.has(address)) continue;
      this.#join(place, { ...ALONE, service });
      blocked.push(address);
    }
    if (blocked.length > 0) this.#blocked.set(service, blocked);
  }

  /** Whether anything was blocked for the Service. */
  unblock(service: string): boolean {
    const blocked = this.#blocked.get(service);
    if (blocked === undefined) return false;
    this.#blocked.delete(service);
    this.#generation += 1;
    for (const address of blocked) this.#leave(address, { ...ALONE, service });
    return true;
  }

  /** Whether the Service held anything. */
  release(service: string): boolean {
    this.unblock(service);
    const allocation = this.#allocations.get(service);
    if (allocation === undefined) return false;
    this.#generation += 1;
    this.#allocations.delete(service);
    allocation.pool.services -= 1;
    for (const address of allocation.addresses) this.#leave(address, allocation.claim);
    return true;
  }

  /** The name of the pool that a Service calls so: it may use the name from before a migration. product.md §4 */
  poolCalled(name: string): string | undefined {
    return this.#called.get(name)?.pool.name;
  }

  /** Whether a CIDR of some pool contains the address, be it passed over or not. */
  covers(address: IpAddress): boolean {
    return this.#map.covers(address);
  }

  leaseOf(service: string): Lease | undefined {
    const allocation = this.#allocations.get(service);
    return allocation && leaseFor(allocation);
  }

  /** Another number after every change to who holds what, or to the pools. */
  get generation(): number {
    return this.#generation;
  }

  /** With which ports and keys the Service holds its addresses. */
  claimHeldBy(service: string): Claim | undefined {
    return this.#allocations.get(service)?.claim;
  }

  /** By name of pool. */
  usage(): PoolUsage[] {
    return [...this.#pools.values()].map(({ pool, capacity, inUse, services, ipv4, ipv6 }) => {
      const families = { ipv4: figuresOf(ipv4), ipv6: figuresOf(ipv6) };
      return { pool: pool.name, capacity, inUse, services, families };
    });
  }

  #allocateAnywhere(claim: Claim, families: Families): Lease | Refusal {
    for (const index of this.#automatic) {
      const fit = fitness(index.pool, claim);
      // Another pool would be wrong if this one turns out to serve it.
      if (fit === 'unknown') return unfitPool(index.pool, fit);
      const places = fit === 'fit' ? lowestPlaces(index, families, claim) : undefined;
      if (places !== undefined) return this.#hold(claim, { pool: index, places });
    }
    return refusal('no available IPs');
  }

  #unfitList(addresses: readonly IpAddress[]): string | undefined {
    if (addresses.length > 2) {
      const how = atLeast(this.#compat, 'v0.13') ? 'more' : 'More';
      return `${how} than two addresses ${quoted(addresses)}`;
    }
    const [first, second] = addresses;
    if (first === undefined || second === undefined || familyOf(first) !== familyOf(second)) {
      return undefined;
    }
    return `"${first}" "${second}" has the same family`;
  }

  #stranded(map: AddressMap): string | undefined {
    const unfit = [...this.#allocations]
      .filter(([, { addresses }]) => homeIn(map, addresses) === undefined)
      .map(([service]) => service)
      .sort();
    const [service] = unfit;
    if (service === undefined) return undefined;
    const addresses = quoted(this.#allocations.get(service)?.addresses ?? []);
    const what = `service "${service}" cannot own ${addresses} under new config`;
    return `new config not compatible with assigned IPs: ${what}`;
  }

  #hold(claim: Claim, { pool, places }: Home): Lease {
    this.unblock(claim.service);
    const addresses = places.map(({ address }) => address);
    const held = this.#allocations.get(claim.service);
    if (held !== undefined && sameList(held.addresses, addresses) && sameClaim(held.claim, claim)) {
      return leaseFor(held);
    }
    this.release(claim.service);
    this.#generation += 1;
    const allocation = { claim, pool, addresses };
    this.#allocations.set(claim.service, allocation);
    pool.services += 1;
    for (const place of places) this.#join(place, claim);
    return leaseFor(allocation);
  }

  #join(place: Place, claim: Footprint): void {
    const holding = this.#holdings.get(place.address);
    if (holding !== undefined) {
      holding.services.add(claim.service);
      for (const port of claim.ports) holding.ports.set(port, claim.service);
      place.space.shareable.add(place.slot, holding.keys, claim.ports);
      return;
    }
    const ports = new Map(claim.ports.map((port) => [port, claim.service]));
    const first = { place, keys: claim, ports, services: new Set([claim.service]) };
    this.#holdings.set(place.address, first);
    occupy(first);
  }

  #leave(address: IpAddress, claim: Footprint): void {
    const holding = this.#holdings.get(address);
    if (holding === undefined) return;
    const { place, keys, ports, services } = holding;
    services.delete(claim.service);
    for (const port of claim.ports) ports.delete(port);
    if (services.size > 0) {
      place.space.shareable.removePorts(place.slot, keys, claim.ports);
      return;
    }
    place.space.shareable.remove(place.slot, keys, claim.ports);
    place.space.occupied.delete(place.slot);
    place.pool.inUse -= 1;
    place.space.inUse -= 1;
    this.#holdings.delete(address);
  }
}

function occupy({ place, keys, ports }: Holding): void {
  place.space.occupied.add(place.slot);
  place.space.shareable.add(place.slot, keys, ports.keys());
  place.pool.inUse += 1;
  place.space.inUse += 1;
}

function figuresOf({ capacity, inUse }: Space): FamilyUsage {
  return { capacity, inUse };
}

/** Where the addresses lie, if all lie in one pool. */
function homeIn(map: AddressMap, addresses: readonly IpAddress[]): Home | undefined {
  const places = addresses.map((address) => map.locate(address)).filter((place) => !!place);
  const [first] = places;
  if (first === undefined || places.length < addresses.length) return undefined;
  return places.every(({ pool }) => pool === first.pool) ? { pool: first.pool, places } : undefined;
}

function sameClaim(a: Claim, b: Claim): boolean {
  const sameKeys = a.sharingKey === b.sharingKey && a.backendKey === b.backendKey;
  return sameKeys && sameList(a.ports, b.ports);
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

function legacyNames(indexes: readonly PoolIndex[]): [string, PoolIndex][] {
  return indexes.flatMap((index) => {
    const { legacyName } = index.pool;
    return legacyName === undefined ? [] : [[legacyName, index]];
  });
}

function byName(a: Pool, b: Pool): number {
  return a.name < b.name ? -1 : Number(a.name > b.name);
}

function leaseFor({ pool, addresses }: Allocation): Lease {
  return { kind: 'leased', pool: pool.pool.name, addresses };
}
