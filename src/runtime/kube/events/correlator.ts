import { createHash } from 'node:crypto';
import type { ObjectReference, Remark } from '../../model/index.ts';
import { type Duration, seconds } from '../../platform/ports.ts';
import { Recent } from './recent.ts';

/** When something is said: `now` measures intervals, `epochMillis` is printed. */
export interface Moment {
  readonly now: Duration;
  readonly epochMillis: number;
  /** Nanoseconds since that millisecond, drawn where no clock tells: others talk of the object in the same one. */
  readonly nanos: number;
}

/** An Event as it is sent: new, or the same one once more. */
export interface Delivery {
  readonly kind: 'first' | 'again';
  readonly event: CoreEvent;
}

/** An Event of core/v1. */
export interface CoreEvent {
  readonly apiVersion: 'v1';
  readonly kind: 'Event';
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly involvedObject: ObjectReference;
  readonly reason: string;
  readonly message: string;
  readonly source: { readonly component: string; readonly host?: string };
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
  readonly count: number;
  readonly type: 'Normal' | 'Warning';
  readonly reportingComponent: string;
  readonly reportingInstance: string;
}

export interface Source {
  /** As in `metallb-controller`. */
  readonly component: string;
  /** The node, where there is one to name. */
  readonly host?: string;
}

/** What client-go remembers at most, per kind of memory. */
const CAPACITY = 4096;
/** More than this many different messages of one kind about one object within the interval are told as one. */
const SIMILAR = 10;
const SIMILAR_WITHIN = seconds(600);
/** Per object: so many at once, then one in five minutes. */
const BURST = 25;
const REFILL = seconds(300);
/** Octets of UTF-8: the API server's limit. */
const LONGEST_MESSAGE = 1024;
const LONGEST_NAME = 253;

/** One for each of the last few thousand objects, as the two below: kept small. */
interface Similar {
  /** Digests; each once. */
  messages: readonly string[];
  last: Duration;
}

interface Told {
  name: string;
  readonly firstMillis: number;
  count: number;
}

interface Bucket {
  tokens: number;
  filledAt: Duration;
}

/**
 * Decides what becomes of each remark, as client-go does: identical Events are one Event with a count; many similar
 * ones become one "combined from similar events"; an object that talks too much is cut short. legacy.md §3.13
 */
export class EventCorrelator {
  readonly #source: Source;
  readonly #similar = new Recent<Similar>(CAPACITY);
  readonly #told = new Recent<Told>(CAPACITY);
  readonly #buckets = new Recent<Bucket>(CAPACITY);
  #lastName = 0n;

  constructor(source: Source) {
    this.#source = source;
  }

  /** The Event to send, or `undefined` if the object has said enough. */
  correlate(about: ObjectReference, remark: Remark, moment: Moment): Delivery | undefined {
    const { type, reason } = remark;
    const message = cut(remark.message);
    const object = [about.apiVersion, about.kind, about.namespace, about.name, about.uid];
    const kind = digest([...object, type, reason]);
    const combined = this.#isOneOfMany(kind, message, moment.now);
    const told = this.#told.get(combined ? kind : digest([kind, message]), () => ({
      name: '',
      firstMillis: moment.epochMillis,
      count: 0,
    }));
    told.count += 1;
    const first = told.name === '';
    if (first) told.name = this.#nameFor(about, moment);
    if (!this.#mayTalk(digest(object), moment.now)) {
      // Never sent, so there is nothing that could be counted up later.
      if (first) told.name = '';
      return undefined;
    }
    const words = combined ? `(combined from similar events): ${message}` : message;
    return {
      kind: first ? 'first' : 'again',
      event: this.#event(about, { type, reason, message: words }, told, moment.epochMillis),
    };
  }

  #isOneOfMany(kind: string, message: string, now: Duration): boolean {
    const similar = this.#similar.get(kind, () => ({ messages: [], last: now }));
    if (now - similar.last > SIMILAR_WITHIN) similar.messages = [];
    similar.last = now;
    const known = digest([message]);
    if (similar.messages.includes(known)) return false;
    if (similar.messages.length >= SIMILAR) return true;
    similar.messages = similar.messages.concat(known);
    return false;
  }

  #mayTalk(object: string, now: Duration): boolean {
    const bucket = this.#buckets.get(object, () => ({ tokens: BURST, filledAt: now }));
    bucket.tokens = Math.min(BURST, bucket.tokens + (now - bucket.filledAt) / REFILL);
    bucket.filledAt = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** `<object>.<nanoseconds since 1970 in hexadecimal>`, as client-go names them; never the same twice. */
  #nameFor({ name }: ObjectReference, { epochMillis, nanos }: Moment): string {
    const time = BigInt(epochMillis) * 1_000_000n + BigInt(nanos);
    this.#lastName = time > this.#lastName ? time : this.#lastName + 1n;
    const suffix = this.#lastName.toString(16);
    return [name.slice(0, LONGEST_NAME - suffix.length - 1), suffix].join('.');
  }

  #event(about: ObjectReference, remark: Remark, told: Told, last: number): CoreEvent {
    const { type, reason, message } = remark;
    const { component, host } = this.#source;
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: told.name, namespace: about.namespace || 'default' },
      involvedObject: about,
      reason,
      message: cut(message),
      source: { component, ...(host !== undefined && { host }) },
      firstTimestamp: timestamp(told.firstMillis),
      lastTimestamp: timestamp(last),
      count: told.count,
      type,
      reportingComponent: component,
      reportingInstance: host ?? '',
    };
  }
}

/** Stands for texts that would take several times the room. */
function digest(texts: readonly string[]): string {
  return createHash('sha1').update(JSON.stringify(texts)).digest('base64');
}

/** Between two characters. */
function cut(message: string): string {
  if (Buffer.byteLength(message) <= LONGEST_MESSAGE) return message;
  const octets = Buffer.alloc(LONGEST_MESSAGE);
  return octets.toString('utf8', 0, octets.write(message));
}

/** RFC 3339 in whole seconds, as Kubernetes prints times. */
function timestamp(epochMillis: number): string {
  return `${new Date(epochMillis).toISOString().slice(0, 19)}Z`;
}
