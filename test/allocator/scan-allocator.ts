import type { Claim, Families } from '../../src/runtime/allocator/index.ts';
import type { Labels, Pool, Selector } from '../../src/runtime/model/index.ts';
import { type IpAddress, familyOf, ipFromBits } from '../../src/runtime/net/index.ts';
import { prefixContains } from '../support/prefix-contains.ts';

/** What one Service holds, told the slow way. */
interface Held {
  readonly claim: Claim;
  readonly addresses: readonly IpAddress[];
}

/** A second implementation, slow and obvious: it looks at every address of every pool in turn. */
export class ScanAllocator {
  readonly held: Map<string, Held> = new Map<string, Held>();
  /** By Service: what it keeps from others. */
  readonly blocked: Map<string, readonly IpAddress[]> = new Map<string, readonly IpAddress[]>();
  pools: readonly Pool[] = [];
  /** Whether a pool whose `serviceAllocation` chooses nothing is given only to those who name it. */
  readonly #strict: boolean;

  constructor(strict: boolean) {
    this.#strict = strict;
  }

  poolOf(addresses: readonly IpAddress[]): Pool | undefined {
    return this.pools.find((pool) =>
      addresses.every(
        (address) =>
          !(pool.avoidBuggyIPs && /^\d+\.\d+\.\d+\.(0|255)$/.test(address)) &&
          pool.cidrs.some((prefix) => prefixContains(prefix, address)),
      ),
    );
  }

  setPools(pools: readonly Pool[]): boolean {
    const before = this.pools;
    this.pools = pools;
    const fits = [...this.held.values()].every(({ addresses }) => this.poolOf(addresses));
    if (!fits) this.pools = before;
    for (const [service, addresses] of this.blocked) this.#setBlocked(service, addresses);
    return fits;
  }

  assign(claim: Claim, addresses: readonly IpAddress[], doubt: 'trust' | 'wait'): boolean {
    const families = new Set(addresses.map(familyOf));
    const pool = this.poolOf(addresses);
    if (pool === undefined || families.size !== addresses.length) return false;
    if (!(serves(pool, claim) ?? doubt === 'trust')) return false;
    if (!addresses.every((address) => this.#mayHold(claim, address))) return false;
    this.held.set(claim.service, { claim, addresses });
    this.blocked.delete(claim.service);
    return true;
  }

  release(service: string): boolean {
    this.blocked.delete(service);
    return this.held.delete(service);
  }

  block(service: string, addresses: readonly IpAddress[]): void {
    this.blocked.delete(service);
    const taken = [...this.held.values()].flatMap((other) => other.addresses);
    const all = [...taken, ...[...this.blocked.values()].flat()];
    this.#setBlocked(
      service,
      addresses.filter((address) => !all.includes(address)),
    );
  }

  allocate(claim: Claim, families: Families, name?: string): readonly IpAddress[] | undefined {
    this.release(claim.service);
    const pools = name === undefined ? this.#automatic() : this.pools.filter(isCalled(name));
    for (const pool of pools) {
      const verdict = serves(pool, claim);
      if (verdict === undefined) return undefined;
      const addresses = verdict ? this.#firstIn(pool, families, claim) : undefined;
      if (addresses === undefined) continue;
      this.held.set(claim.service, { claim, addresses });
      return addresses;
    }
    return undefined;
  }

  /** Pools that choose come first, then by priority, then by the name from before a migration. */
  #automatic(): readonly Pool[] {
    const chosen = (pool: Pool): number => {
      const { priority = 0 } = pool.serviceAllocation ?? {};
      return (isChoosy(pool) ? 0 : 1e6) + (priority === 0 ? 1e5 : priority);
    };
    return this.pools
      .filter(({ autoAssign }) => autoAssign)
      .filter((pool) => !this.#strict || pool.serviceAllocation === undefined || isChoosy(pool))
      .sort((a, b) => chosen(a) - chosen(b) || (oldName(a) < oldName(b) ? -1 : 1));
  }

  #firstIn(pool: Pool, families: Families, claim: Claim): IpAddress[] | undefined {
    const missing = new Set(families === 'dual' ? ['ipv4', 'ipv6'] : [families]);
    const found: IpAddress[] = [];
    for (const { family, first, last } of pool.cidrs) {
      for (let bits = first; missing.has(family) && bits <= last; bits += 1n) {
        const address = ipFromBits(bits, family);
        if (this.poolOf([address]) === undefined || !this.#mayHold(claim, address)) continue;
        missing.delete(family);
        found.push(address);
      }
    }
    return missing.size === 0 ? found : undefined;
  }

  #setBlocked(service: string, addresses: readonly IpAddress[]): void {
    const inPools = addresses.filter((address) => this.poolOf([address]) !== undefined);
    if (inPools.length > 0) this.blocked.set(service, inPools);
    else this.blocked.delete(service);
  }

  #mayHold(claim: Claim, address: IpAddress): boolean {
    for (const [service, addresses] of this.blocked) {
      if (service !== claim.service && addresses.includes(address)) return false;
    }
    return [...this.held.values()]
      .filter((other) => other.claim.service !== claim.service && other.addresses.includes(address))
      .every(
        ({ claim: other }) =>
          claim.sharingKey !== '' &&
          claim.sharingKey === other.sharingKey &&
          claim.backendKey === other.backendKey &&
          !claim.ports.some((port) => other.ports.includes(port)),
      );
  }
}

function isCalled(name: string): (pool: Pool, index: number, all: readonly Pool[]) => boolean {
  return (pool, _index, all) => {
    if (all.some((one) => one.name === name)) return pool.name === name;
    return pool.legacyName === name;
  };
}

function oldName({ name, legacyName }: Pool): string {
  return legacyName ?? name;
}

function isChoosy({ serviceAllocation: given }: Pool): boolean {
  if (given === undefined) return false;
  const lists = [given.namespaces, given.namespaceSelectors, given.serviceSelectors];
  return lists.some((list) => list.length > 0);
}

/** `undefined`: that cannot be told yet. */
function serves({ serviceAllocation: given }: Pool, claim: Claim): boolean | undefined {
  if (given === undefined) return true;
  const { namespaces, namespaceSelectors, serviceSelectors } = given;
  const hit = (selectors: readonly Selector[], labels: Labels): boolean =>
    selectors.some(({ requirements }) =>
      requirements.every(({ key, values }) => values.includes(labels[key] ?? '')),
    );
  if (serviceSelectors.length > 0 && !hit(serviceSelectors, claim.labels)) return false;
  if (namespaces.length === 0 && namespaceSelectors.length === 0) return true;
  if (namespaces.includes(claim.namespace)) return true;
  if (namespaceSelectors.length === 0) return false;
  return claim.namespaceLabels && hit(namespaceSelectors, claim.namespaceLabels);
}
