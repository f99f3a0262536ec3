import type { IpAddress } from '../net/index.ts';
import {
  type Clock,
  type Duration,
  type Link,
  type Logger,
  type Random,
  type Task,
  millis,
} from '../platform/ports.ts';
import type { ConflictObserver, Rivals } from './conflict/conflict.ts';
import { ConflictWatch } from './conflict/conflict-watch.ts';
import { HandOvers } from './hand-overs.ts';
import type { AddressCounts, LinkEvents, TrafficObserver } from './link-layer.ts';
import { LinkWatch, type LinkWatchOptions } from './link-watch.ts';
import { type OwnershipChange, Ownership } from './ownership.ts';
import { LinkJournal } from './journal.ts';
import { ResponderSet } from './responder-set.ts';
import { Rounds } from './rounds.ts';
import { AnnouncementSchedule } from './unsolicited.ts';

export interface AnnouncerOptions extends LinkWatchOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer: TrafficObserver;
  /** Watches out for others who speak for the same addresses, knows them apart, and tells whom it may concern. */
  readonly conflicts?: { readonly rivals: Rivals; readonly observer: ConflictObserver };
  /** Announces every address again each such interval, so that no switch forgets where it is; never, without it. */
  readonly announceEvery?: Duration | undefined;
  /** Probes for addresses before their first use, with this randomness; needs `conflicts`. RFC 5227 §2.1 */
  readonly probeFirst?: Random | undefined;
}

/**
 * Speaks for addresses on the links of this machine: answers ARP and NDP for them, and announces them unasked when
 * they are gained, set again, or when a link comes up. Nothing is sent when one is lost. legacy.md §5
 */
export class Announcer implements Task {
  readonly name = 'layer 2 announcer';
  readonly #options: AnnouncerOptions;
  readonly #ownership = new Ownership();
  readonly #watch: LinkWatch;
  readonly #journal: LinkJournal;
  readonly #responders: ResponderSet;
  readonly #schedule = new AnnouncementSchedule<IpAddress>();
  readonly #rounds: Rounds<IpAddress> | undefined;
  readonly #handOvers = new HandOvers();
  readonly #conflicts: ConflictWatch | undefined;
  #timer: Disposable | undefined;
  #suspended = false;
  #ended = false;

