import type { IpAddress, MacAddress } from '../net/index.ts';
import type { Duration, Link } from '../platform/ports.ts';

/** A protocol on one link. */
export interface ResponderKey {
  readonly protocol: 'arp' | 'ndp';
  readonly interfaceIndex: number;
}

/** What to add to the counters of an address. */
export interface AddressCounts {
  readonly address: IpAddress;
  readonly requests: number;
  readonly responses: number;
  readonly gratuitous: number;
}

/** A request that was answered, for the debug log. */
export interface AnsweredRequest {
  readonly interfaceName: string;
  readonly address: IpAddress;
  readonly senderIp: IpAddress;
  readonly senderMac: MacAddress;
  readonly responseMac: MacAddress;
}

/**
 * What a foreign frame says of an address: that its sender has it now, unasked (sender and target are the address, or
 * the advertisement is unsolicited); that it has it, in an answer or any other way; or that it asks whether anybody has
 * it, to use it itself. RFC 5227 §1.1, RFC 4861 §7.2.6
 */
export type SightingForm = 'announcement' | 'reply' | 'probe';

/** A station that is not ours spoke for an address that is owned or watched here. */
export interface Sighting {
  readonly address: IpAddress;
  readonly mac: MacAddress;
  readonly interfaceName: string;
  readonly form: SightingForm;
}

export interface MembershipFailure {
  readonly operation: 'join' | 'leave';
  readonly interfaceName: string;
  readonly group: IpAddress;
  readonly error: string;
}

/** Who hears what happens on the links. */
export interface LinkEvents {
  /** All links, at start and whenever they were looked at again, which is at least every ten seconds. */
  links(links: readonly Link[]): void;
  opened(key: ResponderKey): void;
  /** It could not be opened, or its socket failed later; nothing is answered there any more. */
  failed(key: ResponderKey, error: string): void;
  counted(counts: readonly AddressCounts[]): void;
  answered(requests: readonly AnsweredRequest[]): void;
  announcementFailed(key: ResponderKey, address: IpAddress, error: string): void;
  membershipFailed(failure: MembershipFailure): void;
  /** Bounded however many frames were heard: a station is told once in a while, a few of them for an address. */
  sighted(sightings: readonly Sighting[]): void;
  /** The hand-over of the address is over: a successor was heard, or the time passed. Nothing is answered any more. */
  handedOver(address: IpAddress): void;
  /** Nothing was served for so long; nothing is answered or announced until `resume`. */
  stoodStill(duration: Duration): void;
}

/**
 * The links of this machine and the sockets on them. Requests are answered in there, without asking back; commands
 * take effect in the order given, those given before `run` included.
 */
export interface LinkLayer {
  /** Serves until `signal` aborts; rejects if nothing can be answered any more. */
  run(events: LinkEvents, signal: AbortSignal): Promise<void>;
  /** Answers on `link`, with the addresses it has now; `opened` or `failed` follows. */
  open(key: ResponderKey, link: Link): void;
  close(key: ResponderKey): void;
  /** Answers for `address` from now on; on the named interfaces only, if any are named. */
  own(address: IpAddress, interfaces?: readonly string[]): void;
  disown(address: IpAddress): void;
  /** Hears who else speaks for `address` and asks about it, but does not answer; `own` and `disown` end it. */
  watch(address: IpAddress, interfaces?: readonly string[]): void;
  /**
   * Goes on answering for an address that is owned until another station announces it or answers for it, which is asked
   * once and ends it in the same turn, or `within` passes. `handedOver` follows, unless `own` does.
   */
  handOver(address: IpAddress, within: Duration): void;
  /** Sends the unsolicited frames of those of `addresses` that are still ours when their turn comes. */
  announce(key: ResponderKey, addresses: readonly IpAddress[]): void;
  /** Asks the link who has those of `addresses` that are owned or watched, so that no cache is touched by it. */
  inquire(key: ResponderKey, addresses: readonly IpAddress[]): void;
  /** Answers, announces and asks nothing, but remembers what is owned, until `resume`. */
  suspend(): void;
  resume(): void;
  /** Suspends itself, before anything is answered, when nothing was served for longer than `limit`. */
  limitPauses(limit: Duration): void;
  /** Each join is undone by one leave. */
  join(interfaceName: string, group: IpAddress): void;
  leave(interfaceName: string, group: IpAddress): void;
  /** Resolves once every count up to now was told. */
  report(): Promise<void>;
}

/** What is counted per address. legacy.md §8.3 */
export interface TrafficObserver {
  requestReceived(address: IpAddress, count: number): void;
  responseSent(address: IpAddress, count: number): void;
  gratuitousSent(address: IpAddress, count: number): void;
}
