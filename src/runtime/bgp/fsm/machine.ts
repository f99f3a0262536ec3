import type { Family } from '../../net/index.ts';
import { seconds } from '../../platform/ports.ts';
import type {
  Message,
  Notification,
  Open,
  RouteRefresh,
  Update,
  WireError,
} from '../wire/message.ts';
import { BackOff } from './back-off.ts';
import { ceaseOf } from './cease.ts';
import {
  type Ending,
  disconnected,
  notConnected,
  notified,
  refused,
  silent,
  stopped,
  unanswered,
  unexpected,
  unread,
  unreachable,
} from './ending.ts';
import type {
  Agreed,
  SessionEffect,
  SessionEvent,
  SessionSettings,
  SessionState,
  Stop,
  TimerName,
} from './fsm.ts';
import { agree, canDoWithout, openOf, refusesCapabilities, restartOf } from './open.ts';
import { Timers } from './timers.ts';

/** For the connection and the OPENs of both in all. legacy.md §6.2 */
const DIAL_DEADLINE = seconds(10);
/** A session that lasted so long is no failure. */
const STABLE_AFTER = seconds(60);
/** Seconds: this, or twice the hold time. RFC 9687 §3.2 */
const SHORTEST_SEND_HOLD = 480;

/** AFI of the families of unicast routes. RFC 4760 §6 */
const FAMILIES: Readonly<Record<number, Family>> = { 1: 'ipv4', 2: 'ipv6' };

const KEEPALIVE: SessionEffect = { type: 'send', message: { type: 'keepalive' } };

type Effects = readonly SessionEffect[];
type Keepalive = Extract<Message, { type: 'keepalive' }>;

interface Exchange {
  /** What this end sent. */
  readonly open: Open;
}

interface Agreement extends Exchange {
  readonly agreed: Agreed;
}

/** What is known in each state. */
type Phase =
  /** `wanted`: a timer runs until the next attempt. */
  | { readonly state: 'idle'; readonly wanted: boolean }
  | { readonly state: 'connect' }
  | ({ readonly state: 'openSent' } & Exchange)
  | ({ readonly state: 'openConfirm' | 'established' } & Agreement);

/**
 * One session with one peer, from this end, which always dials: the state machine of RFC 4271 §8 without the states and
 * events of who listens. Pure: what is to be done comes back as effects, and time comes in as events.
 */
export class SessionMachine {
  readonly #settings: SessionSettings;
  #keepaliveTime: number | undefined;
  #phase: Phase = { state: 'idle', wanted: false };
  readonly #timers = new Timers();
  readonly #backOff = new BackOff();
  /** The peer refused the capabilities; until a session without them is over. */
  #bare = false;
  #refusalTold = false;
  /** There was no session since this program began. */
  #isFirst = true;

  constructor(settings: SessionSettings) {
    this.#settings = settings;
    this.#keepaliveTime = settings.keepaliveTime;
  }

  get state(): SessionState {
    return this.#phase.state;
  }

  handle(event: SessionEvent): readonly SessionEffect[] {
    switch (event.type) {
      case 'start':
        return this.#start();
      case 'stop':
        return this.#stop(event);
      case 'connected':
        return this.#connected(event.identifier);
      case 'disconnected':
        return this.#disconnected(event.reason);
      case 'timer':
        return this.#fired(event.timer);
      case 'message':
        return this.#received(event.message);
      case 'malformed':
        return this.#malformed(event.error);
      case 'bfdDown':
        return this.#bfdDown();
      case 'writable':
        return this.#writable(event.writable);
      case 'keepaliveTime':
        return this.#changeKeepaliveTime(event.keepaliveTime);
    }
  }

  #start(): Effects {
    if (this.#phase.state !== 'idle' || this.#phase.wanted) return [];
    this.#backOff.forget();
    this.#bare = false;
    this.#refusalTold = false;
    return this.#dial();
  }

