import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { type Clock, type Duration, type Random, millis, seconds } from '../platform/ports.ts';
import {
  type ApiCall,
  type ApiClient,
  ApiError,
  ConnectionError,
  type WatchCall,
  apiError,
  comeBackAfter,
} from './api.ts';
import { type Connection, type Credentials, CredentialsError } from './credentials.ts';
import { Gate } from './gate.ts';
import type { Json } from './json.ts';
import { pause } from './pause.ts';
import { type Target, codeOf, send } from './sending.ts';

export interface ClientOptions {
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly random: Random;
  /** Requests in flight at a time, watches not counted; 32 unless told. */
  readonly concurrency?: number;
  readonly userAgent?: string;
  /** The largest reply taken, in octets; 128 MiB unless told. */
  readonly largestReply?: number;
}

/** Writes that came less than this ago are taken for a series that is not over. */
const SERIES = millis(100);
const LONGEST_STEP_BACK = seconds(1);
const TIME_LIMIT = seconds(30);
const ATTEMPTS = 10;
const LARGEST_REPLY = 128 * 1024 * 1024;

interface Agents {
  readonly connection: Connection;
  readonly requests: http.Agent;
  readonly watches: http.Agent;
}

/** One exchange as `node:http` needs it. */
interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body?: string;
  readonly kind: 'requests' | 'watches';
  readonly signal: AbortSignal;
}

/**
 * The Kubernetes API over HTTP/1.1: requests on a bounded number of kept connections, each watch on one of its own.
 * Nothing is throttled; background requests step back while others are written. What the server wants sent again later is sent again later; a 401 makes the credentials be
 * read again and is tried once more; a kept connection that turns out closed is replaced, and so is a new one that the
 * server does not take.
 */
export class HttpApiClient implements ApiClient {
  readonly #options: ClientOptions;
  readonly #gate: Gate;
  #agents: Agents | undefined;
  /** When something that matters more than the background was last written. */
  #wroteAt = millis(-Infinity);

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#gate = new Gate(options.concurrency ?? 32);
  }

  async request(call: ApiCall): Promise<Json> {
    const { clock, random } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#admitted(call);
      } catch (error) {
        const asked = comeBackAfter(error);
        if (asked === undefined || attempt >= (call.attempts ?? ATTEMPTS)) throw error;
        await pause(clock, (asked * (1 + random.float() / 10)) as Duration, call.signal);
        call.signal?.throwIfAborted();
      }
    }
  }

  async watch({ path, query, signal }: WatchCall): Promise<AsyncIterable<string>> {
    const response = await this.#limited(TIME_LIMIT, signal, (limited) =>
      this.#authorized({
        method: 'GET',
        path: withQuery(path, query),
        headers: {},
        kind: 'watches',
        signal: limited,
      }),
    );
    return chunksOf(response, signal);
  }

  /** Closes every connection, idle or not. */
  close(): void {
    this.#agents?.requests.destroy();
    this.#agents?.watches.destroy();
    this.#agents = undefined;
  }

  async #admitted(call: ApiCall): Promise<Json> {
    await this.#makeWay(call);
    const leave = await this.#gate.enter(call.importance ?? 'normal', call.signal);
    try {
      return await this.#limited(call.timeLimit ?? TIME_LIMIT, call.signal, async (signal) => {
        const response = await this.#authorized(exchangeOf(call, signal));
        return parseReply(await readReply(response, this.#largestReply));
      });
    } finally {
      leave();
    }
  }

  /**
   * In a series of writes, such as the addresses of a thousand Services, a background request steps back until the
   * series is over, at most for a while: the server and this process then work on what people wait for.
   */
  async #makeWay({ importance, method, signal }: ApiCall): Promise<void> {
    const { clock } = this.#options;
    const came = clock.now();
    if (importance !== 'background') {
      if (method !== 'GET') this.#wroteAt = came;
      return;
    }
    for (;;) {
      const now = clock.now();
      const over = Math.min(this.#wroteAt + SERIES, came + LONGEST_STEP_BACK);
      if (now >= over) return;
      await pause(clock, millis(over - now), signal);
      signal?.throwIfAborted();
    }
  }

  get #largestReply(): number {
    return this.#options.largestReply ?? LARGEST_REPLY;
  }

  /** Runs `work` under a signal that aborts with `parent` or after `limit`; maps what the network throws. */
  async #limited<T>(
    limit: Duration,
    parent: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    parent?.throwIfAborted();
    const controller = new AbortController();
    const timer = this.#options.clock.after(limit, () => {
      controller.abort(new ConnectionError(`no answer within ${limit / 1000} s`));
    });
    const abort = (): void => controller.abort(parent?.reason);
    parent?.addEventListener('abort', abort);
    try {
      return await work(controller.signal);
    } catch (error) {
      controller.signal.throwIfAborted();
      throw asConnectionError(error);
    } finally {
      timer[Symbol.dispose]();
      parent?.removeEventListener('abort', abort);
    }
  }

  /** Sends with the current credentials; a 401 has them read anew, once. */
  async #authorized(exchange: Exchange): Promise<IncomingMessage> {
    try {
      return await this.#send(exchange);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 401) throw error;
      this.#options.credentials.refused();
      return this.#send(exchange);
    }
  }

  async #send(exchange: Exchange): Promise<IncomingMessage> {
    const connection = await this.#options.credentials.current();
    const agents = this.#agentsFor(connection);
    const target = targetOf(connection, exchange, agents, this.#options.userAgent);
    const response = await send(target, exchange.body, this.#options.clock);
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return response;
    const body = await readReply(response, 1024 * 1024);
    throw apiError(parseStatus(body), status, retryAfterSeconds(response));
  }

  #agentsFor(connection: Connection): Agents {
    const held = this.#agents;
    if (held?.connection.tls === connection.tls && held.connection.server === connection.server) {
      return held;
    }
    // Connections in use end on their own; nothing new goes over them.
    const { concurrency = 32 } = this.#options;
    const { Agent } = connection.server.startsWith('https:') ? https : http;
    const kept = { keepAlive: true, scheduling: 'lifo', maxSockets: concurrency } as const;
    const requests = connection.agent ?? new Agent({ ...connection.tls, ...kept });
    const watches = connection.agent ?? new Agent({ ...connection.tls, keepAlive: false });
    this.#agents = { connection, requests, watches };
    return this.#agents;
  }
}

