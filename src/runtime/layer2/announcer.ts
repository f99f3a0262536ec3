import { solicitedNodeGroup } from '../ndp/index.ts';
import { type IpAddress, familyOf } from '../net/index.ts';
import { type Clock, type Link, type Logger, type Task, millis } from '../platform/ports.ts';
import type { LinkEvents, LinkLayer, TrafficObserver } from './link-layer.ts';
import { type OwnershipChange, Ownership } from './ownership.ts';
import { LinkJournal } from './journal.ts';
import { type Wanted, nameOf, reviseResponders } from './responders.ts';
import { AnnouncementSchedule } from './unsolicited.ts';

export interface AnnouncerOptions {
  readonly layer: LinkLayer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer: TrafficObserver;
  /** Names of the only interfaces to serve; without it, every one that qualifies. */
  readonly interfaces?: readonly string[];
  /** Whether an interface of that name is never served. crd.md §3.3 */
  readonly excluded?: (name: string) => boolean;
}

interface Responder extends Wanted {
  /** The addresses whose solicited-node groups this link was made a member of. */
  readonly joined: Set<IpAddress>;
  /** Addresses that came to this link alone, when the interfaces of their Service changed. */
  readonly gained: AnnouncementSchedule<IpAddress>;
}

/** Hears the names of the interfaces that may be served, up or not. */
type InterfaceListener = (names: ReadonlySet<string>) => void;

/**
 * Speaks for addresses on the links of this machine: answers ARP and NDP for them, and announces them unasked when
 * they are gained, set again, or when a link comes up. Nothing is sent when one is lost. legacy.md §5
 */
