import { type LegacyMode, readLegacyConfig } from '../../config-legacy/index.ts';
import {
  type Compat,
  type Config,
  type ConfigConsumer,
  type EventSink,
  type Problem,
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
import { describe, eventMessage, placeFields, relocated } from './complaint.ts';
import type { ConfigDocument, ConfigInbox, ConfigOrigin } from './document.ts';

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

export interface KeeperOptions {
  readonly compat: Compat;
  /** `none` for the controller, which refuses nothing that only some speakers do not serve. */
  readonly mode: LegacyMode;
}

type Situation =
  /** Nothing was ever there. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'accepted'; readonly text: string }
  /** The document itself is wrong. */
  | { readonly kind: 'refused'; readonly text: string }
  /** The document is right and the consumer cannot take it, yet. */
  | {
      readonly kind: 'waiting';
      readonly document: ConfigDocument;
      readonly text: string;
      readonly config: Config;
      readonly warnings: readonly Problem[];
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

/**
 * Brings configurations into force, and keeps the last good one there whatever comes after it.
 *
 * The rules are those of legacy.md §1.1–1.2: who is told and what is tried again. A text that was looked at
 * is not looked at again until it changes.
 */
export class ConfigKeeper implements ConfigInbox {
  readonly #ports: KeeperPorts;
  readonly #options: KeeperOptions;
  #situation: Situation = { kind: 'nothing' };
  #inForce = false;
  /** An Event says that the object is refused, and none that it no longer is. */
  #accused = false;
  #attempt: Disposable | undefined;
  #attempts = 0;

  constructor(ports: KeeperPorts, options: KeeperOptions) {
    this.#ports = ports;
    this.#options = options;
  }

  document(document: ConfigDocument): void {
    const { text } = document;
    if ('text' in this.#situation && this.#situation.text === text) return;
    this.#cancel();
    const reading = readLegacyConfig(text, this.#options);
    if (reading.kind === 'config') {
      const warnings = relocated(reading.warnings, document);
      this.#offer({ document, config: reading.config, warnings });
      return;
    }
    this.#situation = { kind: 'refused', text };
    const problems = relocated(reading.problems, document);
    this.#goStale(document.origin, { error: reading.message, ...placeFields(problems) });
    this.#accuse(document.origin, describe(reading.message, problems));
  }

  missing({ fields }: ConfigOrigin): void {
    if (this.#situation.kind === 'nothing' || this.#situation.kind === 'missing') return;
    this.#cancel();
    this.#situation = { kind: 'missing' };
    this.#ports.observer.stale();
    this.#tellMissing(fields);
  }

  unreadable(message: string, origin: ConfigOrigin): void {
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

  #offer(candidate: {
    readonly document: ConfigDocument;
    readonly config: Config;
    readonly warnings: readonly Problem[];
  }): void {
    const { document, config, warnings } = candidate;
    const { text, origin } = document;
    const before = this.#situation;
    const acceptance = this.#ports.consumer.apply(config);
    if (acceptance.kind === 'accepted') {
      this.#situation = { kind: 'accepted', text };
      this.#accept(origin, warnings);
      return;
    }
    const { reason } = acceptance;
    this.#situation = { kind: 'waiting', ...candidate, text, reason };
    if (before.kind !== 'waiting' || before.reason !== reason) {
      // The original's error is null here, its reason stands in a line of the consumer.
      this.#goStale(origin, { error: null, reason });
      this.#accuse(origin, reason);
    }
    if (this.#mayTryAgain()) this.#schedule(this.#nextPause(LONGEST_PAUSE.waiting));
  }

  #accept({ fields, about }: ConfigOrigin, warnings: readonly Problem[]): void {
    const { logger, observer, events } = this.#ports;
    this.#inForce = true;
    observer.accepted();
    logger.info({ event: 'configLoaded', ...fields, msg: 'config (re)loaded' });
    for (const warning of warnings) {
      const msg = warning.message;
      logger.warn({ event: 'configWarning', ...fields, ...placeFields([warning]), msg });
    }
    if (this.#accused && about !== undefined) {
      const message = 'the configuration is valid again and in force';
      events.record(about, { type: 'Normal', reason: 'ConfigAccepted', message });
    }
    this.#accused = false;
  }

  #goStale({ fields }: ConfigOrigin, why: object): void {
    this.#ports.observer.stale();
    this.#ports.logger.error({ event: 'configStale', ...fields, ...why, msg: STALE });
  }

  #accuse({ about }: ConfigOrigin, text: string): void {
    if (about === undefined) return;
    const consequence = this.#inForce
      ? 'the previous configuration stays in force'
      : 'no configuration is in force';
    const message = eventMessage(text, consequence);
    this.#accused = true;
    this.#ports.events.record(about, { type: 'Warning', reason: 'ConfigRejected', message });
  }

  /** Releases before v0.12 tried again what was not there, and so repeated themselves. legacy.md §1.1 */
  #tellMissing(fields: ConfigOrigin['fields']): void {
    const msg = 'configuration is missing, MetalLB will not function';
    this.#ports.logger.error({ op: 'setConfig', ...fields, error: MISSING, msg });
    if (atLeast(this.#options.compat, 'v0.12')) return;
    const pause = this.#nextPause(LONGEST_PAUSE.missing);
    this.#attempt = this.#ports.clock.after(pause, () => this.#tellMissing(fields));
  }

  #mayTryAgain(): boolean {
    return atLeast(this.#options.compat, 'v0.12');
  }

  #schedule(pause: Duration): void {
    this.#attempt?.[Symbol.dispose]();
    this.#attempt = this.#ports.clock.after(pause, () => {
      this.#attempt = undefined;
      if (this.#situation.kind === 'waiting') this.#offer(this.#situation);
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
