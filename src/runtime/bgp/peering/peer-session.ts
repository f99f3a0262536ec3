import type { IpAddress } from '../../net/index.ts';
import {
  type Clock,
  type Duration,
  type Logger,
  type Random,
  millis,
} from '../../platform/ports.ts';
import type {
  Agreed,
  DownReason,
  SessionEffect,
  SessionEvent,
  SessionSettings,
  SessionState,
  Stop,
  TimerName,
} from '../fsm/fsm.ts';
import { SessionMachine } from '../fsm/machine.ts';
import { encodeMessage } from '../wire/encode.ts';
import type { Dialect, UpdateFault } from '../wire/message.ts';
import type { Connection, ConnectionEnds, DialTarget, Dialer } from './dialer.ts';
import { jittered } from './jitter.ts';
import type { SessionObserver } from './observer.ts';
import type { Outlet } from './outlet.ts';
import { Receiver } from './receiver.ts';
import { SessionReport } from './report.ts';
import { Sender } from './sender.ts';
import type { Turns } from './turns.ts';

/** Those that say that the peer said nothing, or took nothing. */
const OF_SILENCE: ReadonlySet<TimerName> = new Set(['dial', 'hold', 'sendHold']);

/**
 * The last part of a wait for the peer, with a timer of its own. Where this program was held up all the while, that part is yet to
 * come, and what the peer said meanwhile is read in it.
 */
const HEARING = millis(100);

/** Code of what is wrong with an UPDATE. RFC 4271 §4.5 */
const UPDATE_ERROR = 3;

export interface PeerSettings extends SessionSettings {
  readonly target: DialTarget;
}

/** What a session needs of the world around it. */
export interface PeerPorts {
  readonly dialer: Dialer;
  readonly clock: Clock;
  readonly random: Random;
  /** Its lines say which session it is: `peer`, `localASN`, `peerASN`. legacy.md §6.2 */
  readonly logger: Logger;
  readonly observer: SessionObserver;
  readonly outlet: Outlet;
  /** To send, shared with the other sessions. */
  readonly turns: Turns;
  /** The BGP Identifier of this end, given its address. */
  readonly routerId: (local: IpAddress) => number;
}

/** One connection and both its directions. */
interface Line {
  readonly connection: Connection;
  readonly receiver: Receiver;
  readonly sender: Sender;
  /** Resolves when the connection has ended. */
  readonly over: Promise<void>;
  local: IpAddress | undefined;
}

/**
 * A session with one peer, kept up from `start` to `stop`: the state machine with a connection, timers and a source of routes.
 * Nothing here waits: octets in and out are taken in turns with the other sessions.
 */
export class PeerSession {
  readonly #settings: PeerSettings;
  readonly #ports: PeerPorts;
  readonly #report: SessionReport;
  readonly #machine: SessionMachine;
  readonly #timers = new Map<TimerName, Disposable>();
  /** Events that came while another was acted upon. */
  readonly #events: SessionEvent[] = [];
  #acting = false;
  #line: Line | undefined;
  #lastError: DownReason | undefined;

  constructor(settings: PeerSettings, ports: PeerPorts) {
    this.#settings = settings;
    this.#ports = ports;
    this.#report = new SessionReport(ports.logger);
    this.#machine = new SessionMachine(settings);
  }

  get state(): SessionState {
    return this.#machine.state;
  }

  /** Why there is no session; kept until there is one. */
  get lastError(): DownReason | undefined {
    return this.#lastError;
  }

  start(): void {
    this.#handle({ type: 'start' });
  }

  /** Ends the session and does not come back; the peer is told why. Resolves when all of it has left. */
  async stop(stop: Omit<Stop, 'type'>): Promise<void> {
    const line = this.#line;
    this.#handle({ type: 'stop', ...stop });
    await line?.over;
  }

  /** BFD says that the peer is gone. */
  bfdDown(): void {
    this.#handle({ type: 'bfdDown' });
  }

  /** Seconds; `undefined`: a third of the hold time. The session stays. */
  changeKeepaliveTime(keepaliveTime: number | undefined): void {
    this.#handle({ type: 'keepaliveTime', keepaliveTime });
  }

  /** The outlet has something to send. */
  pull(): void {
    this.#line?.sender.pull();
  }

