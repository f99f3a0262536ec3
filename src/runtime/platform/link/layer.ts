import type { IpAddress } from '../../net/index.ts';
import type { Counts } from './ledger.ts';
import type {
  AnsweredRequest,
  LinkCommand,
  LinkReport,
  ResponderKey,
  Sighting,
} from './protocol.ts';
import { SocketThread, type ThreadReport } from '../socket/socket-thread.ts';
import type { LinkThreadSettings } from './thread.ts';
import { type MembershipFailure, MulticastMemberships } from './multicast.ts';
import { type Duration, type Link, millis } from '../ports.ts';

/** Who hears what happens on the links. */
export interface LinkEvents {
  /** All links, now and whenever they were looked at again. */
  links(links: readonly Link[]): void;
  opened(key: ResponderKey): void;
  failed(key: ResponderKey, error: string): void;
  counted(counts: readonly Counts[]): void;
  answered(requests: readonly AnsweredRequest[]): void;
  announcementFailed(key: ResponderKey, address: IpAddress, error: string): void;
  membershipFailed(failure: MembershipFailure): void;
  sighted(sightings: readonly Sighting[]): void;
  handedOver(address: IpAddress): void;
  stoodStill(duration: Duration): void;
}

export interface WorkerLinkLayerOptions extends LinkThreadSettings {
  /** The program of the thread: bin/link-worker. */
  readonly entry: URL;
}

/** The links of this machine, served by one thread of raw sockets; the implementation of layer2's port. */
export class WorkerLinkLayer {
  readonly #thread: SocketThread<LinkCommand, Told>;
  #memberships: MulticastMemberships | undefined;

  constructor({ entry, purpose, trace }: WorkerLinkLayerOptions) {
    this.#thread = new SocketThread({ entry, settings: { purpose, trace }, owner: 'raw sockets' });
  }

  /**
   * Serves the links until `signal` aborts. Rejects if the thread dies or falls silent: then nothing is answered any
   * more, and the program must end rather than pretend.
   */
  async run(events: LinkEvents, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const memberships = new MulticastMemberships((failure) => events.membershipFailed(failure));
    this.#memberships = memberships;
    try {
      await this.#thread.run((report) => tell(report, events), signal);
    } finally {
      memberships.close();
    }
  }

  open(key: ResponderKey, link: Link): void {
    this.#thread.post({ type: 'open', key, link });
  }

  close(key: ResponderKey): void {
    this.#thread.post({ type: 'close', key });
  }

  /** Answers for `address` from now on; on the named interfaces only, if any are named. */
  own(address: IpAddress, interfaces?: readonly string[]): void {
    this.#thread.post({ type: 'own', address, interfaces });
  }

  disown(address: IpAddress): void {
    this.#thread.post({ type: 'disown', address });
  }

  /** Hears who else speaks for `address` without answering for it. */
  watch(address: IpAddress, interfaces?: readonly string[]): void {
    this.#thread.post({ type: 'watch', address, interfaces });
  }

  /** Answers for `address` until a successor is heard or `within` passes. */
  handOver(address: IpAddress, within: Duration): void {
    this.#thread.post({ type: 'handOver', address, within });
  }

  /** Asks the link who has those of `addresses` that the thread knows. */
  inquire(key: ResponderKey, addresses: readonly IpAddress[]): void {
    this.#thread.post({ type: 'inquire', key, addresses });
  }

  suspend(): void {
    this.#thread.post({ type: 'suspend' });
  }

  resume(): void {
    this.#thread.post({ type: 'resume' });
  }

  limitPauses(limit: Duration): void {
    this.#thread.post({ type: 'limitPauses', limit });
  }

  /** Sends the unsolicited frames of those of `addresses` that are still ours when their turn comes. */
  announce(key: ResponderKey, addresses: readonly IpAddress[]): void {
    this.#thread.post({ type: 'announce', key, addresses });
  }

  join(interfaceName: string, group: IpAddress): void {
    this.#memberships?.join(interfaceName, group);
  }

  leave(interfaceName: string, group: IpAddress): void {
    this.#memberships?.leave(interfaceName, group);
  }

  /** Resolves once every count up to now was told. */
  report(): Promise<void> {
    return this.#thread.report();
  }
}

type Told = Exclude<LinkReport, ThreadReport>;

function tell(report: Told, events: LinkEvents): void {
  switch (report.type) {
    case 'links':
      events.links(report.links);
      break;
    case 'opened':
      events.opened(report.key);
      break;
    case 'failed':
      events.failed(report.key, report.error);
      break;
    case 'counts':
      events.counted(report.counts);
      break;
    case 'answered':
      events.answered(report.requests);
      break;
    case 'announcementFailed':
      events.announcementFailed(report.key, report.address, report.error);
      break;
    case 'sighted':
      events.sighted(report.sightings);
      break;
    case 'handedOver':
      events.handedOver(report.address);
      break;
    case 'stoodStill':
      events.stoodStill(millis(report.duration));
  }
}
