import { solicitedNodeGroup } from '../ndp/index.ts';
import { type IpAddress, familyOf } from '../net/index.ts';
import type { Duration, Link } from '../platform/ports.ts';
import type { LinkJournal } from './journal.ts';
import type { LinkLayer, ResponderKey } from './link-layer.ts';
import { type Wanted, nameOf, reviseResponders } from './responders.ts';
import { AnnouncementSchedule } from './unsolicited.ts';

/** What may be said on the links. */
export interface Speech {
  /** Every address that is ours, spoken for or not. */
  addresses(): Iterable<IpAddress>;
  /** Whether requests for the address are to be heard on that interface. */
  listens(address: IpAddress, interfaceName: string): boolean;
  /** Whether the address is not ours any more, but still answered for where it was. */
  lingers(address: IpAddress): boolean;
  /** Whether the address is ours on that interface and may be announced now. */
  speaks(address: IpAddress, interfaceName: string): boolean;
}

interface Responder extends Wanted {
  /** The addresses whose solicited-node groups this link was made a member of. */
  readonly joined: Set<IpAddress>;
  /** Addresses that came to this link alone, when the interfaces of their Service changed. */
  readonly gained: AnnouncementSchedule<IpAddress>;
}

/** By responder, the addresses that it spoke for. */
type Spoken = ReadonlyMap<string, ReadonlySet<IpAddress>>;

/** The responders on the links that are served, what each is told to say, and the groups that each listens to. */
export class ResponderSet {
  readonly #layer: LinkLayer;
  readonly #journal: LinkJournal;
  readonly #speech: Speech;
  readonly #responders = new Map<string, Responder>();
  /** By responder name: a link that came up hears all addresses on the same schedule. */
  readonly #introductions = new AnnouncementSchedule<string>();

  constructor(layer: LinkLayer, journal: LinkJournal, speech: Speech) {
    this.#layer = layer;
    this.#journal = journal;
    this.#speech = speech;
  }

  /** Brings the responders in line with the links that may be served as they are now. */
  revise(links: readonly Link[], now: Duration): void {
    const { close, open, revived } = reviseResponders(this.#responders, links);
    for (const { key } of close) this.#close(key);
    for (const { key, link } of open) {
      const gained = new AnnouncementSchedule<IpAddress>();
      const responder = { key, link, joined: new Set<IpAddress>(), gained };
      this.#responders.set(nameOf(key), responder);
      this.#layer.open(key, link);
      this.#reviseGroups(responder, this.#speech.addresses());
    }
    this.#refresh(links);
    for (const { key } of revived) this.#introduce(key, now);
  }

  opened(key: ResponderKey, now: Duration): void {
    this.#journal.opened(key);
    this.#introduce(key, now);
  }

  failed(key: ResponderKey, error: string): void {
    this.#journal.failed(key, error);
    this.#forget(key);
  }

  /** Which of these addresses each responder speaks for. */
  spokenFor(addresses: readonly IpAddress[]): Spoken {
    return new Map(
      Array.from(this.#responders, ([name, responder]) => [
        name,
        new Set(this.#speakable(responder, addresses)),
      ]),
    );
  }

  announce(addresses: Iterable<IpAddress>): void {
    const all = [...addresses];
    if (all.length === 0) return;
    for (const responder of this.#responders.values()) this.#announce(responder, all);
  }

  /**
   * Announces the addresses where they are new.
   *
   * @param told - what each responder spoke for before
   */
  announceGained(addresses: readonly IpAddress[], told: Spoken, now: Duration): void {
    for (const [name, responder] of this.#responders) {
      const gained = this.#speakable(responder, addresses).filter(
        (address) => told.get(name)?.has(address) !== true,
      );
      this.#announce(
        responder,
        gained.filter((address) => responder.gained.open(address, now)),
      );
    }
  }

