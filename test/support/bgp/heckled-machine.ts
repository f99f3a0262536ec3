import type {
  SessionEvent,
  SessionSettings,
  SessionState,
  TimerName,
} from '../../../src/runtime/bgp/fsm/fsm.ts';
import { SessionMachine } from '../../../src/runtime/bgp/fsm/machine.ts';
import type { Malformed } from '../../../src/runtime/bgp/wire/decode.ts';
import type { Dialect, Message, Open } from '../../../src/runtime/bgp/wire/message.ts';
import type { Random } from '../../../src/runtime/platform/ports.ts';
import { Tally } from './tally.ts';

/** States in which the peer says something odd: most often in that which has most to lose. */
const PLACES: readonly SessionState[] = [
  ...(['established', 'established', 'established', 'established'] as const),
  ...(['openSent', 'openSent', 'openConfirm', 'openConfirm', 'connect', 'idle'] as const),
];
const TIMERS: readonly TimerName[] = [
  ...(['idleHold', 'dial', 'hold'] as const),
  ...(['keepalive', 'sendHold', 'stable'] as const),
];
/** Of an event of another kind between two messages. */
const ASIDE = 0.05;

/** The state machine alone, with a peer that does as it should up to some state, and there says anything. */
export class HeckledMachine {
  /** By state and kind of event, as in `openSent update`. */
  readonly heard: Tally = new Tally();
  /** By the name of the effect; messages that are sent by theirs. */
  readonly done: Tally = new Tally();
  readonly #machine: SessionMachine;
  readonly #open: Open;
  readonly #random: Random;
  #dialect: Dialect;

  constructor(settings: SessionSettings, open: Open, random: Random) {
    this.#machine = new SessionMachine(settings);
    this.#open = open;
    this.#random = random;
    this.#dialect = { asnOctets: 4, internal: settings.localAsn === settings.peerAsn };
    this.#handle({ type: 'start' });
  }

  /** How the next message is to be read. */
  get dialect(): Dialect {
    return this.#dialect;
  }

  hear(message: Message | Malformed): void {
    if (this.#random.float() < ASIDE) {
      this.#lead(this.#oneOf(PLACES));
      this.#count(this.#aside());
    }
    this.#lead(this.#oneOf(PLACES));
    this.#count(message.type === 'malformed' ? message : { type: 'message', message });
  }

  #count(event: SessionEvent): void {
    const { state } = this.#machine;
    this.heard.add(`${state} ${event.type === 'message' ? event.message.type : event.type}`);
    this.#handle(event);
  }

  /** Goes on as a peer that agrees, until the place is reached or was passed. */
  #lead(place: SessionState): void {
    for (;;) {
      const { state } = this.#machine;
      if (state === place || state === 'established') return;
      if (state === 'idle') this.#handle({ type: 'timer', timer: 'idleHold' });
      else if (state === 'connect') this.#handle({ type: 'connected', identifier: 0x0a010203 });
      else if (state === 'openSent') this.#handle({ type: 'message', message: this.#open });
      else this.#handle({ type: 'message', message: { type: 'keepalive' } });
    }
  }

  #aside(): SessionEvent {
    return this.#oneOf<SessionEvent>([
      { type: 'timer', timer: this.#oneOf(TIMERS) },
      { type: 'disconnected', reason: 'reset' },
      { type: 'bfdDown' },
      { type: 'writable', writable: this.#random.float() < 0.5 },
      { type: 'keepaliveTime', keepaliveTime: this.#oneOf([undefined, 0, 7]) },
    ]);
  }

  #handle(event: SessionEvent): void {
    for (const effect of this.#machine.handle(event)) {
      this.done.add(effect.type === 'send' ? effect.message.type : effect.type);
      if (effect.type !== 'up') continue;
      this.#dialect = { ...this.#dialect, asnOctets: effect.agreed.asnOctets };
    }
  }

  #oneOf<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#random.float() * choices.length)]!;
  }
}