  #handle(event: SessionEvent): void {
    this.#events.push(event);
    if (this.#acting) return;
    this.#acting = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        const before = this.state;
        if (isMalformedUpdate(next)) this.#ports.observer.malformedUpdate();
        const effects = this.#machine.handle(next);
        if (this.state !== before) this.#ports.observer.state(this.state);
        for (const effect of effects) this.#act(effect);
      }
    } finally {
      this.#acting = false;
    }
  }

  #act(effect: SessionEffect): void {
    switch (effect.type) {
      case 'dial':
        this.#dial();
        break;
      case 'hangUp':
        this.#hangUp();
        break;
      case 'send':
        this.#send(effect);
        break;
      case 'setTimer':
        this.#setTimer(effect.timer, effect.after);
        break;
      case 'clearTimer':
        this.#clearTimer(effect.timer);
        break;
      case 'up':
        this.#up(effect.agreed);
        break;
      case 'down':
        this.#down(effect.from, effect.reason);
        break;
      case 'update':
        this.#faults(effect.update.faults);
        break;
      case 'refresh':
        this.#ports.outlet.refresh(effect.family);
        this.pull();
        break;
      case 'capabilitiesRefused':
        this.#report.capabilitiesRefused();
        break;
    }
  }

  #dial(): void {
    const { clock, dialer, observer, turns } = this.#ports;
    const received = observer.messageReceived.bind(observer);
    const sent = observer.messageSent.bind(observer);
    const emit = (event: SessionEvent): void => this.#handle(event);
    let end = (): void => undefined;
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    const connection = dialer.dial(this.#settings.target, {
      connected: (ends) => this.#connected(line, ends),
      data: (chunk) => line.receiver.data(chunk),
      drained: () => line.sender.drained(),
      closed: (reason) => {
        end();
        line.sender[Symbol.dispose]();
        line.receiver.closed(reason);
      },
    });
    const line: Line = {
      connection,
      receiver: new Receiver(connection, clock, this.#dialect(4), { emit, received }),
      sender: new Sender(connection, turns, emit, sent),
      over,
      local: undefined,
    };
    this.#line = line;
  }

  #connected(line: Line, { local }: ConnectionEnds): void {
    if (line !== this.#line) return;
    line.local = local;
    this.#handle({ type: 'connected', identifier: this.#ports.routerId(local) });
  }

  #hangUp(): void {
    if (this.#line === undefined) return;
    this.#line.connection.end();
    this.#forgetLine();
  }

  /** Nothing that a connection tells from now on is believed. */
  #forgetLine(): void {
    this.#line?.receiver[Symbol.dispose]();
    this.#line?.sender[Symbol.dispose]();
    this.#line = undefined;
  }

  #send({ message }: Extract<SessionEffect, { type: 'send' }>): void {
    const octets = encodeMessage(message);
    if (message.type === 'keepalive') this.#line?.sender.sendIfWritable(octets);
    else this.#line?.sender.send(octets);
  }

  #setTimer(timer: TimerName, after: Duration): void {
    this.#clearTimer(timer);
    const { clock, random, observer } = this.#ports;
    const wait = jittered(timer, after, random);
    if (timer === 'idleHold' && wait > 0) observer.retrySuppressed(wait);
    const fire = (): void => {
      this.#timers.delete(timer);
      this.#handle({ type: 'timer', timer });
    };
    const last = OF_SILENCE.has(timer) ? Math.min(HEARING, wait) : 0;
    const begin = (): void => void this.#timers.set(timer, clock.after(millis(last), fire));
    this.#timers.set(
      timer,
      last === 0 ? clock.after(wait, fire) : clock.after(millis(wait - last), begin),
    );
  }

  #clearTimer(timer: TimerName): void {
    this.#timers.get(timer)?.[Symbol.dispose]();
    this.#timers.delete(timer);
  }

  #up(agreed: Agreed): void {
    const { observer, outlet } = this.#ports;
    const { local, receiver, sender } = this.#line ?? {};
    if (local === undefined || receiver === undefined || sender === undefined) return;
    this.#lastError = undefined;
    this.#report.up();
    observer.up(agreed, local);
    receiver.dialect = this.#dialect(agreed.asnOctets);
    outlet.established(agreed, local);
    sender.open(outlet);
  }

  #faults(faults: readonly UpdateFault[]): void {
    if (faults.length > 0) this.#ports.observer.malformedUpdate();
    this.#report.faults(faults);
  }

  #down(from: SessionState, reason: DownReason): void {
    this.#forgetLine();
    this.#lastError = reason;
    this.#report.down(from, reason);
    this.#ports.observer.down(reason);
    if (from === 'established') this.#ports.outlet.ended(reason);
  }

  #dialect(asnOctets: 2 | 4): Dialect {
    const { localAsn, peerAsn } = this.#settings;
    return { asnOctets, internal: localAsn === peerAsn };
  }
}

/** One that ends the session. RFC 4271 §6.3 */
function isMalformedUpdate(event: SessionEvent): boolean {
  return event.type === 'malformed' && event.error.code === UPDATE_ERROR;
}