  /** Asks every link who has those of the addresses that are ours there. */
  inquire(addresses: readonly IpAddress[]): void {
    for (const { key, link } of this.#responders.values()) {
      const family = key.protocol === 'arp' ? 'ipv4' : 'ipv6';
      const ours = addresses.filter(
        (address) => familyOf(address) === family && this.#speech.listens(address, link.name),
      );
      if (ours.length > 0) this.#layer.inquire(key, ours);
    }
  }

  /** Joins and leaves solicited-node groups so that each link hears exactly what is asked about our addresses. */
  reviseGroups(addresses: readonly IpAddress[]): void {
    for (const responder of this.#responders.values()) this.#reviseGroups(responder, addresses);
  }

  /** When {@link tick} is to be called, if ever. */
  get next(): Duration | undefined {
    let next = this.#introductions.next;
    for (const { gained } of this.#responders.values()) {
      const due = gained.next;
      if (due !== undefined && (next === undefined || due < next)) next = due;
    }
    return next;
  }

  /** @param isTold - whether the address is announced on all links as it is */
  tick(now: Duration, isTold: (address: IpAddress) => boolean): void {
    const rest = (those: Iterable<IpAddress>): IpAddress[] =>
      Array.from(those).filter((address) => !isTold(address));
    const introduced = new Set(this.#introductions.tick(now));
    for (const [name, responder] of this.#responders) {
      const gained = responder.gained.tick(now);
      if (introduced.has(name)) this.#announce(responder, rest(this.#speech.addresses()));
      else if (gained.length > 0) this.#announce(responder, rest(gained));
    }
  }

  nameOfLink(interfaceIndex: number): string | undefined {
    for (const { link } of this.#responders.values()) {
      if (link.index === interfaceIndex) return link.name;
    }
    return undefined;
  }

  #close(key: ResponderKey): void {
    if (!this.#responders.has(nameOf(key))) return;
    this.#journal.closed(key);
    this.#forget(key);
    this.#layer.close(key);
  }

  /** Remembers what may change without the responder changing, such as the carrier. */
  #refresh(links: readonly Link[]): void {
    const byIndex = new Map(links.map((link) => [link.index, link]));
    for (const [name, responder] of this.#responders) {
      const link = byIndex.get(responder.link.index) ?? responder.link;
      this.#responders.set(name, { ...responder, link });
    }
  }

  #reviseGroups({ key, link, joined }: Responder, addresses: Iterable<IpAddress>): void {
    if (key.protocol !== 'ndp') return;
    for (const address of addresses) {
      if (familyOf(address) !== 'ipv6') continue;
      const wanted = this.#speech.listens(address, link.name);
      if (wanted === joined.has(address)) continue;
      if (wanted) {
        joined.add(address);
        this.#layer.join(link.name, solicitedNodeGroup(address));
      } else if (!this.#speech.lingers(address)) {
        joined.delete(address);
        this.#layer.leave(link.name, solicitedNodeGroup(address));
      }
    }
  }

  #forget(key: ResponderKey): void {
    const name = nameOf(key);
    const responder = this.#responders.get(name);
    if (responder === undefined) return;
    this.#responders.delete(name);
    this.#introductions.close(name);
    for (const address of responder.joined) {
      this.#layer.leave(responder.link.name, solicitedNodeGroup(address));
    }
  }

  /** A link that came up hears about every address. */
  #introduce(key: ResponderKey, now: Duration): void {
    const responder = this.#responders.get(nameOf(key));
    if (responder === undefined || !this.#introductions.open(nameOf(key), now)) return;
    this.#announce(responder, this.#speech.addresses());
  }

  #announce(responder: Responder, addresses: Iterable<IpAddress>): void {
    const speakable = this.#speakable(responder, addresses);
    if (speakable.length > 0) this.#layer.announce(responder.key, speakable);
  }

  #speakable({ key, link }: Responder, addresses: Iterable<IpAddress>): IpAddress[] {
    const family = key.protocol === 'arp' ? 'ipv4' : 'ipv6';
    return Array.from(addresses).filter(
      (address) => familyOf(address) === family && this.#speech.speaks(address, link.name),
    );
  }
}
