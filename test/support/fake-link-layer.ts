import type { LinkEvents, LinkLayer, ResponderKey } from '../../src/runtime/layer2/index.ts';
import { type IpAddress, familyOf } from '../../src/runtime/net/index.ts';
import type { Link } from '../../src/runtime/platform/ports.ts';
import { us, usLinkLocal } from './frames.ts';

/** A link such as most tests want. */
export function aLink(changes: Partial<Link> = {}): Link {
  return {
    index: 2,
    name: 'eth0',
    mac: us,
    up: true,
    carrier: true,
    broadcast: true,
    noArp: false,
    enslaved: false,
    linkLocal: usLinkLocal,
    ...changes,
  };
}

/** One announcement, in the order of sending. */
export interface Announced {
  readonly on: string;
  readonly address: IpAddress;
}

interface Count {
  requests: number;
  responses: number;
  gratuitous: number;
}

/** Links in memory: requests are asked by a test, announcements kept for it, links changed by it. */
export class FakeLinkLayer implements LinkLayer {
  readonly announced: Announced[] = [];
  /** Memberships as `eth0 ff02::1:ff00:a`. */
  readonly memberships: string[] = [];
  /** Names of interfaces on which no socket can be opened. */
  readonly broken: Set<string> = new Set();
  readonly #owned = new Map<IpAddress, readonly string[] | undefined>();
  readonly #open = new Map<string, { key: ResponderKey; link: Link }>();
  readonly #counts = new Map<IpAddress, Count>();
  #links: readonly Link[];
  #events: LinkEvents | undefined;
  #fail: ((error: Error) => void) | undefined;

  constructor(links: readonly Link[] = [aLink()]) {
    this.#links = links;
  }

  run(events: LinkEvents, signal: AbortSignal): Promise<void> {
    this.#events = events;
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      signal.addEventListener('abort', () => resolve(), { once: true });
      for (const { key, link } of this.#open.values()) this.#settle(key, link);
      events.links(this.#links);
    });
  }

  /** The links are these now. */
  change(links: readonly Link[]): void {
    this.#links = links;
    this.#events?.links(links);
  }

  /** Whether a request for the address on the interface is answered. */
  ask(address: IpAddress, on = 'eth0'): boolean {
    const protocol = familyOf(address) === 'ipv4' ? 'arp' : 'ndp';
    const isOpen = [...this.#open.values()].some(
      ({ key, link }) => key.protocol === protocol && link.name === on,
    );
    if (!isOpen || !this.#isOurs(address, on)) return false;
    this.#count(address).requests += 1;
    this.#count(address).responses += 1;
    return true;
  }

  /** Breaks for good. */
  die(error: Error): void {
    this.#fail?.(error);
  }

  open(key: ResponderKey, link: Link): void {
    this.#open.set(nameOf(key), { key, link });
    if (this.#events !== undefined) this.#settle(key, link);
  }

  close(key: ResponderKey): void {
    this.#open.delete(nameOf(key));
  }

  own(address: IpAddress, interfaces?: readonly string[]): void {
    this.#owned.set(address, interfaces);
  }

  disown(address: IpAddress): void {
    this.#owned.delete(address);
  }

  announce(key: ResponderKey, addresses: readonly IpAddress[]): void {
    const link = this.#open.get(nameOf(key))?.link;
    if (link === undefined) return;
    for (const address of addresses) {
      if (!this.#isOurs(address, link.name)) continue;
      this.announced.push({ on: link.name, address });
      this.#count(address).gratuitous += key.protocol === 'arp' ? 2 : 1;
    }
  }

  join(interfaceName: string, group: IpAddress): void {
    this.memberships.push(`${interfaceName} ${group}`);
  }

  leave(interfaceName: string, group: IpAddress): void {
    const index = this.memberships.indexOf(`${interfaceName} ${group}`);
    if (index < 0) throw new RangeError(`never joined: ${interfaceName} ${group}`);
    this.memberships.splice(index, 1);
  }

  report(): Promise<void> {
    const counts = Array.from(this.#counts, ([address, count]) => ({ address, ...count }));
    this.#counts.clear();
    if (counts.length > 0) this.#events?.counted(counts);
    return Promise.resolve();
  }

  #settle(key: ResponderKey, { name, index }: Link): void {
    const exists = this.#links.some((link) => link.index === index);
    queueMicrotask(() => {
      if (exists && !this.broken.has(name)) {
        this.#events?.opened(key);
        return;
      }
      this.#open.delete(nameOf(key));
      this.#events?.failed(key, 'bind: ENODEV');
    });
  }

  #isOurs(address: IpAddress, on: string): boolean {
    if (!this.#owned.has(address)) return false;
    return this.#owned.get(address)?.includes(on) ?? true;
  }

  #count(address: IpAddress): Count {
    let count = this.#counts.get(address);
    if (count === undefined) {
      count = { requests: 0, responses: 0, gratuitous: 0 };
      this.#counts.set(address, count);
    }
    return count;
  }
}

function nameOf({ protocol, interfaceIndex }: ResponderKey): string {
  return `${protocol} ${interfaceIndex}`;
}
