import { type IpAddress, familyOf, ipToBytes } from '../../net/index.ts';

/**
 * What we do about an address: answer and announce; answer until a successor is heard; or only listen.
 * The first two are what {@link Account.answers} says in one comparison.
 */
export type Standing = 'owned' | 'handingOver' | 'watched';

/** What happened on account of one address since the last report. */
export interface Account {
  readonly address: IpAddress;
  /** Sixteen octets; IPv4 addresses are known by their number alone. */
  readonly octets: Uint8Array;
  /** Names of the interfaces on which the address is ours; `undefined` is every one. */
  interfaces: ReadonlySet<string> | undefined;
  standing: Standing;
  answers: boolean;
  requests: number;
  responses: number;
  gratuitous: number;
  /** Whether the counts changed since the last report. */
  dirty: boolean;
}

/** One line of a report: what is to be added to the counters of `address`. */
export interface Counts {
  readonly address: IpAddress;
  readonly requests: number;
  readonly responses: number;
  readonly gratuitous: number;
}

/**
 * The addresses we answer for, looked up from raw frames without allocating, and the counts of each.
 * Numbers are signed 32-bit integers because those need no heap number.
 */
export class Ledger {
  readonly #byAddress = new Map<IpAddress, Account>();
  readonly #ipv4 = new Map<number, Account>();
  /** By the last 32 bits; service addresses of one prefix rarely share them. */
  readonly #ipv6 = new Map<number, Account[]>();
  #dirty: Account[] = [];
  /** The account that the last lookup found. */
  hit: Account | undefined;

  /** Answers and announces `address` from now on, whatever was done about it before. */
  own(address: IpAddress, interfaces: readonly string[] | undefined): void {
    this.#stand(address, interfaces, 'owned');
  }

  /** Only listens to what others say of `address`. */
  watch(address: IpAddress, interfaces: readonly string[] | undefined): void {
    this.#stand(address, interfaces, 'watched');
  }

  /** Goes on answering for an owned address, and announces it no more; the account, if it was owned. */
  handOver(address: IpAddress): Account | undefined {
    const account = this.#byAddress.get(address);
    if (account?.standing !== 'owned') return undefined;
    account.standing = 'handingOver';
    return account;
  }

  #stand(address: IpAddress, interfaces: readonly string[] | undefined, standing: Standing): void {
    const account = this.#byAddress.get(address) ?? this.#add(address);
    account.interfaces = interfaces && new Set(interfaces);
    account.standing = standing;
    account.answers = standing === 'owned';
  }

  #add(address: IpAddress): Account {
    const octets = ipToBytes(address);
    const account: Account = {
      ...{ address, octets, interfaces: undefined },
      ...{ standing: 'watched', answers: false },
      ...{ requests: 0, responses: 0, gratuitous: 0, dirty: false },
    };
    this.#byAddress.set(address, account);
    if (familyOf(address) === 'ipv4') this.#ipv4.set(readI32(octets, 0), account);
    else this.#sharing(readI32(octets, 12)).push(account);
    return account;
  }

  /** Stops all answers for `address`; its counts so far are still reported. */
  disown(address: IpAddress): void {
    const account = this.#byAddress.get(address);
    if (account === undefined) return;
    this.#byAddress.delete(address);
    account.answers = false;
    if (familyOf(address) === 'ipv4') {
      this.#ipv4.delete(readI32(account.octets, 0));
      return;
    }
    const key = readI32(account.octets, 12);
    const rest = this.#sharing(key).filter((other) => other !== account);
    if (rest.length === 0) this.#ipv6.delete(key);
    else this.#ipv6.set(key, rest);
  }

  /** The account of `address` on that interface, whatever we do about it. */
  find(address: IpAddress, interfaceName: string): Account | undefined {
    return isOn(this.#byAddress.get(address), interfaceName);
  }

  /** A lookup for one interface by IPv4 address as a signed 32-bit integer: whether we answer for it. */
  ipv4On(interfaceName: string): (target: number) => boolean {
    return (target) => {
      const account = isOn(this.#ipv4.get(target), interfaceName);
      this.hit = account?.answers === true ? account : undefined;
      return this.hit !== undefined;
    };
  }

  /** As {@link ipv4On}, but whether we know the address at all. */
  ipv4KnownOn(interfaceName: string): (target: number) => boolean {
    return (target) => {
      this.hit = isOn(this.#ipv4.get(target), interfaceName);
      return this.hit !== undefined;
    };
  }

  /** A lookup for one interface by the sixteen octets at `offset` of `frame`: whether we answer for it. */
  ipv6On(interfaceName: string): (frame: Uint8Array, offset: number) => boolean {
    return (frame, offset) => {
      const account = isOn(this.#ipv6At(frame, offset), interfaceName);
      this.hit = account?.answers === true ? account : undefined;
      return this.hit !== undefined;
    };
  }

  /** As {@link ipv6On}, but whether we know the address at all. */
  ipv6KnownOn(interfaceName: string): (frame: Uint8Array, offset: number) => boolean {
    return (frame, offset) => {
      this.hit = isOn(this.#ipv6At(frame, offset), interfaceName);
      return this.hit !== undefined;
    };
  }

  #ipv6At(frame: Uint8Array, offset: number): Account | undefined {
    const sharing = this.#ipv6.get(readI32(frame, offset + 12));
    if (sharing === undefined) return undefined;
    for (const account of sharing) if (hasAt(frame, offset, account.octets)) return account;
    return undefined;
  }

  /** Call after changing the counts of `account`. */
  touch(account: Account): void {
    if (account.dirty) return;
    account.dirty = true;
    this.#dirty.push(account);
  }

  get isDirty(): boolean {
    return this.#dirty.length > 0;
  }

  /** Hands out all counts that changed and starts again from zero. */
  takeCounts(): readonly Counts[] {
    const counts = this.#dirty.map((account) => {
      const { address, requests, responses, gratuitous } = account;
      account.requests = account.responses = account.gratuitous = 0;
      account.dirty = false;
      return { address, requests, responses, gratuitous };
    });
    this.#dirty = [];
    return counts;
  }

  #sharing(key: number): Account[] {
    let sharing = this.#ipv6.get(key);
    if (sharing === undefined) this.#ipv6.set(key, (sharing = []));
    return sharing;
  }
}

function isOn(account: Account | undefined, interfaceName: string): Account | undefined {
  if (account?.interfaces?.has(interfaceName) === false) return undefined;
  return account;
}

function hasAt(frame: Uint8Array, offset: number, want: Uint8Array): boolean {
  for (let i = 0; i < want.length; i += 1) if (frame[offset + i] !== want[i]) return false;
  return true;
}

function readI32(octets: Uint8Array, offset: number): number {
  return (
    ((octets[offset] ?? 0) << 24) |
    ((octets[offset + 1] ?? 0) << 16) |
    ((octets[offset + 2] ?? 0) << 8) |
    (octets[offset + 3] ?? 0)
  );
}
