import { type Duration, type Random, millis } from '../platform/ports.ts';
import { type SessionSettings, SLOWEST_START, isSame } from './settings.ts';
import { type BfdState, successor } from './state.ts';

/** RFC 5880 §4.1; durations in microseconds as on the wire. */
export interface ControlPacket {
  readonly diagnostic: number;
  readonly state: BfdState;
  readonly poll: boolean;
  readonly final: boolean;
  readonly controlPlaneIndependent: boolean;
  readonly demand: boolean;
  readonly detectMultiplier: number;
  readonly myDiscriminator: number;
  /** 0: not known yet. */
  readonly yourDiscriminator: number;
  readonly desiredMinTx: number;
  readonly requiredMinRx: number;
  /** 0: no echo is looped back. */
  readonly requiredMinEchoRx: number;
}

/** What happened at a session. Every event is taken in every state. */
export type BfdEvent =
  | { readonly type: 'received'; readonly packet: ControlPacket }
  | { readonly type: 'echoReturned'; readonly sequence: number }
  /** Whether echo packets can be sent: where the peer is on the link is known. Not so at first. */
  | { readonly type: 'echoReady'; readonly ready: boolean }
  | { readonly type: 'tick' }
  /** Takes effect without a flap; a Poll sequence tells the peer. RFC 5880 §6.8.3 */
  | { readonly type: 'configure'; readonly settings: SessionSettings }
  | { readonly type: 'adminDown' };

/** What is to be done, in order. */
export type BfdEffect =
  | { readonly type: 'send'; readonly packet: ControlPacket }
  | { readonly type: 'sendEcho'; readonly sequence: number }
  /** `remoteState`: a peer that is `adminDown` means no failure of the path. RFC 5882 §3.2 */
  | {
      readonly type: 'changed';
      readonly state: BfdState;
      readonly diagnostic: number;
      readonly remoteState: BfdState;
    }
  /** When `tick` is due next, from now; absent where nothing is awaited. */
  | { readonly type: 'wake'; readonly after: Duration };

/** RFC 5880 §4.1, field Diag. */
const NO_DIAGNOSTIC = 0;
const DETECTION_TIME_EXPIRED = 1;
const ECHO_FAILED = 2;
const NEIGHBOR_SIGNALED_DOWN = 3;
const ADMINISTRATIVELY_DOWN = 7;

/** Of the interval between packets. */
const EARLIEST = 0.75;
const LATEST = 0.9;

/** What the peer said of itself last; RFC 5880 §6.8.1. Microseconds. */
type Remote = Pick<
  ControlPacket,
  | 'detectMultiplier'
  | 'desiredMinTx'
  | 'requiredMinRx'
  | 'requiredMinEchoRx'
  | 'demand'
  | 'myDiscriminator'
>;

const UNKNOWN_PEER: Remote = {
  detectMultiplier: 1,
  desiredMinTx: 0,
  requiredMinRx: 1,
  requiredMinEchoRx: 0,
  demand: false,
  myDiscriminator: 0,
};

interface Intervals {
  readonly desiredMinTx: number;
  readonly requiredMinRx: number;
}

/** The echo function while it is active. Times in milliseconds. */
interface Echo {
  sequence: number;
  returned: number;
  lastReturn: number;
  next: number;
}

export interface SessionIdentity {
  /** Not zero, and no other session's. */
  readonly discriminator: number;
  readonly settings: SessionSettings;
  /** For the jitter. */
  readonly random: Random;
}

/**
 * One session in asynchronous mode without authentication: RFC 5880 §6. Times passed in are milliseconds of one
 * monotonic clock. Sends nothing before its first event, which should be a `tick`.
 */
export class BfdSession {
  readonly discriminator: number;
  readonly #random: Random;
  #settings: SessionSettings;
  #state: BfdState = 'down';
  #diagnostic = NO_DIAGNOSTIC;
  #remoteState: BfdState = 'down';
  #remote = UNKNOWN_PEER;
  #lastHeard = -Infinity;
  /** What our packets say, and what holds until the peer has taken note. */
  #advertised: Intervals;
  #effective: Intervals;
  #polling = false;
  /** Something changed again while the peer was being polled: its next Final may answer an older Poll. */
  #pollAgain = false;
  #lastSent = -Infinity;
  #nextSend = -Infinity;
  /** Of the pending transmission, milliseconds without jitter. */
  #pendingInterval = 0;
  #echoReady = false;
  #echo: Echo | undefined;

