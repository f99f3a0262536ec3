import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { Session } from 'node:inspector';
import { promisify } from 'node:util';
import type { Registry } from 'prom-client';
import type { Logger, Task } from '../platform/ports.ts';
import type { ScrapeObserver } from './catalogue.ts';

export interface MetricsServerOptions {
  /** An address, IPv6 with or without brackets, or a name; empty for all addresses. */
  readonly host: string;
  readonly port: number;
  readonly register: Registry;
  readonly observer: ScrapeObserver;
  readonly logger: Logger;
  /** Whether `/debug/pprof/*` is answered: `--enable-pprof`. */
  readonly profiling: boolean;
  /** Brings counters up to date before they are read. */
  readonly refresh?: () => Promise<void>;
}

interface Answer {
  readonly code: number;
  readonly body: string;
  readonly contentType?: string;
}

const MAX_CONNECTIONS = 64;
const REQUEST_LIMIT = 10_000;
/** Seconds of a CPU profile unless the query says otherwise, and at most. */
const PROFILE = { usual: 30, longest: 300 } as const;
const PROFILE_INDEX =
  'profile: a V8 CPU profile, as in profile?seconds=30; save it as x.cpuprofile\n';
const NOT_FOUND: Answer = { code: 404, body: 'not found\n' };
/** What Go's profiler has beside `profile`. */
const WITHOUT_EQUIVALENT = new Set(['cmdline', 'symbol', 'trace', 'goroutine', 'heap', 'allocs']);

/**
 * Answers `GET /metrics`, which is also what the probes of the manifests ask; everything else is 404. A port that
 * cannot be had is logged and otherwise ignored, as in the original. legacy.md §2.5
 */
export class MetricsServer implements Task {
  readonly name = 'metrics';
  readonly #options: MetricsServerOptions;
  #profiling = false;

  constructor(options: MetricsServerOptions) {
    this.#options = options;
  }

  /** @param listening - told the port once requests are answered there */
  async run(signal: AbortSignal, listening?: (port: number) => void): Promise<void> {
    const { host, port, logger } = this.#options;
    const server = createServer({ requestTimeout: REQUEST_LIMIT }, (request, response) => {
      void this.#serve(request, response);
    });
    server.maxConnections = MAX_CONNECTIONS;
    try {
      await listen(server, port, host.replace(/^\[(.*)\]$/, '$1'));
      const address = server.address();
      if (typeof address === 'object' && address !== null) listening?.(address.port);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      logger.error({ op: 'listenAndServe', error, msg: 'cannot listen and serve' });
    }
    server.on('error', (error) =>
      logger.error({ op: 'listenAndServe', error, msg: 'metrics server' }),
    );
    if (!signal.aborted) await once(signal, 'abort');
    server.close();
    server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await this.#answer(request, response).catch((error: unknown): Answer => {
      this.#options.logger.error({ op: 'serveMetrics', error, msg: 'request failed' });
      return { code: 500, body: 'internal error\n' };
    });
    const { code, body, contentType = 'text/plain; charset=utf-8' } = answer;
    response.writeHead(code, { 'content-type': contentType }).end(body);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<Answer> {
    const [path = '', query] = (request.url ?? '').split('?', 2);
    if (request.method !== 'GET' && request.method !== 'HEAD') return NOT_FOUND;
    if (path === '/metrics') return this.#scrape();
    const [, topic] = /^\/debug\/pprof\/(\w*)$/.exec(path) ?? [];
    if (!this.#options.profiling || topic === undefined) return NOT_FOUND;
    if (topic === '') return { code: 200, body: PROFILE_INDEX };
    if (topic === 'profile') {
      return this.#profile(new URLSearchParams(query).get('seconds'), response);
    }
    const body = `Node has no equivalent of ${topic}; there is profile\n`;
    return WITHOUT_EQUIVALENT.has(topic) ? { code: 501, body } : NOT_FOUND;
  }

  async #scrape(): Promise<Answer> {
    const { register, observer, refresh } = this.#options;
    observer.begun();
    let code: 200 | 500 = 500;
    try {
      await refresh?.();
      const body = await register.metrics();
      code = 200;
      return { code, body, contentType: register.contentType };
    } finally {
      observer.answered(code);
    }
  }

  async #profile(wanted: string | null, response: ServerResponse): Promise<Answer> {
    const seconds = wanted === null ? PROFILE.usual : Number(wanted);
    if (!(seconds > 0 && seconds <= PROFILE.longest)) {
      return { code: 400, body: `seconds: more than 0, at most ${PROFILE.longest}\n` };
    }
    if (this.#profiling) return { code: 503, body: 'a profile is being taken\n' };
    this.#profiling = true;
    try {
      const body = await recordProfile(seconds * 1000, response);
      return { code: 200, body, contentType: 'application/json' };
    } finally {
      this.#profiling = false;
    }
  }
}

/** Rejects with a system error if the address cannot be had. */
async function listen(server: Server, port: number, host: string): Promise<void> {
  server.listen({ port, ...(host !== '' && { host }) });
  await once(server, 'listening');
}

/** A failed call of the system, or Node's refusal of a port outside 0 to 65535. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}

/** A `.cpuprofile` of the main thread, cut short if the one who asked hangs up. */
async function recordProfile(duration: number, response: ServerResponse): Promise<string> {
  const session = new Session();
  session.connect();
  try {
    const call = promisify<string, object | undefined>(session.post.bind(session));
    await call('Profiler.enable');
    await call('Profiler.start');
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, duration);
      response.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
    });
    const { profile } = (await call('Profiler.stop')) as { profile?: object };
    return JSON.stringify(profile);
  } finally {
    session.disconnect();
  }
}