function exchangeOf(call: ApiCall, signal: AbortSignal): Exchange {
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  const type = { 'Content-Type': call.contentType ?? 'application/json' };
  return {
    method: call.method,
    path: withQuery(call.path, call.query ?? {}),
    headers: body === undefined ? {} : { ...type, 'Content-Length': Buffer.byteLength(body) },
    ...(body !== undefined && { body }),
    kind: 'requests',
    signal,
  };
}

function withQuery(path: string, query: Readonly<Record<string, string>>): string {
  const text = new URLSearchParams(query).toString();
  return text === '' ? path : `${path}?${text}`;
}

function targetOf(
  connection: Connection,
  { method, path, headers, kind, signal }: Exchange,
  agents: Agents,
  userAgent = 'metal-lb',
): Target {
  const url = new URL(connection.server.replace(/\/+$/, '') + path);
  const fixed = { Accept: 'application/json', 'User-Agent': userAgent };
  const options = { method, headers: { ...fixed, ...headers, ...connection.headers }, signal };
  return { url, options: { ...options, ...connection.tls, agent: agents[kind] } };
}

/** By listeners: an iterator over the chunks costs as much as the rest of a small exchange. */
function readReply(response: IncomingMessage, largest: number): Promise<string> {
  return new Promise((resolve, reject) => {
    // A connection keeps its last response, and with it these listeners: what they hold is let go of at the end.
    let promise: { readonly resolve: typeof resolve; readonly reject: typeof reject } | undefined =
      { resolve, reject };
    let chunks: Buffer[] = [];
    let length = 0;
    response.on('data', (chunk: Buffer) => {
      length += chunk.length;
      chunks.push(chunk);
      if (length <= largest) return;
      response.destroy(new ConnectionError(`the reply is larger than ${largest} octets`));
    });
    const failed = (error: Error): void => {
      promise?.reject(error);
      promise = undefined;
      chunks = [];
    };
    response.on('end', () => {
      promise?.resolve(Buffer.concat(chunks).toString('utf8'));
      promise = undefined;
      chunks = [];
    });
    response.on('error', failed);
    response.on('close', () => failed(new ConnectionError('the reply was cut off')));
  });
}

async function* chunksOf(response: IncomingMessage, signal: AbortSignal): AsyncGenerator<string> {
  const abort = (): void => void response.destroy();
  signal.addEventListener('abort', abort);
  response.setEncoding('utf8');
  try {
    signal.throwIfAborted();
    for await (const chunk of response as AsyncIterable<string>) yield chunk;
  } catch (error) {
    signal.throwIfAborted();
    throw asConnectionError(error);
  } finally {
    signal.removeEventListener('abort', abort);
    response.destroy();
  }
}

function parseReply(body: string): Json {
  try {
    return JSON.parse(body) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) throw new ConnectionError('the reply is not JSON');
    throw error;
  }
}

/** The `Status` of a failure; proxies answer with pages of HTML instead. */
function parseStatus(body: string): Json {
  try {
    return JSON.parse(body) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function retryAfterSeconds({ headers }: IncomingMessage): number | undefined {
  const text = headers['retry-after'];
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}

/** What `node:http` and `node:tls` reject with, as one type; anything without a code is a fault of ours. */
function asConnectionError(error: unknown): unknown {
  if (error instanceof ApiError || error instanceof ConnectionError) return error;
  if (error instanceof CredentialsError) {
    return new ConnectionError(error.message, { cause: error });
  }
  if (codeOf(error) === '' || !(error instanceof Error)) return error;
  return new ConnectionError(`${codeOf(error)}: ${error.message}`, { cause: error });
}