export class Announcer implements Task {
  readonly name = 'layer 2 announcer';
  readonly #options: AnnouncerOptions;
  readonly #journal: LinkJournal;
  readonly #ownership = new Ownership();
  readonly #responders = new Map<string, Responder>();
  readonly #addressSchedule = new AnnouncementSchedule<IpAddress>();
  /** By responder name: a link that came up hears all addresses on the same schedule. */
  readonly #linkSchedule = new AnnouncementSchedule<string>();
  #names: ReadonlySet<string> | undefined;
  #listener: InterfaceListener | undefined;
  #timer: Disposable | undefined;
  #ended = false;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
    this.#journal = new LinkJournal(options.logger, (interfaceIndex) =>
      this.#linkName(interfaceIndex),
    );
  }

  /**
   * Announces these addresses for the Service instead of what it had before; every call starts or extends the
   * five seconds of unsolicited announcements. If nothing but the interfaces change, only those that are new to
   * an address hear of it.
   *
   * @param interfaces - names of the only interfaces on which the Service is announced
   */
  set(service: string, addresses: readonly IpAddress[], interfaces?: readonly string[]): void {
    const relists = this.#ownership.relists(service, addresses, interfaces);
    const told = relists ? this.#spokenFor(addresses) : undefined;
    this.#apply(this.#ownership.set(service, addresses, interfaces));
    if (told === undefined) this.#announceAll(addresses);
    else this.#announceGained(addresses, told);
    this.#arm();
  }

  #announceAll(addresses: readonly IpAddress[]): void {
    const now = this.#options.clock.now();
    const due = addresses.filter((address) => this.#addressSchedule.open(address, now));
    for (const responder of this.#responders.values()) this.#announce(responder, due);
  }

  /** By responder name, the addresses among these that it speaks for. */
  #spokenFor(addresses: readonly IpAddress[]): ReadonlyMap<string, ReadonlySet<IpAddress>> {
    return new Map(
      Array.from(this.#responders, ([name, { link }]) => [
        name,
        new Set(addresses.filter((address) => this.#ownership.owns(address, link.name))),
      ]),
    );
  }

  /** @param told - what each responder spoke for before */
  #announceGained(
    addresses: readonly IpAddress[],
    told: ReadonlyMap<string, ReadonlySet<IpAddress>>,
  ): void {
    const now = this.#options.clock.now();
    for (const [name, responder] of this.#responders) {
      const gained = addresses.filter(
        (address) =>
          this.#ownership.owns(address, responder.link.name) &&
          told.get(name)?.has(address) !== true,
      );
      this.#announce(
        responder,
        gained.filter((address) => responder.gained.open(address, now)),
      );
    }
  }

  /** Ends the Service's announcements at once; an address that another Service shares stays. */
  delete(service: string): void {
    this.#apply(this.#ownership.delete(service));
    this.#arm();
  }

  /** What is announced for the Service now. */
  addressesOf(service: string): readonly IpAddress[] {
    return this.#ownership.addressesOf(service);
  }

  owns(address: IpAddress): boolean {
    return this.#ownership.count(address) > 0;
  }

  /** Calls `listener` with the names of the interfaces that may be served, as soon as they are known and on each change. */
  watchInterfaces(listener: InterfaceListener): void {
    this.#listener = listener;
    if (this.#names !== undefined) listener(this.#names);
  }

  /** Resolves once the observer knows of everything up to now; for reading metrics. */
  report(): Promise<void> {
    return this.#options.layer.report();
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#options.layer.run(this.#events(), signal);
    } finally {
      this.#ended = true;
      this.#timer?.[Symbol.dispose]();
    }
  }

  #events(): LinkEvents {
    const { observer } = this.#options;
    return {
      links: (links) => this.#revise(links),
      opened: (key) => {
        this.#journal.opened(key);
        const responder = this.#responders.get(nameOf(key));
        if (responder !== undefined) this.#introduce(responder);
      },
      failed: (key, error) => {
        this.#journal.failed(key, error);
        const responder = this.#responders.get(nameOf(key));
        if (responder !== undefined) this.#forget(responder);
      },
      counted: (counts) => {
        for (const { address, requests, responses, gratuitous } of counts) {
          if (requests > 0) observer.requestReceived(address, requests);
          if (responses > 0) observer.responseSent(address, responses);
          if (gratuitous > 0) observer.gratuitousSent(address, gratuitous);
        }
      },
      answered: (requests) => this.#journal.answered(requests),
      announcementFailed: (key, address, error) =>
        this.#journal.announcementFailed(key, address, error),
      membershipFailed: (failure) => this.#journal.membershipFailed(failure),
    };
  }

  /** Brings the responders in line with the links as they are now. */
  #revise(links: readonly Link[]): void {
    const { layer } = this.#options;
    const eligible = links.filter(({ name }) => this.#mayServe(name));
    const { close, open, revived } = reviseResponders(this.#responders, eligible);
    for (const { key } of close) {
      const responder = this.#responders.get(nameOf(key));
      if (responder === undefined) continue;
      this.#journal.closed(key);
      this.#forget(responder);
      layer.close(key);
    }
    for (const { key, link } of open) {
      const gained = new AnnouncementSchedule<IpAddress>();
      const responder = { key, link, joined: new Set<IpAddress>(), gained };
      this.#responders.set(nameOf(key), responder);
      layer.open(key, link);
      this.#reviseGroups(responder, this.#ownership.addresses());
    }
    this.#refresh(eligible);
    for (const { key } of revived) {
      const responder = this.#responders.get(nameOf(key));
      if (responder !== undefined) this.#introduce(responder);
    }
    this.#tellNames(new Set(eligible.map(({ name }) => name)));
  }

  #mayServe(name: string): boolean {
    const { interfaces, excluded } = this.#options;
    return (interfaces?.includes(name) ?? true) && excluded?.(name) !== true;
  }

  #tellNames(names: ReadonlySet<string>): void {
    const before = this.#names;
    const isSame = before?.size === names.size && [...names].every((name) => before.has(name));
    if (isSame) return;
    this.#names = names;
    this.#listener?.(names);
  }

  /** Remembers what may change without the responder changing, such as the carrier. */
  #refresh(links: readonly Link[]): void {
    const byIndex = new Map(links.map((link) => [link.index, link]));
    for (const [name, responder] of this.#responders) {
      const link = byIndex.get(responder.link.index) ?? responder.link;
      this.#responders.set(name, { ...responder, link });
    }
  }

  #apply(changes: readonly OwnershipChange[]): void {
    const { layer } = this.#options;
    for (const change of changes) {
      if (change.type === 'own') layer.own(change.address, change.interfaces);
      else {
        layer.disown(change.address);
        this.#addressSchedule.close(change.address);
      }
      for (const responder of this.#responders.values()) {
        this.#reviseGroups(responder, [change.address]);
      }
    }
  }

  /** Joins and leaves solicited-node groups so that the link hears exactly what is asked about our addresses. */
  #reviseGroups({ key, link, joined }: Responder, addresses: Iterable<IpAddress>): void {
    if (key.protocol !== 'ndp') return;
    for (const address of addresses) {
      if (familyOf(address) !== 'ipv6') continue;
      const wanted = this.#ownership.owns(address, link.name);
      if (wanted === joined.has(address)) continue;
      if (wanted) {
        joined.add(address);
        this.#options.layer.join(link.name, solicitedNodeGroup(address));
      } else {
        joined.delete(address);
        this.#options.layer.leave(link.name, solicitedNodeGroup(address));
      }
    }
  }

  #forget(responder: Responder): void {
    const name = nameOf(responder.key);
    this.#responders.delete(name);
    this.#linkSchedule.close(name);
    for (const address of responder.joined) {
      this.#options.layer.leave(responder.link.name, solicitedNodeGroup(address));
    }
  }

  /** A link that came up hears about every address. */
  #introduce(responder: Responder): void {
    const isDue = this.#linkSchedule.open(nameOf(responder.key), this.#options.clock.now());
    if (isDue) this.#announce(responder, this.#ownership.addresses());
    this.#arm();
  }

  #announce({ key, link }: Responder, addresses: Iterable<IpAddress>): void {
    const family = key.protocol === 'arp' ? 'ipv4' : 'ipv6';
    const speakable = Array.from(addresses).filter(
      (address) => familyOf(address) === family && this.#ownership.owns(address, link.name),
    );
    if (speakable.length > 0) this.#options.layer.announce(key, speakable);
  }

  #arm(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    const links = Array.from(this.#responders.values(), ({ gained }) => gained.next);
    const dues = [this.#addressSchedule.next, this.#linkSchedule.next, ...links];
    const next = Math.min(...dues.map((due) => due ?? Infinity));
    if (this.#ended || next === Infinity) return;
    const { clock } = this.#options;
    this.#timer = clock.after(millis(Math.max(0, next - clock.now())), () => this.#tick());
  }

  #tick(): void {
    const now = this.#options.clock.now();
    const addresses = this.#addressSchedule.tick(now);
    for (const responder of this.#responders.values()) this.#announce(responder, addresses);
    // Addresses with a window of their own are announced on all links as it is.
    const rest = (those: Iterable<IpAddress>): IpAddress[] =>
      Array.from(those).filter((address) => !this.#addressSchedule.isOpen(address, now));
    const introduced = new Set(this.#linkSchedule.tick(now));
    for (const [name, responder] of this.#responders) {
      const gained = responder.gained.tick(now);
      if (introduced.has(name)) this.#announce(responder, rest(this.#ownership.addresses()));
      else if (gained.length > 0) this.#announce(responder, rest(gained));
    }
    this.#arm();
  }

  #linkName(interfaceIndex: number): string | undefined {
    for (const { link } of this.#responders.values()) {
      if (link.index === interfaceIndex) return link.name;
    }
    return undefined;
  }
}
