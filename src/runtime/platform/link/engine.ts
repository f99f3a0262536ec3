import type { IpAddress } from '../../net/index.ts';
import { AnnouncementQueue } from './announcements.ts';
import { Ledger } from './ledger.ts';
import {
  type AnsweredRequest,
  type FrameResponder,
  type LinkCommand,
  type LinkReport,
  type Protocol,
  type ProtocolName,
  type ResponderKey,
} from './protocol.ts';
import { LinkScan } from '../socket/netlink-scan.ts';
import { openPacketSocket } from '../socket/packet-socket.ts';
import type { Link } from '../ports.ts';
import { type Libc, SystemCallError, checked } from '../socket/libc.ts';
import { Poller } from '../socket/poller.ts';

/** Milliseconds. The longest wait bounds how long ending the thread can take. */
const LONGEST_WAIT = 500;
const REPORT_INTERVAL = 200;
const FRAMES_PER_READ = 64;
const FRAME_CAPACITY = 2048;
/** At most this many answered requests are kept for the debug log between two reports. */
const TRACE_CAPACITY = 1000;
/** Nothing more to read now, or a link that is down: the socket stays. */
const PASSING: ReadonlySet<string> = new Set(['EAGAIN', 'EINTR', 'ENETDOWN', 'ENOBUFS']);
const EFD_NONBLOCK_CLOEXEC = 0o2004000;

interface OpenResponder {
  readonly key: ResponderKey;
  readonly link: Link;
  readonly protocol: Protocol;
  readonly frames: FrameResponder;
  readonly fd: number;
}

export interface EngineOptions {
  readonly libc: Libc;
  readonly protocols: Readonly<Record<ProtocolName, Protocol>>;
  /** Whether to report every answered request. */
  readonly trace: boolean;
  readonly report: (report: LinkReport) => void;
}

/**
 * Everything that the thread of raw sockets does: waits for frames, answers them, tells of links, and carries out
 * commands. Frames are answered here and nowhere else, so that a busy program answers as fast as an idle one.
 */
