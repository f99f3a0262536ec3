import { type Family, familyOf } from '../../net/index.ts';
import type { Random } from '../ports.ts';
import { type Libc, checked } from '../socket/libc.ts';
import { Poller } from '../socket/poller.ts';
import { ControlPorts } from './control-ports.ts';
import { EchoLine } from './echo-line.ts';
import type { Addressed, BfdCommand, BfdProtocol, BfdReport, SessionSpec } from './protocol.ts';
import { ServedSession } from './served-session.ts';

/** Milliseconds. The longest wait bounds how long ending the thread can take. */
const LONGEST_WAIT = 500;
const REPORT_INTERVAL = 500;
/** Rounds of looking for packets that came while this thread had no turn. */
const CATCH_UPS = 8;
const EFD_NONBLOCK_CLOEXEC = 0o2004000;

export interface BfdEngineOptions<Packet extends Addressed, Settings> {
  readonly libc: Libc;
  readonly protocol: BfdProtocol<Packet, Settings>;
  readonly random: Random;
  /** Whether this machine forwards packets of the family. */
  readonly forwards: (family: Family) => boolean;
  readonly report: (report: BfdReport) => void;
  /** Milliseconds of a clock that is never set. */
  readonly now: () => number;
}

/**
 * Everything that the thread of BFD does: waits for packets and for the time to send, tells of changes, and carries out
 * commands. Sessions live here and nowhere else, so that a busy program keeps them up.
 */
export class BfdEngine<Packet extends Addressed, Settings> {
  readonly #options: BfdEngineOptions<Packet, Settings>;
  readonly #poller: Poller;
  readonly #wake: number;
  readonly #wakeCount = Buffer.alloc(8);
  readonly #ports: ControlPorts<ServedSession<Packet, Settings>>;
  readonly #echoes: EchoLine<ServedSession<Packet, Settings>>;
  readonly #sessions = new Map<string, ServedSession<Packet, Settings>>();
  readonly #leaving = new Set<ServedSession<Packet, Settings>>();
  #reportDue = 0;
  #stopped = false;

