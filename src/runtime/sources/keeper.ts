import {
  type Compat,
  type ConfigConsumer,
  type EventSink,
  type ObjectReference,
  atLeast,
} from '../model/index.ts';
import {
  type Clock,
  type Duration,
  type Logger,
  type Random,
  millis,
  seconds,
} from '../platform/ports.ts';
import { type Accusation, accusations, eventMessage, placeFields } from './complaint.ts';
import type { Finding, FindingSink, Origin } from './finding.ts';

/** What the gauges of legacy.md §8.3 tell. */
export interface SourceObserver {
  /** The latest configuration is in force. */
  accepted(): void;
  /** The latest configuration is not, or there is none any more; what was in force stays. */
  stale(): void;
}

export interface KeeperPorts {
  readonly consumer: ConfigConsumer;
  readonly events: EventSink;
  readonly observer: SourceObserver;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

type Candidate = Finding & { readonly kind: 'config' };

type Situation =
  /** Nothing was ever there. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'accepted'; readonly token: string }
  /** The configuration itself is wrong. */
  | { readonly kind: 'refused'; readonly token: string }
  /** The configuration is right and the consumer cannot take it, yet. */
  | {
      readonly kind: 'waiting';
      readonly token: string;
      readonly candidate: Candidate;
      readonly reason: string;
    }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly message: string };

const STALE = 'config (re)load failed, config marked stale';
const MISSING = 'no MetalLB configuration in cluster';
/** Pauses between attempts: they double from the first to the longest. */
const FIRST_PAUSE = seconds(1);
const LONGEST_PAUSE = { waiting: seconds(60), missing: seconds(1000) } as const;
/** Services go in bursts: so long are they waited for before an attempt that they may make succeed. */
const BURST = millis(200);
/** Objects remembered to be told when all is well again. */
const MOST_ACCUSED = 50;

/**
 * Brings configurations into force, and keeps the last good one there whatever comes after it.
 *
 * The rules are those of legacy.md §1.1–1.2: who is told and what is tried again. What was looked at is not looked at
 * again until it changes.
 */
export class ConfigKeeper implements FindingSink {
  readonly #ports: KeeperPorts;
  readonly #compat: Compat;
  #situation: Situation = { kind: 'nothing' };
  #inForce = false;
  /** The objects that an Event says to be refused, and none that they no longer are. */
  #accused: readonly ObjectReference[] = [];
  #attempt: Disposable | undefined;
  #attempts = 0;

  constructor(ports: KeeperPorts, compat: Compat) {
    this.#ports = ports;
    this.#compat = compat;
  }

  take(finding: Finding): void {
    switch (finding.kind) {
      case 'nothing':
        this.#missing(finding.origin);
        break;
      case 'unreadable':
        this.#unreadable(finding.message, finding.origin);
        break;
      case 'refused':
        this.#refused(finding);
        break;
      case 'config':
        if (this.#knows(finding.token)) return;
        this.#cancel();
        this.#offer(finding);
        break;
      default:
        finding satisfies never;
    }
  }

  #knows(token: string): boolean {
    return 'token' in this.#situation && this.#situation.token === token;
  }

  #refused({ token, message, problems, origin }: Finding & { readonly kind: 'refused' }): void {
    if (this.#knows(token)) return;
    this.#cancel();
    this.#situation = { kind: 'refused', token };
    this.#goStale(origin, { error: message, ...placeFields(problems) });
    this.#accuse(accusations(message, problems, origin.about));
  }

  #missing({ fields }: Origin): void {
    if (this.#situation.kind === 'nothing' || this.#situation.kind === 'missing') return;
    this.#cancel();
    this.#situation = { kind: 'missing' };
    this.#ports.observer.stale();
    this.#tellMissing(fields);
  }

  #unreadable(message: string, origin: Origin): void {
    if (this.#situation.kind === 'unreadable' && this.#situation.message === message) return;
    this.#cancel();
    this.#situation = { kind: 'unreadable', message };
    this.#goStale(origin, { error: message });
  }

