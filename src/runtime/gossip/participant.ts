import { type Clock, type Duration, type Logger, millis } from '../platform/ports.ts';
import { type Binding, NetworkError } from './network.ts';
import type { RingObserver } from './observer.ts';
import { sealDatagram } from './protocol/datagram.ts';
import type { Endpoint, PushPull } from './protocol/message.ts';
import type { Effect, MemberEvent, StreamProbe } from './swim/effect.ts';
import type { Swim } from './swim/swim.ts';
import type { Complaints } from './traffic/complaints.ts';
import {
  ConversationError,
  type Sealing,
  exchangeStates,
  pingOverStream,
} from './traffic/conversation.ts';

/** What a participant acts upon. */
export interface Surroundings {
  readonly binding: Binding;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly complaints: Complaints;
  readonly observer: RingObserver;
  sealing(): Sealing;
  changed(event: MemberEvent): void;
}

type Act = (swim: Swim, now: Duration) => readonly Effect[];
type EffectOf<Type extends Effect['type']> = Extract<Effect, { type: Type }>;

/** What is late by more than this says something of this machine. */
const STALL = millis(100);
/** The longest time without a look at the clock. */
const PULSE = millis(100);
/** Of one kind in ten seconds: what befalls a ring's members on a bad day is all said. */
const COMPLAINTS = 10;

/** A member while it takes part in a ring: tells it the time and what happens, and does what it decides. */
export class Participant {
  readonly swim: Swim;
  readonly #around: Surroundings;
  readonly #todo: Effect[] = [];
  #timer: { readonly due: Duration; readonly handle: Disposable } | undefined;
  #busy = false;
  #over = false;
  #leaveTold: (complete: boolean) => void = () => undefined;

  constructor(swim: Swim, surroundings: Surroundings) {
    this.swim = swim;
    this.#around = surroundings;
  }

  get endpoint(): Endpoint {
    return this.#around.binding.endpoint;
  }

  /**
   * One thing that happens to the member. Having stood still is told first, as it changes what the thing means. After
   * the end nothing happens.
   */
  turn(act: Act): void {
    if (this.#over) return;
    const { clock, observer } = this.#around;
    const now = clock.now();
    const lateness = now - (this.#timer?.due ?? now);
    if (lateness > STALL) {
      this.#disarm();
      this.#todo.push(...this.swim.stalled(millis(lateness), now));
    }
    this.#todo.push(...act(this.swim, now));
    this.#perform();
    observer.awareness(this.swim.awareness);
    this.#arm();
  }

  /** Exchanges states with whoever is there. Returns why it failed; `undefined` if it did not. */
  async exchange(
    to: Endpoint,
    { join, within }: { readonly join: boolean; readonly within: Duration },
  ): Promise<string | undefined> {
    try {
      const knew = this.swim.incarnation;
      await this.#exchangeOnce(to, join, within);
      // Who remembers a former life takes this one for it until it hears of the refutation. A member that joined
      // counts on being known.
      if (join && this.swim.incarnation !== knew) await this.#exchangeOnce(to, join, within);
      return undefined;
    } catch (error) {
      return this.#failureOf(error).message;
    }
  }

  async #exchangeOnce(to: Endpoint, join: boolean, within: Duration): Promise<void> {
    const { binding, observer } = this.#around;
    observer.stream('out');
    const state: PushPull = { type: 'pushPull', join, records: this.swim.records() };
    const call = { to, within, sealing: this.#around.sealing() };
    const { records } = await exchangeStates(binding, state, call);
    this.turn((swim, now) => swim.merge(records, to, join, now));
  }

  /** Says that it leaves. Resolves with whether that was told as often as it is to be. */
  async leave(within: Duration): Promise<boolean> {
    const told = new Promise<boolean>((resolve) => (this.#leaveTold = resolve));
    this.turn((swim, now) => swim.leave(within, now));
    return told;
  }

  async close(): Promise<void> {
    this.#over = true;
    this.#disarm();
    await this.#around.binding.close();
  }

  /** What an effect brings about at once waits for those before it. */
  #perform(): void {
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let effect = this.#todo.shift(); effect !== undefined; effect = this.#todo.shift()) {
        this.#do(effect);
      }
    } finally {
      this.#busy = false;
    }
  }

  #do(effect: Effect): void {
    const { logger, complaints, observer } = this.#around;
    switch (effect.type) {
      case 'send':
        this.#send(effect);
        break;
      case 'exchange':
        void this.#exchangeAsTold(effect);
        break;
      case 'probeStream':
        void this.#probe(effect);
        break;
      case 'event':
        observer.members(this.swim.members().length);
        this.#around.changed(effect.event);
        break;
      case 'leaveTold':
        this.#leaveTold(effect.complete);
        break;
      case 'log':
        if (isFailedProbe(effect.msg)) observer.probeFailed();
        logger[effect.level]({ msg: effect.msg });
        break;
      case 'complaint':
        complaints.say(effect.level, effect.kind, effect.text, COMPLAINTS);
        break;
      default:
        effect satisfies never;
    }
  }

  #send({ to, messages, checksum }: EffectOf<'send'>): void {
    const { binding, observer } = this.#around;
    const octets = sealDatagram(messages, { ...this.#around.sealing(), checksum });
    observer.datagram('out');
    binding.send(octets, to, ({ message: error }) => {
      observer.dropped('unsent');
      const [first] = messages;
      if (first !== undefined) this.turn((swim, now) => swim.sendFailed(first, error, now));
    });
  }

  async #exchangeAsTold({ with: to, join }: EffectOf<'exchange'>): Promise<void> {
    const failure = await this.exchange(to, { join, within: this.swim.timing.tcpTimeout });
    if (failure === undefined) return;
    this.turn((swim, now) => swim.exchangeFailed(to, failure, now));
  }

  async #probe({ to, within, node, seqNo }: EffectOf<'probeStream'>): Promise<void> {
    const { binding, observer } = this.#around;
    observer.stream('out');
    let result: StreamProbe = 'answered';
    try {
      const call = { to, within, sealing: this.#around.sealing() };
      await pingOverStream(binding, { node, seqNo }, call);
    } catch (error) {
      const failure = this.#failureOf(error);
      const isRefused = failure instanceof NetworkError && failure.fault === 'refused';
      result = isRefused ? 'refused' : 'failed';
    }
    this.turn((swim, now) => swim.streamProbed(seqNo, result, now));
  }

  /** What others or the network did; anything else is thrown on. */
  #failureOf(error: unknown): NetworkError | ConversationError {
    if (error instanceof NetworkError) return error;
    if (!(error instanceof ConversationError)) throw error;
    if (error.refusal !== undefined) this.#around.observer.dropped(error.refusal);
    return error;
  }

  #arm(): void {
    if (this.#over) return;
    const { clock } = this.#around;
    const now = clock.now();
    const due = millis(Math.min(this.swim.next, now + PULSE));
    if (this.#timer !== undefined && this.#timer.due <= due) return;
    this.#disarm();
    const handle = clock.after(millis(Math.max(0, due - now)), () =>
      this.turn((swim, then) => {
        this.#disarm();
        return swim.tick(then);
      }),
    );
    this.#timer = { due, handle };
  }

  #disarm(): void {
    this.#timer?.handle[Symbol.dispose]();
    this.#timer = undefined;
  }
}

/** The member's own words for a probe that failed in every way. memberlist-wire.md §22 */
const isFailedProbe = (msg: string): boolean => msg.startsWith('memberlist: Suspect ');
