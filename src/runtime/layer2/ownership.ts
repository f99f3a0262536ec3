import type { IpAddress } from '../net/index.ts';

/** What a change of one Service means for the links. */
export type OwnershipChange =
  /** Ours now, or on other interfaces than before; without `interfaces`, on every one. */
  | { readonly type: 'own'; readonly address: IpAddress; readonly interfaces?: readonly string[] }
  | { readonly type: 'disown'; readonly address: IpAddress };

interface Claim {
  readonly addresses: ReadonlySet<IpAddress>;
  /** `undefined` is every interface. */
  readonly interfaces: readonly string[] | undefined;
}

/** Which Services announce which addresses here. An address is ours while at least one Service lists it. */
export class Ownership {
  readonly #claims = new Map<string, Claim>();
  readonly #claimants = new Map<IpAddress, Set<string>>();

  /** Replaces what the Service announces; nothing changes if it announced the same before. */
  set(
    service: string,
    addresses: readonly IpAddress[],
    interfaces?: readonly string[],
  ): OwnershipChange[] {
    const before = this.#claims.get(service);
    const touched = new Set([...(before?.addresses ?? []), ...addresses]);
    return this.#changing(touched, () => {
      if (before !== undefined) this.#remove(service, before);
      this.#claims.set(service, { addresses: new Set(addresses), interfaces });
      for (const address of addresses) {
        const claimants = this.#claimants.get(address) ?? new Set();
        this.#claimants.set(address, claimants.add(service));
      }
    });
  }

  /** Whether the Service announces these very addresses, but not on these interfaces. */
  relists(
    service: string,
    addresses: readonly IpAddress[],
    interfaces?: readonly string[],
  ): boolean {
    const before = this.#claims.get(service);
    if (before?.addresses.size !== new Set(addresses).size) return false;
    if (before.interfaces?.join('/') === interfaces?.join('/')) return false;
    return addresses.every((address) => before.addresses.has(address));
  }

  delete(service: string): OwnershipChange[] {
    const before = this.#claims.get(service);
    if (before === undefined) return [];
    return this.#changing(before.addresses, () => this.#remove(service, before));
  }

  /** How many Services announce the address. */
  count(address: IpAddress): number {
    return this.#claimants.get(address)?.size ?? 0;
  }

  /** Which Services announce the address. */
  servicesOf(address: IpAddress): readonly string[] {
    return [...(this.#claimants.get(address) ?? [])];
  }

  /** What the Service announces. */
  addressesOf(service: string): readonly IpAddress[] {
    return [...(this.#claims.get(service)?.addresses ?? [])];
  }

  /** Every address that is ours, in the order of gaining it. */
  addresses(): IterableIterator<IpAddress> {
    return this.#claimants.keys();
  }

  owns(address: IpAddress, interfaceName: string): boolean {
    if (!this.#claimants.has(address)) return false;
    return this.interfacesOf(address)?.includes(interfaceName) ?? true;
  }

  /** All interfaces that any claimant names; `undefined` if one of them names none, which means every one. */
  interfacesOf(address: IpAddress): readonly string[] | undefined {
    const names = new Set<string>();
    for (const service of this.#claimants.get(address) ?? []) {
      const interfaces = this.#claims.get(service)?.interfaces;
      if (interfaces === undefined) return undefined;
      for (const name of interfaces) names.add(name);
    }
    return [...names].sort();
  }

  #remove(service: string, { addresses }: Claim): void {
    this.#claims.delete(service);
    for (const address of addresses) {
      const claimants = this.#claimants.get(address);
      claimants?.delete(service);
      if (claimants?.size === 0) this.#claimants.delete(address);
    }
  }

  #changing(addresses: Iterable<IpAddress>, change: () => void): OwnershipChange[] {
    const before = Array.from(addresses, (address) => ({
      address,
      owned: this.#claimants.has(address),
      interfaces: this.interfacesOf(address),
    }));
    change();
    return before.flatMap(({ address, owned, interfaces: old }): OwnershipChange[] => {
      if (!this.#claimants.has(address)) return owned ? [{ type: 'disown', address }] : [];
      const interfaces = this.interfacesOf(address);
      if (owned && interfaces?.join('/') === old?.join('/')) return [];
      return [{ type: 'own', address, ...(interfaces !== undefined && { interfaces }) }];
    });
  }
}