  /** Something changed that may let the consumer take what it could not: an address was given back. */
  retry(): void {
    if (this.#situation.kind !== 'waiting' || !this.#mayTryAgain()) return;
    this.#schedule(BURST);
  }

  /** Tries nothing again. */
  close(): void {
    this.#cancel();
  }

  #offer(candidate: Candidate): void {
    const { token, origin } = candidate;
    const before = this.#situation;
    const acceptance = this.#ports.consumer.apply(candidate.config);
    if (acceptance.kind === 'accepted') {
      this.#situation = { kind: 'accepted', token };
      this.#accept(candidate);
      return;
    }
    const { reason } = acceptance;
    this.#situation = { kind: 'waiting', token, candidate, reason };
    if (before.kind !== 'waiting' || before.reason !== reason) {
      // The original's error is null here, its reason stands in a line of the consumer.
      this.#goStale(origin, { error: null, reason });
      this.#accuse(accusations(reason, [], origin.about));
    }
    if (this.#mayTryAgain()) this.#schedule(this.#nextPause(LONGEST_PAUSE.waiting));
  }

  #accept({ origin: { fields }, warnings }: Candidate): void {
    const { logger, observer, events } = this.#ports;
    this.#inForce = true;
    observer.accepted();
    logger.info({ event: 'configLoaded', ...fields, msg: 'config (re)loaded' });
    for (const warning of warnings) {
      const msg = warning.message;
      logger.warn({ event: 'configWarning', ...fields, ...placeFields([warning]), msg });
    }
    for (const about of this.#accused) {
      const message = 'the configuration is valid again and in force';
      events.record(about, { type: 'Normal', reason: 'ConfigAccepted', message });
    }
    this.#accused = [];
  }

  #goStale({ fields }: Origin, why: object): void {
    this.#ports.observer.stale();
    this.#ports.logger.error({ event: 'configStale', ...fields, ...why, msg: STALE });
  }

  #accuse(accused: readonly Accusation[]): void {
    const consequence = this.#inForce
      ? 'the previous configuration stays in force'
      : 'no configuration is in force';
    for (const { about, text } of accused) {
      const message = eventMessage(text, consequence);
      this.#ports.events.record(about, { type: 'Warning', reason: 'ConfigRejected', message });
    }
    const now = accused.map(({ about }) => about);
    const before = this.#accused.filter(({ uid }) => now.every((one) => one.uid !== uid));
    this.#accused = [...before, ...now].slice(-MOST_ACCUSED);
  }

  /** Releases before v0.12 tried again what was not there, and so repeated themselves. legacy.md §1.1 */
  #tellMissing(fields: Origin['fields']): void {
    const msg = 'configuration is missing, MetalLB will not function';
    this.#ports.logger.error({ op: 'setConfig', ...fields, error: MISSING, msg });
    if (atLeast(this.#compat, 'v0.12')) return;
    const pause = this.#nextPause(LONGEST_PAUSE.missing);
    this.#attempt = this.#ports.clock.after(pause, () => this.#tellMissing(fields));
  }

  #mayTryAgain(): boolean {
    return atLeast(this.#compat, 'v0.12');
  }

  #schedule(pause: Duration): void {
    this.#attempt?.[Symbol.dispose]();
    this.#attempt = this.#ports.clock.after(pause, () => {
      this.#attempt = undefined;
      if (this.#situation.kind === 'waiting') this.#offer(this.#situation.candidate);
    });
  }

  #nextPause(longest: Duration): Duration {
    const ceiling = Math.min(FIRST_PAUSE * 2 ** Math.min(this.#attempts, 20), longest);
    this.#attempts += 1;
    return millis(ceiling * (0.5 + this.#ports.random.float() / 2));
  }

  #cancel(): void {
    this.#attempt?.[Symbol.dispose]();
    this.#attempt = undefined;
    this.#attempts = 0;
  }
}
