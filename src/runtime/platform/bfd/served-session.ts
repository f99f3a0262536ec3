import { familyOf } from '../../net/index.ts';
import type { Random } from '../ports.ts';
import { type Libc, SystemCallError } from '../socket/libc.ts';
import type { ControlPorts } from './control-ports.ts';
import { doorwayOf, openSender } from './control-socket.ts';
import type { EchoLine } from './echo-line.ts';
import type {
  Addressed,
  BfdProtocol,
  BfdReport,
  Session,
  SessionCounts,
  SessionEffect,
  SessionEvent,
  SessionSpec,
  SessionState,
} from './protocol.ts';

/** Milliseconds before sockets that could not be had are tried again. */
const RETRY_INTERVAL = 5_000;
/** What is sent when a session ends, a second apart: one packet may be lost. */
const FAREWELLS = 3;

type Counted = Exclude<keyof SessionCounts, 'key' | 'state'>;

export interface ServedSessionOptions<Packet extends Addressed, Settings> {
  readonly libc: Libc;
  readonly random: Random;
  readonly protocol: BfdProtocol<Packet, Settings>;
  readonly ports: ControlPorts<ServedSession<Packet, Settings>>;
  readonly echoes: EchoLine<ServedSession<Packet, Settings>>;
  readonly report: (report: BfdReport) => void;
  /** The descriptors have changed. */
  readonly changed: () => void;
}