  #dial(): Effects {
    this.#phase = { state: 'connect' };
    return [{ type: 'dial' }, this.#timers.set('dial', DIAL_DEADLINE)];
  }

  #stop(stop: Stop): Effects {
    const phase = this.#phase;
    if (phase.state === 'idle' && !phase.wanted) return [];
    const reason = stopped(stop);
    switch (phase.state) {
      case 'idle':
        return this.#end({ reason, gone: true });
      case 'connect':
        return this.#end({ reason });
      case 'openSent':
      case 'openConfirm':
        return this.#end({ reason, notification: ceaseOf(stop) });
      case 'established':
        return this.#end(
          stop.restarting === true && isKeptInSilenceOnly(phase)
            ? { reason }
            : { reason, notification: ceaseOf(stop, phase.agreed) },
        );
    }
  }

  #connected(identifier: number): Effects {
    if (this.#phase.state !== 'connect') return [];
    const manner = { bare: this.#bare, first: this.#isFirst };
    const open = openOf(this.#settings, identifier, manner);
    this.#phase = { state: 'openSent', open };
    return [{ type: 'send', message: open }];
  }

  #disconnected(text: string): Effects {
    if (this.#phase.state === 'idle') return [];
    return this.#retry(this.#phase.state === 'connect' ? notConnected(text) : disconnected(text));
  }

  #fired(timer: TimerName): Effects {
    if (!this.#timers.fired(timer)) return [];
    switch (timer) {
      case 'idleHold':
        return this.#dial();
      case 'dial':
        return this.#retry(unanswered(this.#phase.state, DIAL_DEADLINE));
      case 'hold':
        return this.#retry(silent(this.#holdTime));
      case 'keepalive':
        return [KEEPALIVE, ...this.#setKeepalive()];
      case 'sendHold':
        return this.#retry(unread(sendHoldTime(this.#holdTime)));
      case 'stable':
        this.#backOff.forget();
        return [];
    }
  }

  #received(message: Message): Effects {
    const phase = this.#phase;
    if (phase.state === 'idle' || phase.state === 'connect') return [];
    if (message.type === 'notification') return this.#notified(message, phase.open);
    switch (phase.state) {
      case 'openSent':
        return message.type === 'open' ? this.#opened(message, phase) : this.#unexpected(message);
      case 'openConfirm':
        return message.type === 'keepalive' ? this.#confirmed(phase) : this.#unexpected(message);
      case 'established':
        return message.type === 'open' ? this.#unexpected(message) : this.#heard(message, phase);
    }
  }

  #unexpected(message: Message): Effects {
    return this.#retry(unexpected(this.#phase.state, message));
  }

  #heard(message: Keepalive | Update | RouteRefresh, { agreed }: Agreement): Effects {
    const heard = this.#setHold();
    switch (message.type) {
      case 'keepalive':
        return heard;
      case 'update':
        return [...heard, { type: 'update', update: message }];
      case 'routeRefresh':
        return [...heard, ...refreshOf(message, agreed)];
    }
  }

  #opened(theirs: Open, { open }: Exchange): Effects {
    const agreed = agree(this.#settings, open, theirs);
    if ('error' in agreed) return this.#malformed(agreed.error);
    this.#phase = { state: 'openConfirm', open, agreed };
    // Without a hold timer the deadline of the attempt stays, or a peer that never confirms is waited for for ever.
    const waits = agreed.holdTime === 0 ? [] : this.#timers.clear('dial');
    return [KEEPALIVE, ...waits, ...this.#setHold(), ...this.#setKeepalive()];
  }

  #confirmed({ open, agreed }: Agreement): Effects {
    this.#phase = { state: 'established', open, agreed };
    this.#isFirst = false;
    return [
      ...this.#timers.clear('dial'),
      ...this.#setHold(),
      this.#timers.set('stable', STABLE_AFTER),
      { type: 'up', agreed },
    ];
  }

  #notified(notification: Notification, ours: Open): Effects {
    if (this.#phase.state === 'established' || !refusesCapabilities(notification)) {
      return this.#retry(notified(notification));
    }
    const bare = !this.#bare && canDoWithout(this.#settings, ours);
    const effects = this.#retry(notified(notification));
    this.#bare = bare;
    if (!bare || this.#refusalTold) return effects;
    this.#refusalTold = true;
    return [...effects, { type: 'capabilitiesRefused' }];
  }

  #malformed(error: WireError): Effects {
    const { state } = this.#phase;
    return state === 'idle' || state === 'connect' ? [] : this.#retry(refused(error));
  }

  #bfdDown(): Effects {
    const phase = this.#phase;
    if (phase.state === 'idle' || phase.state === 'connect') return [];
    return this.#retry(unreachable('agreed' in phase ? phase.agreed : undefined));
  }

  #writable(writable: boolean): Effects {
    if (writable) return this.#timers.clear('sendHold');
    if (this.#phase.state !== 'established' || this.#holdTime === 0) return [];
    if (this.#timers.runs('sendHold')) return [];
    return [this.#timers.set('sendHold', seconds(sendHoldTime(this.#holdTime)))];
  }

  /** Ends an attempt or a session, and sees to the next one. */
  #retry(ending: Ending): Effects {
    const established = this.#phase.state === 'established';
    if (established) this.#bare = false;
    const wait = established
      ? this.#backOff.afterLostSession()
      : this.#backOff.afterFailedAttempt();
    const effects = this.#end(ending);
    this.#phase = { state: 'idle', wanted: true };
    return [...effects, this.#timers.set('idleHold', wait)];
  }

  #end({ reason, notification, gone = false }: Ending): Effects {
    const from = this.#phase.state;
    this.#phase = { state: 'idle', wanted: false };
    return [
      ...(notification === undefined ? [] : [{ type: 'send', message: notification } as const]),
      ...(gone ? [] : [{ type: 'hangUp' } as const]),
      ...this.#timers.clearAll(),
      { type: 'down', from, reason },
    ];
  }

  /** Seconds, as agreed; 0: none, or not agreed yet. */
  get #holdTime(): number {
    return 'agreed' in this.#phase ? this.#phase.agreed.holdTime : 0;
  }

  #setHold(): Effects {
    return this.#holdTime === 0 ? [] : [this.#timers.set('hold', seconds(this.#holdTime))];
  }

  /** One that is the same does not put off the next keepalive. */
  #changeKeepaliveTime(keepaliveTime: number | undefined): Effects {
    if (keepaliveTime === this.#keepaliveTime) return [];
    this.#keepaliveTime = keepaliveTime;
    return this.#setKeepalive();
  }

  /** At most a third of the agreed hold time, whatever is configured. RFC 4271 §4.4 */
  #setKeepalive(): Effects {
    if (this.#holdTime === 0) return [];
    const third = this.#holdTime / 3;
    const configured = this.#keepaliveTime ?? third;
    const time = configured > 0 ? Math.min(configured, third) : third;
    return [this.#timers.set('keepalive', seconds(time))];
  }
}

/** Whether the peer keeps routes over a restart of this end, but not over a NOTIFICATION. RFC 4724 §4, RFC 8538 §2 */
function isKeptInSilenceOnly({ open, agreed }: Agreement): boolean {
  const asked = restartOf(open) !== undefined && agreed.peerRestart !== undefined;
  return asked && !agreed.gracefulNotification;
}

/** Only what both announced is answered, and only a plain request. RFC 2918 §4, RFC 7313 §3.2 */
function refreshOf({ afi, safi, subtype }: RouteRefresh, agreed: Agreed): Effects {
  const family = safi === 1 && subtype === 0 ? FAMILIES[afi] : undefined;
  if (family === undefined || !agreed.routeRefresh || !agreed.families[family]) return [];
  return [{ type: 'refresh', family }];
}

/** Seconds. */
function sendHoldTime(holdTime: number): number {
  return Math.max(SHORTEST_SEND_HOLD, 2 * holdTime);
}
