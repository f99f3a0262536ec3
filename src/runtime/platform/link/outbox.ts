import type { IpAddress } from '../../net/index.ts';
import type { Libc } from '../socket/libc.ts';
import type { Link } from '../ports.ts';
import { AnnouncementQueue } from './announcements.ts';
import type { Ledger } from './ledger.ts';
import type { FrameResponder, LinkReport, Protocol, ResponderKey } from './protocol.ts';

/** A protocol that is served on a link. */
export interface OpenResponder {
  readonly key: ResponderKey;
  readonly link: Link;
  readonly protocol: Protocol;
  readonly frames: FrameResponder;
  readonly fd: number;
}

interface OutboxOptions {
  readonly libc: Libc;
  readonly ledger: Ledger;
  readonly report: (report: LinkReport) => void;
}

/** Frames that nobody asked for: announcements of what is ours, and questions about it. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #announcements = new AnnouncementQueue<OpenResponder>();
  readonly #questions = new AnnouncementQueue<OpenResponder>();

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#announcements.isEmpty && this.#questions.isEmpty;
  }

  announce(responder: OpenResponder, addresses: readonly IpAddress[]): void {
    this.#announcements.add({ responder, addresses });
  }

  inquire(responder: OpenResponder, addresses: readonly IpAddress[]): void {
    this.#questions.add({ responder, addresses });
  }

  drop(responder: OpenResponder): void {
    this.#announcements.drop(responder);
    this.#questions.drop(responder);
  }

  /** Sends a slice of what waits; `isSilent` throws it away instead. */
  sendSlice(isSilent: boolean): void {
    const nothing = (): boolean => true;
    this.#announcements.sendSlice(isSilent ? nothing : this.#announce);
    this.#questions.sendSlice(isSilent ? nothing : this.#inquire);
  }

  readonly #announce = (responder: OpenResponder, address: IpAddress): boolean => {
    const { libc, ledger, report } = this.#options;
    const { link, protocol, fd, key } = responder;
    const account = ledger.find(address, link.name);
    if (account?.standing !== 'owned') return true;
    for (const frame of protocol.announcements(link, address)) {
      const sent = libc.send(fd, frame, frame.length, 0) >= 0;
      const code = sent ? undefined : libc.errno();
      if (code === 'EAGAIN' || code === 'ENOBUFS') return false;
      if (code === undefined || key.protocol === 'ndp') {
        account.gratuitous += 1;
        ledger.touch(account);
      }
      if (code !== undefined) {
        // Whatever ails the link ails the rest of the list as well; the next round tries again.
        this.#announcements.drop(responder);
        report({ type: 'announcementFailed', key, address, error: `send: ${code}` });
        return true;
      }
    }
    return true;
  };

  /** A question that cannot be sent is only not asked this time. */
  readonly #inquire = ({ link, protocol, fd }: OpenResponder, address: IpAddress): boolean => {
    const { libc, ledger } = this.#options;
    const account = ledger.find(address, link.name);
    if (account === undefined) return true;
    const frame = protocol.question(link, address);
    if (libc.send(fd, frame, frame.length, 0) >= 0) return true;
    const code = libc.errno();
    return code !== 'EAGAIN' && code !== 'ENOBUFS';
  };
}