/** A session, the socket by which it sends, and what was counted of it. */
export class ServedSession<Packet extends Addressed, Settings> {
  readonly key: string;
  readonly #options: ServedSessionOptions<Packet, Settings>;
  readonly #session: Session<Packet, Settings>;
  #spec: SessionSpec;
  #sender: { readonly fd: number; readonly sourcePort: number } | undefined;
  /** Configured, and not taken over yet: a session without sockets takes nothing. */
  #settings: Settings | undefined;
  #failure: string | undefined;
  #wasUp = false;
  /** By `performance.now`. */
  #wakeAt = Infinity;
  #retryAt = -Infinity;
  /** Of the device that the sockets are bound to. */
  #deviceIndex = 0;
  /** It had its sockets once, so that the peer may have been heard. */
  #hasBegun = false;
  /** Counts differ from what was told. */
  isDirty = true;
  /** Packets that are still sent before all is over. */
  #farewells = Infinity;
  readonly #counts: Record<Counted, number> = {
    ...{ controlIn: 0, controlOut: 0, echoIn: 0, echoOut: 0 },
    ...{ upEvents: 0, downEvents: 0, notifications: 0 },
  };

  constructor(
    { key, spec }: { key: string; spec: SessionSpec },
    session: Session<Packet, Settings>,
    options: ServedSessionOptions<Packet, Settings>,
  ) {
    this.key = key;
    this.#spec = spec;
    this.#session = session;
    this.#options = options;
  }

  get spec(): SessionSpec {
    return this.#spec;
  }

  get discriminator(): number {
    return this.#session.discriminator;
  }

  get descriptors(): readonly number[] {
    return this.#sender === undefined ? [] : [this.#sender.fd];
  }

  /** When the session, or opening its sockets, has its next turn. */
  get due(): number {
    return this.#sender === undefined ? Math.min(this.#wakeAt, this.#retryAt) : this.#wakeAt;
  }

  /** Of a session that left: its peer has been told, or never will be. */
  get isOver(): boolean {
    return this.#farewells <= 0 || (this.#farewells < Infinity && this.#wakeAt === Infinity);
  }

  get counts(): SessionCounts {
    return { key: this.key, state: this.#session.state, ...this.#counts };
  }

  /** Whether `spec` is of this session and changes nothing but its profile. */
  isFor(spec: SessionSpec): boolean {
    const { local, remote, interface: name, vrf, multihop } = this.#spec;
    return (
      spec.local === local &&
      spec.remote === remote &&
      spec.interface === name &&
      spec.vrf === vrf &&
      spec.multihop === multihop
    );
  }

  configure(spec: SessionSpec, settings: Settings, now: number): void {
    this.#spec = spec;
    this.#settings = settings;
    if (this.#sender === undefined) return;
    try {
      this.#options.ports.join(spec, this);
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      this.#fail(error, now);
      return;
    }
    this.#listenForEchoes();
    this.#takeSettings(now);
  }

  /** Without sockets time passes as well: a peer that is not heard is down. */
  turn(now: number): void {
    if (this.#sender === undefined && now >= this.#retryAt) this.#open(now);
    this.handle({ type: 'tick' }, now);
  }

  /** Takes a packet from the peer's address. RFC 5880 §6.8.6 */
  hear(octets: Uint8Array, now: number): void {
    const packet = this.#options.protocol.decode(octets);
    if (packet === undefined || this.#sender === undefined) return;
    const { yourDiscriminator } = packet;
    if (yourDiscriminator !== 0 && yourDiscriminator !== this.discriminator) return;
    this.#count('controlIn');
    this.handle({ type: 'received', packet }, now);
  }

  hearEcho(payload: Uint8Array, now: number): void {
    const echo = this.#options.protocol.decodeEcho(payload);
    if (echo?.discriminator !== this.discriminator) return;
    this.#count('echoIn');
    this.handle({ type: 'echoReturned', sequence: echo.sequence }, now);
  }

  handle(event: SessionEvent<Packet, Settings>, now: number): void {
    if (!this.#hasBegun) return;
    this.#wakeAt = Infinity;
    for (const effect of this.#session.handle(event, now)) this.#carryOut(effect, now);
  }

  /** Tells the peer, some times, that this is no failure; until it {@link isOver}. */
  leave(now: number): void {
    if (this.#sender === undefined) this.#farewells = 0;
    else this.#farewells = FAREWELLS;
    this.handle({ type: 'adminDown' }, now);
  }

  close(): void {
    this.#farewells = 0;
    this.#options.ports.leave(this.#spec, this);
    this.#options.echoes.leave(this);
    if (this.#sender === undefined) return;
    this.#options.libc.close(this.#sender.fd);
    this.#sender = undefined;
    this.#options.changed();
  }

  #carryOut(effect: SessionEffect<Packet>, now: number): void {
    switch (effect.type) {
      case 'send':
        this.#send(effect.packet, now);
        break;
      case 'sendEcho': {
        const { protocol, echoes } = this.#options;
        const { discriminator } = this;
        const payload = protocol.encodeEcho({ discriminator, sequence: effect.sequence });
        const port = this.#sender?.sourcePort ?? 0;
        if (echoes.send(this, port, payload)) this.#count('echoOut');
        break;
      }
      case 'changed': {
        const { state, diagnostic, remoteState } = effect;
        this.#tell(state, diagnostic, remoteState);
        break;
      }
      case 'wake':
        this.#wakeAt = now + effect.after;
    }
  }

  /** What is lost on the way out is found out by the peer, or by us: no reason to give up. */
  #send(packet: Packet, now: number): void {
    const { libc, protocol } = this.#options;
    if (this.#sender === undefined) return;
    this.#farewells -= 1;
    const { fd } = this.#sender;
    const octets = protocol.encode(packet);
    // The first attempt may fail by what became of an earlier packet, which ICMP told.
    for (let attempt = 0; attempt < 2; attempt += 1) {
      if (libc.send(fd, octets, octets.length, 0) < 0) continue;
      this.#count('controlOut');
      return;
    }
    // Sockets stay with the device that they were bound to, even if another of its name has come.
    const code = libc.errno();
    if (this.#deviceIndex === this.#findDevice()) return;
    this.#fail(new SystemCallError('send', code), now);
  }

  #findDevice(): number {
    const { device } = doorwayOf(this.#spec);
    return device === undefined ? 0 : this.#options.libc.interfaceIndex(device);
  }

  #tell(state: SessionState, diagnostic: number, remoteState: SessionState): void {
    if (state === 'up') this.#count('upEvents');
    else if (this.#wasUp) this.#count('downEvents');
    this.#wasUp = state === 'up';
    if (this.#farewells !== Infinity) return;
    this.#count('notifications');
    const { key } = this;
    this.#options.report({ type: 'changed', key, state, diagnostic, remoteState });
  }

  #open(now: number): void {
    const { libc, random, ports, report, changed } = this.#options;
    try {
      const occupant = ports.occupant(this.#spec);
      if (occupant !== undefined && occupant !== this) {
        throw new SystemCallError('another session with the same addresses', 'EADDRINUSE');
      }
      ports.join(this.#spec, this);
      this.#sender = openSender(libc, this.#spec, random);
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      this.#fail(error, now);
      return;
    }
    this.#deviceIndex = this.#findDevice();
    this.#hasBegun = true;
    changed();
    this.#failure = undefined;
    report({ type: 'started', key: this.key });
    this.#listenForEchoes();
    this.#takeSettings(now);
  }

  #takeSettings(now: number): void {
    const settings = this.#settings;
    this.#settings = undefined;
    if (settings !== undefined) this.handle({ type: 'configure', settings }, now);
  }

  /** A session without echo is better than none: control packets go on to watch the path. */
  #listenForEchoes(): void {
    const { echoes } = this.#options;
    const { multihop, profile } = this.#spec;
    if (multihop || !profile.echoMode) {
      echoes.leave(this);
      return;
    }
    try {
      echoes.join(this.#spec, this);
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
    }
  }

  #fail(error: SystemCallError, now: number): void {
    const { report, ports } = this.#options;
    const isOccupied = ports.occupant(this.#spec) !== undefined;
    const farewells = this.#farewells;
    this.close();
    this.#farewells = farewells === Infinity ? farewells : 0;
    this.#retryAt = now + RETRY_INTERVAL;
    if (error.message === this.#failure) return;
    this.#failure = error.message;
    const isHeld = error.code === 'EADDRINUSE' && !isOccupied;
    const heldPort = isHeld ? doorwayOf(this.#spec).port : undefined;
    const where = `${this.#spec.local} (${familyOf(this.#spec.local)})`;
    const text = `${where}: ${error.message}`;
    report({ type: 'failed', key: this.key, error: text, heldPort });
  }

  #count(what: Counted): void {
    this.#counts[what] += 1;
    this.isDirty = true;
  }
}
