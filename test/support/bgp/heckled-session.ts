import type { SessionState } from '../../../src/runtime/bgp/fsm/fsm.ts';
import type {
  Connection,
  ConnectionEvents,
  Dialer,
} from '../../../src/runtime/bgp/peering/dialer.ts';
import { PeerSession, type PeerSettings } from '../../../src/runtime/bgp/peering/peer-session.ts';
import { Turns } from '../../../src/runtime/bgp/peering/turns.ts';
import { encodeMessage } from '../../../src/runtime/bgp/wire/encode.ts';
import type { Open } from '../../../src/runtime/bgp/wire/message.ts';
import { parseIp } from '../../../src/runtime/net/index.ts';
import { type Logger, type Random, millis, seconds } from '../../../src/runtime/platform/ports.ts';
import { ManualClock } from '../manual-clock.ts';
import { Tally } from './tally.ts';

const OURS = parseIp('192.0.2.1')!;
const KEEPALIVE = encodeMessage({ type: 'keepalive' });
const NOTIFICATION = 3;
/** After which all timers have fired, and attempts have begun and failed. */
const LONGEST_WAIT = seconds(130);
/** Words of the peer on one connection without another state: it waits for the end of what it was told to be longer. */
const PATIENCE = 4;
const PLACES: readonly SessionState[] = [
  ...(['established', 'established', 'established'] as const),
  ...(['openSent', 'openConfirm'] as const),
];
const MUTE: Logger = {
  enabled: () => false,
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  with: () => MUTE,
};

/**
 * A session with all its parts but the sockets, whose peer does as it should for a while and then says anything, in pieces of all
 * sizes. Nothing is kept of what was, so that what grows is the session's.
 */
export class HeckledSession implements Dialer {
  readonly session: PeerSession;
  readonly clock: ManualClock = new ManualClock();
  /** By state and type of the message, as in `openSent update`. */
  readonly heard: Tally = new Tally();
  /** Those come to. */
  readonly states: Tally = new Tally();
  /** NOTIFICATIONs by code and subcode, as in `3/1`. */
  readonly sent: Tally = new Tally();
  readonly #random: Random;
  readonly #open: Uint8Array;
  #line: Line | undefined;
  readonly #waiting: Uint8Array[] = [];

  constructor(settings: Omit<PeerSettings, 'target'>, open: Open, random: Random) {
    this.#random = random;
    this.#open = encodeMessage(open);
    const target = { address: parseIp('192.0.2.9')!, port: 179 };
    this.session = new PeerSession(
      { ...settings, target },
      {
        ...{ dialer: this, clock: this.clock, random, logger: MUTE },
        turns: new Turns(this.clock),
        observer: {
          state: (state) => this.states.add(state),
          up: () => {},
          down: () => {},
          messageSent: () => {},
          messageReceived: (type) => this.heard.add(`${this.session.state} ${type}`),
          malformedUpdate: () => {},
          retrySuppressed: () => {},
        },
        outlet: {
          established: () => {},
          next: () => undefined,
          refresh: () => {},
          ended: () => {},
        },
        routerId: () => 0x0a010203,
      },
    );
    this.session.start();
  }

  dial(_: unknown, events: ConnectionEvents): Connection {
    this.#line = new Line(events, (octets) => {
      if (octets[18] === NOTIFICATION) this.sent.add(`${octets[19]}/${octets[20]}`);
    });
    return this.#line;
  }

  /** The peer says this, now or together with what it says next. */
  hear(octets: Uint8Array): void {
    this.#waiting.push(octets);
    if (this.#random.float() < 0.3) return;
    const said = Buffer.concat(this.#waiting.splice(0));
    this.#lead(PLACES[Math.floor(this.#random.float() * PLACES.length)]!);
    this.#say(said);
    this.clock.advance(this.#random.float() < 0.002 ? LONGEST_WAIT : millis(1));
  }

  /** Goes on as a peer that agrees; one that got no further hangs up. */
  #lead(place: SessionState): void {
    for (let word = 0; ; word += 1) {
      const { state } = this.session;
      if (state === place || state === 'established') return;
      if (word > PATIENCE) {
        this.#line?.events.closed('connection closed');
        word = 0;
      } else if (state === 'idle') {
        this.clock.advance(millis((this.clock.next ?? 0) - this.clock.now()));
      } else if (state === 'connect') this.#line?.events.connected({ local: OURS, remote: OURS });
      else this.#line?.events.data(state === 'openSent' ? this.#open : KEEPALIVE);
    }
  }

  /** Until the session hangs up. */
  #say(octets: Uint8Array): void {
    const line = this.#line;
    for (let at = 0; at < octets.length && line?.isEnded === false;) {
      const longest = this.#random.float() < 0.5 ? 30 : 5000;
      const size = 1 + Math.floor(this.#random.float() * longest);
      line.events.data(octets.slice(at, at + size));
      at += size;
    }
  }
}

/** A connection on which everything that is written arrives. */
class Line implements Connection {
  readonly events: ConnectionEvents;
  readonly #read: (octets: Uint8Array) => void;
  isEnded = false;

  constructor(events: ConnectionEvents, read: (octets: Uint8Array) => void) {
    this.events = events;
    this.#read = read;
  }

  write(octets: Uint8Array): boolean {
    this.#read(octets);
    return true;
  }

  pause(): void {}

  resume(): void {}

  end(): void {
    this.isEnded = true;
  }

  destroy(): void {
    this.isEnded = true;
  }
}