  constructor(options: BfdEngineOptions<Packet, Settings>) {
    this.#options = options;
    const { libc, now } = options;
    const poller = new Poller(libc);
    this.#poller = poller;
    this.#wake = checked(libc, libc.eventfd(0, EFD_NONBLOCK_CLOEXEC), 'eventfd');
    poller.add(this.#wake, () => libc.read(this.#wake, this.#wakeCount, 8));
    const changed = (): void => this.#tellDescriptors();
    this.#ports = new ControlPorts({
      ...{ libc, poller, changed },
      hear: (session, octets) => session.hear(octets, now()),
    });
    this.#echoes = new EchoLine({
      ...{ libc, poller, changed },
      ready: (session) => session.handle({ type: 'echoReady', ready: true }, now()),
      returned: (session, payload) => session.hearEcho(payload, now()),
    });
  }

  /** Starts waiting; a fault that ends it surfaces as an uncaught exception. */
  start(): void {
    this.#tellDescriptors();
    this.#turn();
  }

  execute(command: BfdCommand): void {
    switch (command.type) {
      case 'set':
        this.#set(command.key, command.spec);
        break;
      case 'delete':
        this.#delete(command.key);
        break;
      case 'report':
        this.#reportCounts();
        this.#options.report({ type: 'alive' });
        break;
      case 'stop':
        for (const session of this.#sessions.values()) session.leave(this.#options.now());
        this.#reportCounts();
        this.close();
        this.#options.report({ type: 'stopped' });
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
    for (const session of this.#everyone()) session.close();
    this.#ports.close();
    this.#echoes.close();
    this.#poller.close();
  }

  #set(key: string, spec: SessionSpec): void {
    const { protocol, random, libc, report } = this.#options;
    const now = this.#options.now();
    const settings = protocol.settingsOf(spec, this.#options.forwards(familyOf(spec.local)));
    const old = this.#sessions.get(key);
    if (old?.isFor(spec) === true) {
      old.configure(spec, settings, now);
      return;
    }
    this.#delete(key);
    // What ends makes room for what begins between the same two.
    for (const session of this.#leaving) if (session.isFor(spec)) this.#bury(session);
    const session = protocol.session({
      discriminator: this.#freeDiscriminator(),
      settings,
      random,
    });
    const { ports, echoes } = { ports: this.#ports, echoes: this.#echoes };
    const changed = (): void => this.#tellDescriptors();
    const options = { libc, random, protocol, ports, echoes, report, changed };
    this.#sessions.set(key, new ServedSession({ key, spec }, session, options));
  }

  #delete(key: string): void {
    const session = this.#sessions.get(key);
    if (session === undefined) return;
    this.#sessions.delete(key);
    this.#leaving.add(session);
    session.leave(this.#options.now());
    if (session.isOver) this.#bury(session);
  }

  #bury(session: ServedSession<Packet, Settings>): void {
    this.#leaving.delete(session);
    session.close();
  }

  /** RFC 5880 §6.8.1: not zero, unique, and hard to guess. */
  #freeDiscriminator(): number {
    const taken = new Set([...this.#everyone()].map(({ discriminator }) => discriminator));
    for (;;) {
      const octets = Buffer.from(this.#options.random.bytes(4));
      const discriminator = octets.readUInt32BE(0);
      if (discriminator !== 0 && !taken.has(discriminator)) return discriminator;
    }
  }

  #everyone(): readonly ServedSession<Packet, Settings>[] {
    return [...this.#sessions.values(), ...this.#leaving];
  }

  /** A turn is bounded and ends in the event loop, which delivers messages and lets the thread be ended. */
  readonly #turn = (): void => {
    if (this.#stopped) return;
    this.#poller.wait(this.#patience(), noted);
    this.#tick();
    if (this.#options.now() >= this.#reportDue) this.#reportCounts();
    setImmediate(this.#turn);
  };

  #tick(): void {
    if (!this.#isAnyDue()) return;
    const now = this.#catchUp();
    for (const session of this.#everyone()) {
      if (session.isOver) this.#bury(session);
      else if (session.due <= now) session.turn(now);
    }
  }

  /**
   * Packets that wait are looked at first: a peer is not down because this thread had no turn. Returns the time up to which
   * every packet was read, and no later one: the thread may lose its turn right behind the last look as well.
   */
  #catchUp(): number {
    let looked = this.#options.now();
    for (let i = 0; i < CATCH_UPS && this.#poller.wait(0, noted) > 0; i += 1) {
      looked = this.#options.now();
    }
    return looked;
  }

  #isAnyDue(): boolean {
    const now = this.#options.now();
    return this.#everyone().some(({ due }) => due <= now);
  }

  #patience(): number {
    const now = this.#options.now();
    let next = now + LONGEST_WAIT;
    for (const { due, isDirty } of this.#everyone()) {
      next = Math.min(next, due, isDirty ? this.#reportDue : Infinity);
    }
    return Math.ceil(Math.max(0, next - now));
  }

  #reportCounts(): void {
    this.#reportDue = this.#options.now() + REPORT_INTERVAL;
    const dirty = [...this.#sessions.values()].filter(({ isDirty }) => isDirty);
    for (const session of dirty) session.isDirty = false;
    const counts = dirty.map((session) => session.counts);
    if (counts.length > 0) this.#options.report({ type: 'counts', counts });
  }

  #tellDescriptors(): void {
    const sockets = [
      ...this.#ports.descriptors,
      ...this.#echoes.descriptors,
      ...this.#everyone().flatMap(({ descriptors }) => descriptors),
    ];
    const held = this.#stopped ? [] : [this.#poller.descriptor, ...sockets];
    this.#options.report({ type: 'descriptors', wake: this.#wake, held });
  }
}

function noted(): void {
  // Each packet is dated when it is read.
}