export class LinkEngine {
  readonly #options: EngineOptions;
  readonly #libc: Libc;
  readonly #poller: Poller;
  readonly #wake: number;
  readonly #scan: LinkScan;
  readonly #ledger = new Ledger();
  readonly #responders = new Map<string, OpenResponder>();
  readonly #announcements = new AnnouncementQueue<OpenResponder>();
  readonly #frame = Buffer.alloc(FRAME_CAPACITY);
  readonly #wakeCount = Buffer.alloc(8);
  #traced: AnsweredRequest[] = [];
  #reportDue = 0;
  #stopped = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    const { libc, report } = options;
    this.#libc = libc;
    this.#poller = new Poller(libc);
    this.#wake = checked(libc, libc.eventfd(0, EFD_NONBLOCK_CLOEXEC), 'eventfd');
    this.#poller.add(this.#wake, () => libc.read(this.#wake, this.#wakeCount, 8));
    this.#scan = new LinkScan(libc, this.#poller, (links) => report({ type: 'links', links }));
  }

  /** Opens what watches the links and starts waiting; a fault that ends it surfaces as an uncaught exception. */
  start(): void {
    this.#scan.open();
    this.#tellDescriptors();
    this.#turn();
  }

  execute(command: LinkCommand): void {
    const { report } = this.#options;
    switch (command.type) {
      case 'open':
        this.#open(command.key, command.link);
        break;
      case 'close':
        this.#close(nameOf(command.key));
        break;
      case 'own':
        this.#ledger.own(command.address, command.interfaces);
        break;
      case 'disown':
        this.#ledger.disown(command.address);
        break;
      case 'announce': {
        const responder = this.#responders.get(nameOf(command.key));
        if (responder) this.#announcements.add({ responder, addresses: command.addresses });
        break;
      }
      case 'report':
        this.#reportCounts();
        report({ type: 'alive' });
        break;
      case 'stop':
        this.#reportCounts();
        this.close();
        report({ type: 'stopped' });
    }
  }

  /**
   * Closes every descriptor but the one to wake the thread: the program may be writing to it at this moment, so the
   * program closes it. Safe to call twice.
   */
  close(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const { fd } of this.#responders.values()) this.#libc.close(fd);
    this.#responders.clear();
    this.#scan.close();
    this.#poller.close();
    this.#tellDescriptors();
  }

  /**
   * A turn is bounded and ends in the event loop, which delivers messages and lets the thread be ended: a loop of
   * nothing but foreign calls could never be stopped. One wait a turn: with several, the request after each visit to
   * the event loop was measured to take five times as long.
   */
  readonly #turn = (): void => {
    if (this.#stopped) return;
    this.#poller.wait(this.#patience());
    const now = performance.now();
    this.#scan.tick(now);
    if (!this.#announcements.isEmpty) this.#announcements.sendSlice(this.#announce);
    if (this.#ledger.isDirty && now >= this.#reportDue) {
      this.#reportCounts();
      this.#reportDue = now + REPORT_INTERVAL;
    }
    setImmediate(this.#turn);
  };

  #patience(): number {
    if (!this.#announcements.isEmpty) return 1;
    return Math.min(this.#ledger.isDirty ? REPORT_INTERVAL : LONGEST_WAIT, this.#scan.patience);
  }

  #open(key: ResponderKey, link: Link): void {
    const { libc, protocols, report } = this.#options;
    this.#close(nameOf(key));
    const protocol = protocols[key.protocol];
    try {
      const fd = openPacketSocket(libc, link.index, protocol.etherType, protocol.filter);
      const frames = protocol.responder(link, this.#ledger);
      const responder: OpenResponder = { key, link, protocol, frames, fd };
      this.#responders.set(nameOf(key), responder);
      this.#poller.add(fd, () => this.#serve(responder));
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      report({ type: 'failed', key, error: error.message });
      return;
    }
    this.#tellDescriptors();
    report({ type: 'opened', key });
  }

  #close(name: string): void {
    const responder = this.#responders.get(name);
    if (responder === undefined) return;
    this.#responders.delete(name);
    this.#announcements.drop(responder);
    this.#poller.remove(responder.fd);
    this.#libc.close(responder.fd);
    this.#tellDescriptors();
  }

  /** The hot path: allocates nothing unless tracing. */
  #serve(responder: OpenResponder): void {
    const { fd, frames } = responder;
    const libc = this.#libc;
    const frame = this.#frame;
    for (let i = 0; i < FRAMES_PER_READ; i += 1) {
      const length = libc.recv(fd, frame, FRAME_CAPACITY, 0);
      if (length < 0) {
        this.#stayOpen(responder, libc.errno());
        return;
      }
      const reply = frames.answer(frame, length);
      if (reply === undefined) continue;
      const sent = libc.send(fd, reply, reply.length, 0) >= 0;
      const account = this.#ledger.hit;
      if (account === undefined) continue;
      account.requests += 1;
      if (sent) account.responses += 1;
      if (!account.dirty) this.#ledger.touch(account);
      if (this.#options.trace) this.#keepTrace(responder, account.address);
    }
  }

  /** A link that is down or gone says so once (ENETDOWN); its responder is closed when the links are next told. */
  #stayOpen(responder: OpenResponder, code: string): void {
    if (PASSING.has(code)) return;
    this.#close(nameOf(responder.key));
    this.#options.report({ type: 'failed', key: responder.key, error: `recv: ${code}` });
  }

  readonly #announce = (responder: OpenResponder, address: IpAddress): boolean => {
    const { link, protocol, fd, key } = responder;
    const account = this.#ledger.find(address, link.name);
    if (account === undefined) return true;
    for (const frame of protocol.announcements(link, address)) {
      const sent = this.#libc.send(fd, frame, frame.length, 0) >= 0;
      const code = sent ? undefined : this.#libc.errno();
      if (code === 'EAGAIN' || code === 'ENOBUFS') return false;
      if (code === undefined || key.protocol === 'ndp') {
        account.gratuitous += 1;
        this.#ledger.touch(account);
      }
      if (code !== undefined) {
        // Whatever ails the link ails the rest of the list as well; the next round tries again.
        this.#announcements.drop(responder);
        this.#options.report({ type: 'announcementFailed', key, address, error: `send: ${code}` });
        return true;
      }
    }
    return true;
  };

  #keepTrace({ link, frames }: OpenResponder, address: IpAddress): void {
    if (this.#traced.length >= TRACE_CAPACITY) return;
    const { mac: senderMac, ip: senderIp } = frames.sender(this.#frame);
    const interfaceName = link.name;
    this.#traced.push({ interfaceName, address, senderIp, senderMac, responseMac: link.mac });
  }

  #reportCounts(): void {
    const { report } = this.#options;
    const counts = this.#ledger.takeCounts();
    if (counts.length > 0) report({ type: 'counts', counts });
    if (this.#traced.length > 0) report({ type: 'answered', requests: this.#traced });
    this.#traced = [];
  }

  #tellDescriptors(): void {
    const sockets = [...this.#responders.values()].map(({ fd }) => fd);
    const open = [this.#poller.descriptor, ...this.#scan.descriptors, ...sockets];
    const held = this.#stopped ? [] : open;
    this.#options.report({ type: 'descriptors', wake: this.#wake, held });
  }
}

function nameOf({ protocol, interfaceIndex }: ResponderKey): string {
  return `${protocol} ${interfaceIndex}`;
}
