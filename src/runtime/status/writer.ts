import {
  type ApiClient,
  ApiError,
  ConnectionError,
  type Json,
  member,
  pathOf,
} from '../kube/index.ts';
import {
  type Clock,
  type Duration,
  type Logger,
  type Random,
  type Task,
  millis,
  seconds,
} from '../platform/ports.ts';
import { inBackground } from './background.ts';
import type { Wanted } from './board.ts';
import { conditionsIn, renewed, saysAll } from './condition.ts';
import { type ReadObject, keyOf } from './facts.ts';
import { FIGURES, hasFigures } from './figures.ts';
import { resourceOf } from './kinds.ts';
import type { Schemas } from './schemas.ts';

export interface WriterOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly namespace: string;
  readonly schemas: Pick<Schemas, 'mayWrite' | 'refused'>;
  /** What an object's status is to say, `undefined` if nothing is known yet. */
  readonly wanted: (object: ReadObject) => Wanted | undefined;
  /** All objects that there are. */
  readonly objects: () => readonly ReadObject[];
  /** The object's status as it was last seen; `undefined` where there is none. */
  readonly current: (object: ReadObject) => Json;
}

/** What is known of one object. */
interface Entry {
  object: ReadObject;
  /** Not before this is it written again. */
  notBefore: Duration;
  /** The status as our last write left it, which counts for as long as nothing newer is seen than was then. */
  left: { readonly status: Json; readonly seen: Json } | undefined;
}

/** What changes within so long is written at once. */
const GATHER = millis(250);
/** Writes of one object are so far apart. */
const APART = seconds(1);
/** Statuses are compared with what they should say so often, in case another controller has overwritten them. */
const LOOK_AGAIN = seconds(300);
const FIRST_PAUSE = seconds(1);
const LONGEST_PAUSE = seconds(60);
const TIME_LIMIT = seconds(10);

/**
 * Writes statuses where they do not say what they should: behind everything else, one after the other, each object at
 * most once a second. What others write is no reason to write again, so two controllers never quarrel; every few
 * minutes it is compared. crd.md §3.8
 */
export class StatusWriter implements Task {
  readonly name = 'status';
  readonly #options: WriterOptions;
  readonly #entries = new Map<string, Entry>();
  /** Objects to look at. Never more than there are. */
  readonly #due = new Set<string>();
  #failures = 0;
  #wake: () => void = () => undefined;

  constructor(options: WriterOptions) {
    this.#options = { ...options, client: inBackground(options.client) };
  }

  /** These may have something new to say. */
  changed(objects: readonly ReadObject[]): void {
    if (objects.length === 0) return;
    const soon = millis(this.#options.clock.now() + GATHER);
    for (const object of objects) {
      const key = keyOf(object);
      const entry = this.#entries.get(key);
      if (entry?.object.uid !== object.uid) {
        this.#entries.set(key, { object, notBefore: soon, left: undefined });
      } else {
        entry.object = object;
        if (!this.#due.has(key)) entry.notBefore = millis(Math.max(entry.notBefore, soon));
      }
      this.#due.add(key);
    }
    this.#wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    let comparedAt = clock.now();
    while (!signal.aborted) {
      const now = clock.now();
      if (now - comparedAt >= LOOK_AGAIN) {
        comparedAt = now;
        this.#lookAtAll();
      }
      const pause = await this.#step(signal);
      await this.#wait(pause, millis(comparedAt + LOOK_AGAIN), signal);
    }
  }

  /** Sees to what is due; returns how long to leave the server alone, where it does not answer. */
  async #step(signal: AbortSignal): Promise<Duration | undefined> {
    const { clock } = this.#options;
    for (const key of [...this.#due]) {
      const entry = this.#entries.get(key);
      if (entry === undefined || entry.notBefore > clock.now()) continue;
      this.#due.delete(key);
      const pause = await this.#attempt(key, entry, signal);
      if (pause !== undefined) return pause;
    }
    return undefined;
  }

  /** Forgets what is no more, and trusts no write of ours to be still there. */
  #lookAtAll(): void {
    const there = new Map(this.#options.objects().map((object) => [keyOf(object), object]));
    for (const key of this.#entries.keys()) {
      if (there.has(key)) continue;
      this.#entries.delete(key);
      this.#due.delete(key);
    }
    for (const entry of this.#entries.values()) entry.left = undefined;
    this.changed([...there.values()]);
  }

  /** Returns how long to leave the server alone, where it does not answer. */
  async #attempt(key: string, entry: Entry, signal: AbortSignal): Promise<Duration | undefined> {
    const { object } = entry;
    try {
      await this.#write(entry, signal);
      this.#failures = 0;
      return undefined;
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof ApiError || error instanceof ConnectionError)) throw error;
      // It went away meanwhile.
      if (error instanceof ApiError && error.code === 404) return undefined;
      if (error instanceof ApiError && [400, 403, 415, 422].includes(error.code)) {
        this.#options.schemas.refused(object.kind, error.message);
        return undefined;
      }
      this.#due.add(key);
      return this.#backOff(error);
    }
  }

