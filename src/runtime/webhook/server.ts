import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { createServer } from 'node:https';
import { type Server, type TLSSocket, createSecureContext } from 'node:tls';
import { type Clock, type Logger, type Task, seconds } from '../platform/ports.ts';
import type { ServingPair } from './certificates/bundle.ts';
import { Bodies } from './bodies.ts';
import type { Reply } from './desk.ts';

export interface WebhookServerOptions {
  /** Empty for all addresses. */
  readonly host: string;
  readonly port: number;
  /** `--webhook-http2`: HTTP/2 for whoever asks for it; HTTP/1.1 alone otherwise. */
  readonly http2: boolean;
  readonly answer: (path: string, body: string) => Promise<Reply>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told whether requests are answered. */
  readonly serving: (now: boolean) => void;
  /** A client broke off because it does not trust the certificate. */
  readonly distrusted: () => void;
}

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;

const MAX_CONNECTIONS = 256;
/** Milliseconds. The API server keeps idle connections for 90 s: it, not we, shall be the one to close them. */
const LIMITS = {
  requestTimeout: 20_000,
  headersTimeout: 10_000,
  keepAliveTimeout: 120_000,
  handshakeTimeout: 10_000,
} as const;
const LISTEN_AGAIN = seconds(5);
/** Milliseconds that requests in progress get when the program ends. */
const FAREWELL = 1_000;
/** What TLS clients say about a certificate that they do not trust. RFC 8446 §6.2 */
const DISTRUST = /ALERT_(BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_(EXPIRED|UNKNOWN))/;

/**
 * Answers the API server over TLS. Begins once there is a certificate; another one can take its place at any time, and
 * concerns new connections only. A port that cannot be had is tried again: addresses are assigned meanwhile.
 */
export class WebhookServer implements Task {
  readonly name = 'webhook';
  readonly #options: WebhookServerOptions;
  readonly #bodies = new Bodies();
  readonly #sockets = new Set<TLSSocket>();
  #pair: ServingPair | undefined;
  #server: Server | undefined;
  #begin: () => void = () => undefined;
  readonly #begun = new Promise<void>((resolve) => (this.#begin = resolve));
  #answering = 0;

  constructor(options: WebhookServerOptions) {
    this.#options = options;
  }

  /** Shows this certificate, of which there is no {@link refusalOf}, from now on. */
  present(pair: ServingPair): void {
    this.#server?.setSecureContext({ cert: pair.certificate, key: pair.key.reveal(), ...TLS });
    this.#pair = pair;
    this.#begin();
  }

  /** @param listening - told the port once requests are answered there */
  async run(signal: AbortSignal, listening?: (port: number) => void): Promise<void> {
    const stopped = signal.aborted ? Promise.resolve() : once(signal, 'abort');
    await Promise.race([this.#begun, stopped]);
    const { clock, serving } = this.#options;
    while (!signal.aborted) {
      const port = await this.#listen();
      if (port !== undefined) {
        serving(true);
        listening?.(port);
        await stopped;
        break;
      }
      await Promise.race([stopped, new Promise<void>((go) => clock.after(LISTEN_AGAIN, go))]);
    }
    await this.#close();
    serving(false);
  }

  /** The port, or `undefined` where it cannot be had. */
  async #listen(): Promise<number | undefined> {
    const { host, port, logger } = this.#options;
    const server = await this.#create();
    this.#server = server;
    server.maxConnections = MAX_CONNECTIONS;
    server.on('secureConnection', (socket) => this.#keep(socket));
    server.on('tlsClientError', (error) => this.#handshakeFailed(error));
    try {
      server.listen({ port, ...(host !== '' && { host }) });
      await once(server, 'listening');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error;
      this.#server = undefined;
      logger.error({ op: 'webhook', port, error, msg: 'cannot listen, will try again' });
      return undefined;
    }
    server.on('error', (error) => logger.error({ op: 'webhook', error, msg: 'webhook server' }));
    const address = server.address();
    const found = typeof address === 'object' && address !== null ? address.port : port;
    logger.info({ op: 'webhook', port: found, msg: 'admission and conversion are answered' });
    return found;
  }

  async #create(): Promise<Server> {
    const serve = (request: Request, response: Response): void => {
      void this.#serve(request, response);
    };
    // Large, and seldom wanted.
    const http2 = this.#options.http2 ? await import('node:http2') : undefined;
    const { certificate = '', key } = this.#pair ?? {};
    const options = { cert: certificate, key: key?.reveal() ?? '', ...TLS };
    if (http2 === undefined) return createServer({ ...options, ...LIMITS }, serve);
    const settings = { maxConcurrentStreams: 64 };
    return http2.createSecureServer({ ...options, ...LIMITS, allowHTTP1: true, settings }, serve);
  }

  async #serve(request: Request, response: Response): Promise<void> {
    this.#answering += 1;
    const reply = await this.#reply(request).catch((error: unknown): Reply => {
      this.#options.logger.error({ op: 'webhook', error, msg: 'request failed' });
      return { code: 500, body: 'internal error of the webhook, see its log' };
    });
    this.#answering -= 1;
    const { code, body, json } = reply;
    const type = json === true ? 'application/json' : 'text/plain; charset=utf-8';
    const headers = { 'content-type': type, 'content-length': Buffer.byteLength(body) };
    response.on('error', () => undefined);
    response.writeHead(code, headers);
    response.end(body);
  }

  async #reply(request: Request): Promise<Reply> {
    const [path = ''] = (request.url ?? '').split('?', 1);
    if (request.method !== 'POST') return { code: 405, body: 'only POST is answered here' };
    const chunks = request as AsyncIterable<Buffer>;
    return this.#bodies.answered(chunks, (body) => this.#options.answer(path, body));
  }

  #keep(socket: TLSSocket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #handshakeFailed(error: Error): void {
    const { code = '' } = error as NodeJS.ErrnoException;
    this.#options.logger.debug({ op: 'webhook', error, msg: 'TLS handshake failed' });
    if (DISTRUST.test(code)) this.#options.distrusted();
  }

  async #close(): Promise<void> {
    this.#server?.close();
    const deadline = performance.now() + FAREWELL;
    while (this.#answering > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    for (const socket of this.#sockets) socket.destroy();
  }
}

const TLS = { minVersion: 'TLSv1.2' } as const;

/** Why TLS refuses a pair whose halves fit, such as a short key or a damaged chain; `undefined` if it does not. */
export function refusalOf({ certificate, key }: ServingPair): string | undefined {
  try {
    createSecureContext({ cert: certificate, key: key.reveal(), ...TLS });
    return undefined;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return `tls.crt cannot be served: ${String(error.code)}`;
  }
}