  constructor(options: AnnouncerOptions) {
    const { layer, logger, announceEvery } = options;
    this.#options = options;
    const ownership = this.#ownership;
    this.#watch = new LinkWatch(options);
    this.#journal = new LinkJournal(logger, (index) => this.#responders.nameOfLink(index));
    this.#responders = new ResponderSet(layer, this.#journal, {
      addresses: () => ownership.addresses(),
      listens: (address, on) => ownership.owns(address, on),
      lingers: (address) => this.#handOvers.has(address),
      speaks: (address, on) => ownership.owns(address, on) && this.#maySpeak(address),
    });
    if (announceEvery !== undefined) this.#rounds = new Rounds(announceEvery);
    this.#conflicts = this.#watchConflicts(options);
  }

  #watchConflicts({ conflicts, logger, probeFirst }: AnnouncerOptions): ConflictWatch | undefined {
    if (conflicts === undefined) return undefined;
    const servicesOf = (address: IpAddress) => this.#ownership.servicesOf(address);
    return new ConflictWatch(
      { ...conflicts, logger, random: probeFirst, servicesOf },
      {
        fallSilent: (address) => {
          this.#schedule.close(address);
          this.#tellStanding(address);
        },
        speak: (address) => {
          this.#tellStanding(address);
          this.#announceAll([address]);
        },
        announce: (address) => this.#responders.announce([address]),
        inquire: (addresses) => this.#responders.inquire(addresses),
      },
    );
  }

  /**
   * Announces these addresses for the Service instead of what it had before; every call starts or extends the
   * five seconds of unsolicited announcements. If nothing but the interfaces change, only those that are new to
   * an address hear of it.
   *
   * @param interfaces - names of the only interfaces on which the Service is announced
   * @param first - no node announced the Service before: addresses that are none of ours are probed for if so chosen
   */
  set(
    service: string,
    addresses: readonly IpAddress[],
    interfaces?: readonly string[],
    first = false,
  ): void {
    const now = this.#options.clock.now();
    const relists = this.#ownership.relists(service, addresses, interfaces);
    const told = relists ? this.#responders.spokenFor(addresses) : undefined;
    for (const address of first ? addresses : []) {
      if (!this.owns(address)) this.#conflicts?.probe(address, now);
    }
    this.#apply(this.#ownership.set(service, addresses, interfaces));
    if (told === undefined) this.#announceAll(addresses);
    else this.#responders.announceGained(addresses, told, now);
    this.#arm();
  }

  /** Ends the Service's announcements at once; an address that another Service shares stays. */
  delete(service: string): void {
    this.#apply(this.#ownership.delete(service));
    this.#arm();
  }

  /**
   * Lets go of the Service as {@link delete} does, but goes on answering for its addresses until a successor is heard
   * announcing them, at most `within`. Nothing is announced by us any more.
   */
  handOver(service: string, within: Duration): void {
    this.#apply(this.#ownership.delete(service), within);
    this.#arm();
  }

  /** Resolves when all hand-overs are over. */
  settled(): Promise<void> {
    return this.#handOvers.settled();
  }

  /** Announces everything that is ours once more: somebody new may have believed itself the owner. */
  refresh(): void {
    this.#responders.announce(this.#ownership.addresses());
  }

  /** Answers and announces nothing until {@link resume}; what is ours is remembered. */
  suspend(): void {
    this.#options.layer.suspend();
    this.#handOvers.endAll();
    if (this.#suspended) return;
    this.#suspended = true;
    const left = [...this.#ownership.addresses()].filter(
      (address) => this.#conflicts?.isSilent(address) === true,
    );
    this.#conflicts?.suspend(this.#ownership.addresses());
    for (const address of left) this.#tellStanding(address);
    this.#arm();
  }

  /** Answers and announces again what is still ours. */
  resume(): void {
    this.#options.layer.resume();
    if (!this.#suspended) return;
    this.#suspended = false;
    const addresses = [...this.#ownership.addresses()];
    const now = this.#options.clock.now();
    this.#conflicts?.resume(addresses, now);
    for (const address of addresses) this.#schedule.open(address, now);
    this.#responders.announce(addresses);
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
  watchInterfaces(listener: (names: ReadonlySet<string>) => void): void {
    this.#watch.watchNames(listener);
  }

  /** Calls `listener` with all links, as soon as they are known and whenever they were looked at again. */
  watchLinks(listener: (links: readonly Link[]) => void): void {
    this.#watch.watchLinks(listener);
  }

  /**
   * From now on a pause of the links longer than the limit, which is asked for again every few seconds, suspends: when it
   * ends nothing is answered, `listener` is told, and only {@link resume} makes it go on.
   */
  watchPauses(limit: () => Duration, listener: (stoodStill: Duration) => void): void {
    this.#watch.watchPauses(limit, listener);
  }

  /** Resolves once the observer knows of everything up to now; for reading metrics. */
  report(): Promise<void> {
    return this.#options.layer.report();
  }

  /** Serves until `signal` aborts and the hand-overs under way are over. */
  async run(signal: AbortSignal): Promise<void> {
    const serving = new AbortController();
    const stop = (): void => void this.settled().then(() => serving.abort());
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    try {
      await this.#options.layer.run(this.#events(), serving.signal);
    } finally {
      signal.removeEventListener('abort', stop);
      this.#ended = true;
      this.#timer?.[Symbol.dispose]();
      this.#handOvers.endAll();
    }
  }

  #events(): LinkEvents {
    const { clock } = this.#options;
    const journal = this.#journal;
    return {
      links: (links) => this.#revise(links),
      opened: (key) => {
        this.#responders.opened(key, clock.now());
        this.#arm();
      },
      failed: (key, error) => this.#responders.failed(key, error),
      counted: (counts) => this.#count(counts),
      answered: (requests) => journal.answered(requests),
      announcementFailed: (key, address, error) => journal.announcementFailed(key, address, error),
      membershipFailed: (failure) => journal.membershipFailed(failure),
      sighted: (sightings) => {
        if (this.#suspended) return;
        const ours = sightings.filter(({ address }) => this.owns(address));
        this.#conflicts?.sighted(ours, clock.now());
        this.#arm();
      },
      handedOver: (address) => this.#handedOver(address),
      stoodStill: (duration) => {
        this.suspend();
        this.#watch.stoodStill(duration);
      },
    };
  }

  #count(counts: readonly AddressCounts[]): void {
    const { observer } = this.#options;
    for (const { address, requests, responses, gratuitous } of counts) {
      if (requests > 0) observer.requestReceived(address, requests);
      if (responses > 0) observer.responseSent(address, responses);
      if (gratuitous > 0) observer.gratuitousSent(address, gratuitous);
    }
  }

  #revise(links: readonly Link[]): void {
    const eligible = this.#watch.eligible(links);
    this.#responders.revise(eligible, this.#options.clock.now());
    this.#arm();
    this.#watch.seen(links, eligible);
  }

  #maySpeak(address: IpAddress): boolean {
    return !this.#suspended && this.#conflicts?.isSilent(address) !== true;
  }

  /** @param within - how long addresses that are lost may be handed over; without it they are let go at once */
  #apply(changes: readonly OwnershipChange[], within?: Duration): void {
    const now = this.#options.clock.now();
    for (const { type, address } of changes) {
      if (type === 'disown') this.#lose(address, within);
      else {
        this.#handOvers.end(address);
        this.#tellStanding(address);
        this.#rounds?.add(address, now);
        this.#conflicts?.gained(address, now);
      }
      this.#responders.reviseGroups([address]);
    }
  }

  #lose(address: IpAddress, within: Duration | undefined): void {
    const { layer, clock } = this.#options;
    const answers = this.#maySpeak(address);
    this.#conflicts?.lost(address);
    this.#schedule.close(address);
    this.#rounds?.delete(address);
    if (within === undefined || !answers || this.#ended) layer.disown(address);
    else {
      this.#handOvers.begin(address, within, clock.now());
      layer.handOver(address, within);
    }
  }

  #handedOver(address: IpAddress): void {
    this.#handOvers.end(address);
    this.#responders.reviseGroups([address]);
    this.#arm();
  }

  #tellStanding(address: IpAddress): void {
    const { layer } = this.#options;
    const interfaces = this.#ownership.interfacesOf(address);
    if (this.#conflicts?.isSilent(address) === true) layer.watch(address, interfaces);
    else layer.own(address, interfaces);
  }

  #announceAll(addresses: readonly IpAddress[]): void {
    const now = this.#options.clock.now();
    const due = addresses.filter((each) => this.#maySpeak(each) && this.#schedule.open(each, now));
    this.#responders.announce(due);
  }

  #arm(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    const { clock } = this.#options;
    const conflicts = this.#suspended ? undefined : this.#conflicts;
    const parts = [this.#schedule, this.#responders, this.#rounds, this.#handOvers, conflicts];
    const next = Math.min(...parts.map((part) => part?.next ?? Infinity));
    if (this.#ended || next === Infinity) return;
    this.#timer = clock.after(millis(Math.max(0, next - clock.now())), () => this.#tick());
  }

  #tick(): void {
    const now = this.#options.clock.now();
    this.#responders.announce(this.#schedule.tick(now));
    this.#responders.tick(now, (address) => this.#schedule.isOpen(address, now));
    const again = this.#rounds?.tick(now) ?? [];
    this.#responders.announce(again);
    if (this.#conflicts !== undefined && again.length > 0) this.#responders.inquire(again);
    for (const address of this.#handOvers.overdue(now)) this.#handedOver(address);
    if (!this.#suspended) this.#conflicts?.tick(now);
    this.#arm();
  }
}