  async #write(entry: Entry, signal: AbortSignal): Promise<void> {
    const { client, clock, namespace, schemas, wanted, current } = this.#options;
    const { object } = entry;
    const wish = wanted(object);
    const resource = resourceOf(object.kind, namespace);
    if (wish === undefined || resource === undefined) return;
    const seen = current(object);
    const status = entry.left !== undefined && entry.left.seen === seen ? entry.left.status : seen;
    if (saysAll(wish.claims, conditionsIn(status)) && hasFigures(status, wish.figures)) return;
    if (!(await schemas.mayWrite(object.kind, signal))) return;
    const written = await client.request({
      method: 'PATCH',
      path: pathOf(resource, object.name, 'status'),
      contentType: 'application/merge-patch+json',
      body: { status: patchOf(wish, status, timeText(clock.epochMillis())) },
      timeLimit: TIME_LIMIT,
      attempts: 1,
      signal,
    });
    entry.left = { status: member(written, 'status'), seen };
    entry.notBefore = millis(clock.now() + APART);
  }

  #backOff(error: Error): Duration {
    const { logger, random } = this.#options;
    const ceiling = Math.min(FIRST_PAUSE * 2 ** Math.min(this.#failures, 20), LONGEST_PAUSE);
    this.#failures += 1;
    const level = this.#failures === 5 ? 'warn' : 'debug';
    const msg = 'a status could not be written; will try again';
    logger[level]({ op: 'writeStatus', error: error.message, msg });
    return millis(ceiling * (0.5 + random.float() / 2));
  }

  /** Until something is due, at the latest until `end`; where the server does not answer, for the pause it is given. */
  async #wait(pause: Duration | undefined, end: Duration, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { clock } = this.#options;
    let next: number = end;
    for (const key of this.#due) next = Math.min(next, this.#entries.get(key)?.notBefore ?? next);
    const duration = pause ?? millis(Math.max(0, next - clock.now()));
    await new Promise<void>((resolve) => {
      const done = (): void => {
        timer[Symbol.dispose]();
        signal.removeEventListener('abort', done);
        this.#wake = () => undefined;
        resolve();
      };
      const timer = clock.after(duration, done);
      signal.addEventListener('abort', done);
      if (pause === undefined) this.#wake = done;
    });
  }
}

/** What of a status has to change; figures that are not to be there go. */
function patchOf({ claims, figures }: Wanted, status: Json, now: string): Json {
  const gone = FIGURES.filter((name) => member(status, name) !== undefined);
  // A merge patch takes away what it says to be null.
  const without = Object.fromEntries(gone.map((name) => [name, null]));
  const known = conditionsIn(status);
  const conditions = saysAll(claims, known) ? {} : { conditions: renewed(claims, known, now) };
  return { ...(figures ?? without), ...conditions };
}

/** RFC 3339 in whole seconds, as metav1 has times. */
function timeText(epochMillis: number): string {
  return new Date(epochMillis).toISOString().replace(/\.\d+Z$/, 'Z');
}