  constructor({ discriminator, settings, random }: SessionIdentity) {
    this.discriminator = discriminator;
    this.#settings = settings;
    this.#random = random;
    this.#advertised = this.#wanted();
    this.#effective = this.#advertised;
  }

  get state(): BfdState {
    return this.#state;
  }

  handle(event: BfdEvent, now: number): readonly BfdEffect[] {
    const effects: BfdEffect[] = [];
    let answersPoll = false;
    switch (event.type) {
      case 'received':
        answersPoll = this.#receive(event.packet, now, effects);
        break;
      case 'echoReturned':
        this.#takeEcho(event.sequence, now);
        break;
      case 'echoReady':
        this.#echoReady = event.ready;
        break;
      case 'tick':
        this.#expire(now, effects);
        break;
      case 'configure':
        if (!isSame(event.settings, this.#settings)) this.#nextSend = now;
        this.#settings = event.settings;
        break;
      case 'adminDown':
        this.#enter('adminDown', ADMINISTRATIVELY_DOWN, { now, effects });
    }
    this.#adaptEcho(now);
    this.#negotiate(now);
    this.#transmit(now, answersPoll, effects);
    const due = this.#due();
    if (due < Infinity) effects.push({ type: 'wake', after: millis(Math.max(0, due - now)) });
    return effects;
  }

  /** RFC 5880 §6.8.6, from where the session is known; whether the packet is to be answered with Final. */
  #receive(packet: ControlPacket, now: number, effects: BfdEffect[]): boolean {
    this.#remote = packet;
    this.#remoteState = packet.state;
    this.#lastHeard = now;
    if (packet.final) this.#endPoll();
    if (this.#state === 'adminDown') return false;
    const next = successor(this.#state, packet.state);
    const diagnostic = next === 'down' ? NEIGHBOR_SIGNALED_DOWN : NO_DIAGNOSTIC;
    if (next !== this.#state) this.#enter(next, diagnostic, { now, effects });
    return packet.poll;
  }

  #endPoll(): void {
    if (!this.#polling) return;
    this.#polling = this.#pollAgain;
    this.#pollAgain = false;
    if (!this.#polling) this.#effective = this.#advertised;
  }

  #enter(
    state: BfdState,
    diagnostic: number,
    { now, effects }: { now: number; effects: BfdEffect[] },
  ): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#diagnostic = diagnostic;
    this.#nextSend = now;
    this.#polling = false;
    this.#pollAgain = false;
    effects.push({ type: 'changed', state, diagnostic, remoteState: this.#remoteState });
  }

  /** RFC 5880 §6.8.4, §6.8.5 */
  #expire(now: number, effects: BfdEffect[]): void {
    if (now >= this.#detectionDue()) {
      this.#remote = UNKNOWN_PEER;
      this.#remoteState = 'down';
      if (this.#state !== 'down') this.#enter('down', DETECTION_TIME_EXPIRED, { now, effects });
    } else if (now >= this.#echoDetectionDue() + this.#echoLateness(now)) {
      this.#enter('down', ECHO_FAILED, { now, effects });
    }
  }

  /** What our packets are to say by the state that we are in. RFC 5880 §6.8.3 */
  #wanted(): Intervals {
    const { desiredMinTx, requiredMinRx } = this.#settings;
    return {
      desiredMinTx: this.#state === 'up' ? desiredMinTx : Math.max(SLOWEST_START, desiredMinTx),
      // Echo packets watch the path, so that the peer need not send control packets as often.
      requiredMinRx: this.#echo ? Math.max(SLOWEST_START, requiredMinRx) : requiredMinRx,
    };
  }

  /**
   * While up, slower sending and faster detection wait for the end of the Poll sequence: until then the peer does not
   * know. RFC 5880 §6.8.3
   */
  #negotiate(now: number): void {
    const wanted = this.#wanted();
    const { desiredMinTx, requiredMinRx } = this.#advertised;
    if (wanted.desiredMinTx !== desiredMinTx || wanted.requiredMinRx !== requiredMinRx) {
      this.#advertised = wanted;
      this.#nextSend = now;
      this.#pollAgain = this.#polling;
      this.#polling = this.#state === 'up';
    }
    this.#effective = this.#polling
      ? {
          desiredMinTx: Math.min(this.#effective.desiredMinTx, wanted.desiredMinTx),
          requiredMinRx: Math.max(this.#effective.requiredMinRx, wanted.requiredMinRx),
        }
      : wanted;
  }

  /** Milliseconds between packets, before jitter. RFC 5880 §6.8.7 */
  #interval(): number {
    return Math.max(this.#effective.desiredMinTx, this.#remote.requiredMinRx) / 1000;
  }

  /**
   * RFC 5880 §6.8.7 lets a packet come a quarter early at most, and wants it a tenth early where none may be missed. It
   * always is: a thread that has no turn for a while uses that up before the peer misses anything.
   */
  #jittered(interval: number): number {
    return interval * (EARLIEST + (LATEST - EARLIEST) * this.#random.float());
  }

  #transmit(now: number, answersPoll: boolean, effects: BfdEffect[]): void {
    this.#hasten(now);
    if (answersPoll || (this.#sendsPeriodically() && now >= this.#nextSend)) {
      effects.push({ type: 'send', packet: this.#packet(answersPoll) });
      this.#lastSent = now;
      this.#pendingInterval = this.#interval();
      this.#nextSend = now + this.#jittered(this.#pendingInterval);
    }
    const echo = this.#echo;
    if (echo === undefined || now < echo.next) return;
    echo.lastReturn = Math.min(now, echo.lastReturn + this.#echoLateness(now));
    echo.sequence += 1;
    echo.next = now + this.#jittered(this.#echoInterval());
    effects.push({ type: 'sendEcho', sequence: echo.sequence });
  }

  /** A peer that now wants packets more often detects us by that: what is pending may come too late for it. */
  #hasten(now: number): void {
    const interval = this.#interval();
    if (interval >= this.#pendingInterval) return;
    this.#pendingInterval = interval;
    const sooner = this.#lastSent + this.#jittered(interval);
    this.#nextSend = Math.min(this.#nextSend, Math.max(now, sooner));
  }

  #sendsPeriodically(): boolean {
    const { myDiscriminator, requiredMinRx, demand } = this.#remote;
    if (this.#settings.passive && myDiscriminator === 0) return false;
    if (requiredMinRx === 0) return false;
    const bothUp = this.#state === 'up' && this.#remoteState === 'up';
    return !(demand && bothUp) || this.#polling;
  }

  #packet(final: boolean): ControlPacket {
    return {
      diagnostic: this.#diagnostic,
      state: this.#state,
      poll: this.#polling && !final,
      final,
      controlPlaneIndependent: false,
      demand: false,
      detectMultiplier: this.#settings.detectMultiplier,
      myDiscriminator: this.discriminator,
      yourDiscriminator: this.#remote.myDiscriminator,
      desiredMinTx: this.#advertised.desiredMinTx,
      requiredMinRx: this.#advertised.requiredMinRx,
      requiredMinEchoRx: this.#settings.requiredMinEchoRx,
    };
  }

  /** RFC 5880 §6.8.9: only while up, only if the peer returns what it is sent. */
  #adaptEcho(now: number): void {
    const active =
      this.#echoReady &&
      this.#settings.echoInterval !== undefined &&
      this.#state === 'up' &&
      this.#remote.requiredMinEchoRx > 0;
    if (!active) this.#echo = undefined;
    else this.#echo ??= { sequence: 0, returned: 0, lastReturn: now, next: now };
  }

  #takeEcho(sequence: number, now: number): void {
    const echo = this.#echo;
    if (echo === undefined || sequence <= echo.returned || sequence > echo.sequence) return;
    echo.returned = sequence;
    echo.lastReturn = now;
  }

  #echoInterval(): number {
    return Math.max(this.#settings.echoInterval ?? 0, this.#remote.requiredMinEchoRx) / 1000;
  }

  #echoDetectionDue(): number {
    if (this.#echo === undefined) return Infinity;
    return this.#echo.lastReturn + this.#settings.detectMultiplier * this.#echoInterval();
  }

  /** For how long an echo packet should have left: while none is on the way, none can come back. */
  #echoLateness(now: number): number {
    return this.#echo === undefined ? 0 : Math.max(0, now - this.#echo.next);
  }

  /** RFC 5880 §6.8.4; a peer that was never heard, or was forgotten, is not missed. */
  #detectionDue(): number {
    const { myDiscriminator, detectMultiplier, desiredMinTx } = this.#remote;
    if (myDiscriminator === 0 || this.#state === 'adminDown') return Infinity;
    const interval = Math.max(this.#effective.requiredMinRx, desiredMinTx) / 1000;
    return this.#lastHeard + detectMultiplier * interval;
  }

  #due(): number {
    const send = this.#sendsPeriodically() ? this.#nextSend : Infinity;
    const echo = this.#echo?.next ?? Infinity;
    return Math.min(send, echo, this.#detectionDue(), this.#echoDetectionDue());
  }
}
