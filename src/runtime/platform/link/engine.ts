import { type IpAddress, familyOf, macToBytes } from '../../net/index.ts';
import { HandOvers } from './hand-overs.ts';
import { Ledger } from './ledger.ts';
import { type OpenResponder, Outbox } from './outbox.ts';
import {
  type AnsweredRequest,
  type LinkCommand,
  type LinkReport,
  type Protocol,
  type ProtocolName,
  type ResponderKey,
} from './protocol.ts';
import { SightingBook } from './sightings.ts';
import { LinkScan } from '../socket/netlink-scan.ts';
import { openPacketSocket } from '../socket/packet-socket.ts';
import type { Link } from '../ports.ts';
import { type Libc, SystemCallError, checked } from '../socket/libc.ts';
import { Poller } from '../socket/poller.ts';

/** Milliseconds. The longest wait bounds how long ending the thread can take. */
const LONGEST_WAIT = 500;
const REPORT_INTERVAL = 200;
/** The shortest pause, in milliseconds, that is told from a long wait for frames. */
const SHORTEST_PAUSE = LONGEST_WAIT + 250;
const FRAMES_PER_READ = 64;
const FRAME_CAPACITY = 2048;
/** At most this many answered requests are kept for the debug log between two reports. */
const TRACE_CAPACITY = 1000;
/** Nothing more to read now, or a link that is down: the socket stays. */
const PASSING: ReadonlySet<string> = new Set(['EAGAIN', 'EINTR', 'ENETDOWN', 'ENOBUFS']);
const EFD_NONBLOCK_CLOEXEC = 0o2004000;

type LedgerCommand = Extract<
  LinkCommand,
  { readonly type: 'own' | 'disown' | 'watch' | 'handOver' }
