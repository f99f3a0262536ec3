import type { EventSink, ObjectReference, Remark } from '../../model/index.ts';
import {
  type Clock,
  type Duration,
  type Logger,
  type Random,
  seconds,
} from '../../platform/ports.ts';
import { isAllowed } from '../access.ts';
import { type ApiClient, ApiError, ConnectionError, pathOf } from '../api.ts';
import { backOff, jittered, pause } from '../pause.ts';
import { type Delivery, EventCorrelator, type Source } from './correlator.ts';

export interface EventRecorderOptions {
  readonly client: ApiClient;
  readonly source: Source;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** What comes beyond is dropped and counted. */
const LONGEST_QUEUE = 5000;
/** Events about one object share a lane, which keeps them in order. */
const LANES = 4;
const ATTEMPTS = 12;
const FIRST_PAUSE = seconds(1);
const LONGEST_PAUSE = seconds(10);
/** Between two questions whether Events may be recorded. */
const FIRST_QUESTION = seconds(5);
const LONGEST_QUESTION = seconds(180);

/**
 * Delivers Events behind everything else, and never in anyone's way: a full queue drops, a server that is away is
 * tried for about two minutes an Event, a missing right is said once and asked about every few minutes.
 */
export class EventRecorder implements EventSink {
  readonly name = 'events';
  readonly #options: EventRecorderOptions;
  readonly #correlator: EventCorrelator;
  readonly #lanes: Delivery[][] = Array.from({ length: LANES }, () => []);
  readonly #wakers: (() => void)[] = [];
  readonly #idlers = new Set<() => void>();
  #queued = 0;
  #dropped = 0;
  #forbidden = false;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#correlator = new EventCorrelator(options.source);
  }

  record(about: ObjectReference, remark: Remark): void {
    if (this.#forbidden) return;
    if (this.#queued >= LONGEST_QUEUE) {
      this.#drop();
      return;
    }
    const { clock, random } = this.#options;
    const nanos = Math.floor(random.float() * 1_000_000);
    const moment = { now: clock.now(), epochMillis: clock.epochMillis(), nanos };
    const delivery = this.#correlator.correlate(about, remark, moment);
    if (delivery === undefined) return;
    this.#queued += 1;
    const lane = laneOf(`${about.namespace}/${about.name}`);
    this.#lanes[lane]?.push(delivery);
    this.#wakers[lane]?.();
  }

  /** How many Events were dropped because the queue was full. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Delivers until `signal` aborts; what is queued then is lost, so `flush` first. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#lanes.map((lane, index) => this.#serve(lane, index, signal)));
  }

  /** Resolves once everything queued is delivered or given up, at the latest after `limit`. */
  flush(limit: Duration): Promise<void> {
    if (this.#queued === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        timer[Symbol.dispose]();
        this.#idlers.delete(done);
        resolve();
      };
      const timer = this.#options.clock.after(limit, done);
      this.#idlers.add(done);
    });
  }

  async #serve(lane: Delivery[], index: number, signal: AbortSignal): Promise<void> {
    const stop = (): void => this.#wakers[index]?.();
    signal.addEventListener('abort', stop);
    while (!signal.aborted) {
      const next = lane.shift();
      if (next === undefined) {
        await new Promise<void>((resolve) => (this.#wakers[index] = resolve));
        continue;
      }
      await this.#deliver(next, signal);
      this.#queued -= 1;
      if (this.#queued === 0) for (const idle of [...this.#idlers]) idle();
    }
    signal.removeEventListener('abort', stop);
  }

  async #deliver(delivery: Delivery, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    for (let attempt = 0; attempt < ATTEMPTS && !signal.aborted && !this.#forbidden; attempt += 1) {
      try {
        await this.#send(delivery, signal);
        return;
      } catch (error) {
        if (isOver(signal)) return;
        if (!isWorthAnother(error)) {
          this.#giveUp(error, delivery, signal);
          return;
        }
        await pause(clock, jittered(backOff(attempt, FIRST_PAUSE, LONGEST_PAUSE), random), signal);
      }
    }
  }

  async #send({ kind, event }: Delivery, signal: AbortSignal): Promise<void> {
    const { client } = this.#options;
    const path = eventsPath(event.metadata.namespace);
    const importance = 'background';
    if (kind === 'again') {
      const { count, message, lastTimestamp } = event;
      const body = { count, message, lastTimestamp };
      const one = `${path}/${encodeURIComponent(event.metadata.name)}`;
      const contentType = 'application/merge-patch+json';
      try {
        await client.request({ method: 'PATCH', path: one, body, contentType, importance, signal });
        return;
      } catch (error) {
        // It has expired meanwhile, or was never taken: then this is the first one.
        if (!(error instanceof ApiError) || error.code !== 404) throw error;
      }
    }
    await client.request({ method: 'POST', path, body: event, importance, signal });
  }

  #giveUp(error: unknown, { event }: Delivery, signal: AbortSignal): void {
    if (!(error instanceof ApiError)) throw error;
    const { namespace } = event.metadata;
    // A namespace on its way out refuses everything new; an Event that exists was delivered by a lost reply.
    if (error.code === 409 || error.message.includes('being terminated')) return;
    // The lanes may have asked at once; one of them says it.
    if (error.code === 403 && this.#forbidden) return;
    const { logger } = this.#options;
    logger.warn({ op: 'recordEvent', namespace, error: error.message, msg: 'event not recorded' });
    if (error.code === 403) void this.#lookAgain(namespace, signal);
  }

  /** Says nothing more until a review says that we may. */
  async #lookAgain(namespace: string, signal: AbortSignal): Promise<void> {
    const { client, clock, random, logger } = this.#options;
    this.#forbidden = true;
    for (let asked = 0; this.#forbidden && !signal.aborted; asked += 1) {
      await pause(
        clock,
        jittered(backOff(asked, FIRST_QUESTION, LONGEST_QUESTION), random),
        signal,
      );
      if (isOver(signal)) return;
      const events = { group: '', version: 'v1', resource: 'events', namespace };
      try {
        this.#forbidden = !(await isAllowed(client, 'create', events, signal));
      } catch (error) {
        if (!(error instanceof ApiError || error instanceof ConnectionError || isOver(signal))) {
          throw error;
        }
      }
    }
    logger.info({ op: 'recordEvent', msg: 'events may be recorded again' });
  }

  #drop(): void {
    if (this.#dropped === 0) {
      this.#options.logger.warn({ op: 'recordEvent', msg: 'too many events, some are dropped' });
    }
    this.#dropped += 1;
  }
}

/** Asked after every await, where the compiler believes that nothing can have changed. */
function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}

function isWorthAnother(error: unknown): boolean {
  if (error instanceof ConnectionError) return true;
  return (
    error instanceof ApiError && (error.code === 401 || error.code === 429 || error.code >= 500)
  );
}

function eventsPath(namespace: string): string {
  return pathOf({ group: '', version: 'v1', resource: 'events', namespace });
}

function laneOf(key: string): number {
  let sum = 0;
  for (let index = 0; index < key.length; index += 1) {
    sum = (sum * 31 + key.charCodeAt(index)) >>> 0;
  }
  return sum % LANES;
}
