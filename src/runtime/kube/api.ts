import type { Duration } from '../platform/ports.ts';
import { type Json, member, text } from './json.ts';

/** A collection of the API: all namespaces unless one is named. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** The plural, lower case, as in `endpointslices`. */
  readonly resource: string;
  readonly namespace?: string;
}

export type Query = Readonly<Record<string, string>>;

/** One request. Status writes go before `background` ones whenever both wait. */
export interface ApiCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Query;
  readonly body?: Json;
  readonly contentType?: string;
  readonly importance?: 'normal' | 'background';
  /** From sending to the last octet of the reply; 30 s unless told. */
  readonly timeLimit?: Duration;
  /** How often to try in all when the server says to come back later; 10 unless told. */
  readonly attempts?: number;
  readonly signal?: AbortSignal;
}

export interface WatchCall {
  readonly path: string;
  readonly query: Query;
  /** Ends the stream; the only thing that does from this side, so whoever watches keeps the deadline. */
  readonly signal: AbortSignal;
}

/**
 * The Kubernetes API. Rejects with {@link ApiError} when the server refused, {@link ConnectionError} when no usable
 * answer came, and the signal's reason when aborted.
 */
export interface ApiClient {
  request(call: ApiCall): Promise<Json>;
  /** Text as it arrives, cut anywhere; ends when the server ends it in good order. */
  watch(call: WatchCall): Promise<AsyncIterable<string>>;
}

/** The server answered with a failure. Carries what a handler decides by; the message fits on one line. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: number;
  /** The failure as the server names it: `Conflict`, `AlreadyExists`, `Expired`; may be empty. */
  readonly reason: string;
  /** How long the server asked to be left alone. */
  readonly retryAfter: Duration | undefined;

  constructor(code: number, reason: string, message: string, retryAfter?: Duration) {
    super(`${code}${reason === '' ? '' : ` ${reason}`}: ${oneLine(message)}`);
    this.code = code;
    this.reason = reason;
    this.retryAfter = retryAfter;
  }
}

/** No usable answer: refused, reset, silent for too long, larger than allowed, or not what HTTP or JSON allow. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}

/** The longest pause a server is allowed to ask for. */
const LONGEST_PAUSE = 60_000 as Duration;

/**
 * What a `Status` object says, whether it is the body of a failed request or an ERROR event of a watch.
 *
 * @param code the HTTP status, for bodies that are no `Status`
 * @param retryAfterSeconds the `Retry-After` header, if any
 */
export function apiError(status: Json, code: number, retryAfterSeconds?: number): ApiError {
  const told = member(status, 'code');
  const details = member(member(status, 'details'), 'retryAfterSeconds');
  const seconds = retryAfterSeconds ?? (typeof details === 'number' ? details : undefined);
  const pause =
    seconds === undefined || !(seconds >= 0)
      ? undefined
      : (Math.min(seconds * 1000, LONGEST_PAUSE) as Duration);
  const message = text(member(status, 'message')) || 'the server gave no reason';
  return new ApiError(
    typeof told === 'number' ? told : code,
    text(member(status, 'reason')),
    message,
    pause,
  );
}

/** Whether the server said that it did not act and when to come back, as client-go reads it. */
export function comeBackAfter(error: unknown): Duration | undefined {
  if (!(error instanceof ApiError)) return undefined;
  return error.code === 429 || error.code >= 500 ? error.retryAfter : undefined;
}

/** `/api/v1/namespaces/ns/services/name/status` and its like; names are escaped. */
export function pathOf(resource: Resource, ...rest: readonly string[]): string {
  const { group, version, namespace } = resource;
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const scope = namespace === undefined ? [] : ['namespaces', namespace];
  return [root, ...[...scope, resource.resource, ...rest].map(encodeURIComponent)].join('/');
}

function oneLine(message: string): string {
  const flat = message.replace(/\s+/g, ' ').trim();
  return flat.length > 400 ? `${flat.slice(0, 400)}…` : flat;
}