>;

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
  readonly #outbox: Outbox;
  readonly #handOvers: HandOvers;
  readonly #sightings = new SightingBook();
  readonly #frame = Buffer.alloc(FRAME_CAPACITY);
  readonly #claimant = new Uint8Array(6);
  readonly #wakeCount = Buffer.alloc(8);
  /** When the last wait was over, by `performance.now`. */
  #now = 0;
  #pauseLimit = Infinity;
  /** Nothing is answered, announced or asked. */
  #silent = false;
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
    this.#scan = new LinkScan(libc, this.#poller, (links) => {
      this.#sightings.disregard(links.map(({ mac }) => macToBytes(mac)));
      report({ type: 'links', links });
    });
    this.#outbox = new Outbox({ libc, ledger: this.#ledger, report });
    this.#handOvers = new HandOvers(this.#ledger, (address) =>
      report({ type: 'handedOver', address }),
    );
  }

  /** Opens what watches the links and starts waiting; a fault that ends it surfaces as an uncaught exception. */
  start(): void {
    this.#scan.open();
    this.#tellDescriptors();
    this.#now = performance.now();
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
      case 'announce':
      case 'inquire': {
        const responder = this.#responders.get(nameOf(command.key));
        if (responder !== undefined) this.#outbox[command.type](responder, command.addresses);
        break;
      }
      case 'suspend':
      case 'resume':
        this.#silent = command.type === 'suspend';
        break;
      case 'limitPauses':
        this.#pauseLimit = Math.max(SHORTEST_PAUSE, command.limit);
        break;
      case 'report':
        this.#catchUp();
        this.#reportCounts();
        report({ type: 'alive' });
        break;
      case 'stop':
        this.#reportCounts();
        this.close();
        report({ type: 'stopped' });
        break;
      default:
        this.#keep(command);
    }
  }

  #keep(command: LedgerCommand): void {
    switch (command.type) {
      case 'own':
        this.#catchUp();
        this.#ledger.own(command.address, command.interfaces);
        break;
      case 'disown':
        this.#ledger.disown(command.address);
        break;
      case 'watch':
        this.#ledger.watch(command.address, command.interfaces);
        break;
      case 'handOver':
        this.#handOver(command.address, command.within);
    }
  }

  /**
   * Looks at the frames that wait: what was asked before an address is ours was asked of whoever had it then, and a report
   * is of everything up to now.
   */
  #catchUp(): void {
    if (!this.#stopped) this.#poller.wait(0, this.#woken);
  }

  /**
   * A successor that learned of it first has announced already, and so has whoever had the address a moment ago: who
   * answers now tells the one from the other.
   */
  #handOver(address: IpAddress, within: number): void {
    if (!this.#handOvers.begin(address, within, performance.now())) return;
    const protocol = familyOf(address) === 'ipv4' ? 'arp' : 'ndp';
    for (const responder of this.#responders.values()) {
      if (responder.key.protocol === protocol) this.#outbox.inquire(responder, [address]);
    }
  }

  /**
   * Closes every descriptor but the one to wake the thread: the program may be writing to it at this moment, so the
   * program closes it. Safe to call twice.
   */
  close(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    // Told before: the program closes what is told as held, should this thread be ended in between.
    this.#tellDescriptors();
    for (const { fd } of this.#responders.values()) this.#libc.close(fd);
    this.#responders.clear();
    this.#scan.close();
    this.#poller.close();
  }

  /**
   * A turn is bounded and ends in the event loop, which delivers messages and lets the thread be ended: a loop of
   * nothing but foreign calls could never be stopped. One wait a turn: with several, the request after each visit to
   * the event loop was measured to take five times as long.
   */
  readonly #turn = (): void => {
    if (this.#stopped) return;
    this.#poller.wait(this.#patience(), this.#woken);
    const now = this.#now;
    this.#scan.tick(now);
    this.#handOvers.tick(now);
    if (!this.#outbox.isEmpty) this.#outbox.sendSlice(this.#silent);
    if (this.#hasNews && now >= this.#reportDue) {
      this.#reportCounts();
      this.#reportDue = now + REPORT_INTERVAL;
    }
    setImmediate(this.#turn);
  };

  /**
   * A process that stood still, or got no turn, may have lost its addresses to others meanwhile: it is told before the
   * frames that waited are looked at, and these get no answer.
   */
  readonly #woken = (): void => {
    const now = performance.now();
    const duration = now - this.#now;
    this.#now = now;
    if (duration <= this.#pauseLimit || this.#stopped) return;
    this.#silent = true;
    this.#options.report({ type: 'stoodStill', duration });
  };

  get #hasNews(): boolean {
    return this.#ledger.isDirty || !this.#sightings.isEmpty;
  }

  #patience(): number {
    if (!this.#outbox.isEmpty) return 1;
    const longest = this.#hasNews ? REPORT_INTERVAL : LONGEST_WAIT;
    const handOver = Math.ceil(Math.max(0, this.#handOvers.next - performance.now()));
    return Math.min(longest, this.#scan.patience, handOver);
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
    this.#outbox.drop(responder);
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
      const reply = this.#silent ? undefined : frames.answer(frame, length);
      if (reply === undefined) this.#listen(responder, length);
      else this.#answer(responder, length, reply);
    }
  }

  #answer(responder: OpenResponder, length: number, reply: Uint8Array): void {
    const account = this.#ledger.hit;
    // The successor is not answered whose announcement ends our hand-over.
    if (responder.frames.announces(this.#frame)) this.#listen(responder, length);
    if (account?.answers !== true) return;
    const sent = this.#libc.send(responder.fd, reply, reply.length, 0) >= 0;
    account.requests += 1;
    if (sent) account.responses += 1;
    if (!account.dirty) this.#ledger.touch(account);
    if (this.#options.trace) this.#keepTrace(responder, account.address);
  }

  /** Looks for others who speak for our addresses. */
  #listen({ frames, link }: OpenResponder, length: number): void {
    const form = frames.hear(this.#frame, length, this.#claimant);
    const account = this.#ledger.hit;
    if (form === undefined || account === undefined) return;
    if (this.#sightings.isOwn(this.#claimant)) return;
    if (form !== 'probe') this.#handOvers.end(account);
    // Our answers tell whoever asks before using it; a successor that is heard is no news.
    if (account.standing === 'handingOver' || (form === 'probe' && account.answers)) return;
    this.#sightings.add(account, this.#claimant, link.name, form);
  }

  /** A link that is down or gone says so once (ENETDOWN); its responder is closed when the links are next told. */
  #stayOpen(responder: OpenResponder, code: string): void {
    if (PASSING.has(code)) return;
    this.#close(nameOf(responder.key));
    this.#options.report({ type: 'failed', key: responder.key, error: `recv: ${code}` });
  }

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
    if (!this.#sightings.isEmpty) report({ type: 'sighted', sightings: this.#sightings.take() });
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
