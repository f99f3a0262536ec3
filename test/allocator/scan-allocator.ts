import type { Claim, Families } from '../../src/runtime/allocator/index.ts';
import type { Pool } from '../../src/runtime/model/index.ts';
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

  assign(claim: Claim, addresses: readonly IpAddress[]): boolean {
    const families = new Set(addresses.map(familyOf));
    const fits = this.poolOf(addresses) !== undefined && families.size === addresses.length;
    if (!fits || !addresses.every((address) => this.#mayHold(claim, address))) return false;
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
    const pools = this.pools
      .filter((pool) => (name === undefined ? pool.autoAssign : pool.name === name))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const pool of pools) {
      const addresses = this.#firstIn(pool, families, claim);
      if (addresses === undefined) continue;
      this.held.set(claim.service, { claim, addresses });
      return addresses;
    }
    return undefined;
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
