import type {
  LinkEvents,
  LinkLayer,
  ResponderKey,
  SightingForm,
} from '../../src/runtime/layer2/index.ts';
import { type IpAddress, type MacAddress, familyOf } from '../../src/runtime/net/index.ts';
import type { Clock, Duration, Link } from '../../src/runtime/platform/ports.ts';
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

interface Holding {
  readonly interfaces: readonly string[] | undefined;
  readonly standing: 'owned' | 'handingOver' | 'watched';
}

/** Links in memory: requests are asked by a test, announcements kept for it, links changed by it. */
export class FakeLinkLayer implements LinkLayer {
  readonly announced: Announced[] = [];
  /** Memberships as `eth0 ff02::1:ff00:a`. */
  readonly memberships: string[] = [];
  /** Names of interfaces on which no socket can be opened. */
  readonly broken: Set<string> = new Set();
  /** Questions, in the order of asking. */
  readonly asked: Announced[] = [];
  /** Neighbors that answer questions, by address. */
  readonly answering: Map<IpAddress, MacAddress> = new Map();
  /** The longest pause allowed, as it was told. */
  pauseLimit: Duration | undefined;
  readonly #held = new Map<IpAddress, Holding>();
  readonly #clock: Clock | undefined;
  readonly #open = new Map<string, { key: ResponderKey; link: Link }>();
  readonly #counts = new Map<IpAddress, Count>();
  #links: readonly Link[];
  #events: LinkEvents | undefined;
  #fail: ((error: Error) => void) | undefined;

  #silent = false;

  /** @param clock - by which hand-overs end */
  constructor(links: readonly Link[] = [aLink()], clock?: Clock) {
    this.#links = links;
    this.#clock = clock;
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
    if (!isOpen || this.#silent || this.#on(address, on) === undefined) return false;
    if (this.#held.get(address)?.standing === 'watched') return false;
    this.#count(address).requests += 1;
    this.#count(address).responses += 1;
    return true;
  }

  /** Another station is heard. */
  hear(address: IpAddress, mac: MacAddress, form: SightingForm, on = 'eth0'): void {
    const holding = this.#on(address, on);
    if (holding === undefined) return;
    if (form !== 'probe') this.#endHandOver(address, holding);
    const isNews = form !== 'probe' || holding.standing === 'watched';
    if (holding.standing === 'handingOver' || !isNews) return;
    this.#events?.sighted([{ address, mac, interfaceName: on, form }]);
  }

  /** Nothing was served for so long. */
  standStill(duration: Duration): void {
    if (this.pauseLimit === undefined || duration <= this.pauseLimit) return;
    this.#silent = true;
    this.#events?.stoodStill(duration);
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
    this.#hold(address, interfaces, 'owned');
  }

  disown(address: IpAddress): void {
    this.#held.delete(address);
  }

  watch(address: IpAddress, interfaces?: readonly string[]): void {
    this.#hold(address, interfaces, 'watched');
  }

  handOver(address: IpAddress, within: Duration): void {
    const held = this.#held.get(address);
    if (held?.standing !== 'owned') {
      this.#events?.handedOver(address);
      return;
    }
    const holding: Holding = { ...held, standing: 'handingOver' };
    this.#held.set(address, holding);
    this.#clock?.after(within, () => this.#endHandOver(address, holding));
    const mac = this.answering.get(address);
    if (mac !== undefined) this.hear(address, mac, 'reply');
  }

  announce(key: ResponderKey, addresses: readonly IpAddress[]): void {
    const link = this.#open.get(nameOf(key))?.link;
    if (link === undefined || this.#silent) return;
    for (const address of addresses) {
      if (this.#on(address, link.name)?.standing !== 'owned') continue;
      this.announced.push({ on: link.name, address });
      this.#count(address).gratuitous += key.protocol === 'arp' ? 2 : 1;
    }
  }

  inquire(key: ResponderKey, addresses: readonly IpAddress[]): void {
    const link = this.#open.get(nameOf(key))?.link;
    if (link === undefined || this.#silent) return;
    for (const address of addresses) {
      const standing = this.#on(address, link.name)?.standing;
      if (standing !== 'owned' && standing !== 'watched') continue;
      this.asked.push({ on: link.name, address });
      const mac = this.answering.get(address);
      if (mac !== undefined) queueMicrotask(() => this.hear(address, mac, 'reply', link.name));
    }
  }

  suspend(): void {
    this.#silent = true;
  }

  resume(): void {
    this.#silent = false;
  }

  limitPauses(limit: Duration): void {
    this.pauseLimit = limit;
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

  #hold(
    address: IpAddress,
    interfaces: readonly string[] | undefined,
    standing: Holding['standing'],
  ): void {
    this.#held.set(address, { interfaces, standing });
  }

  #on(address: IpAddress, name: string): Holding | undefined {
    const holding = this.#held.get(address);
    return (holding?.interfaces?.includes(name) ?? true) ? holding : undefined;
  }

  #endHandOver(address: IpAddress, holding: Holding): void {
    if (this.#held.get(address) !== holding || holding.standing !== 'handingOver') return;
    this.#held.delete(address);
    this.#events?.handedOver(address);
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
