import { type IncomingMessage } from 'node:http';
import { Agent, type RequestOptions, request } from 'node:https';
import { createInterface } from 'node:readline';

/** Where an API server is and who is asking: by certificate or by token. */
export interface Access {
  readonly host: string;
  readonly port: number;
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
}

export interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** What the API server refused, with its own words. */
class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;

  constructor(method: string, path: string, { status, body }: Reply) {
    const { message = JSON.stringify(body) } = body as { message?: string };
    super(`${method} ${path}: ${status} ${message}`);
    this.status = status;
  }
}

const MERGE = 'application/merge-patch+json';
const SILENCE = 20_000;

/** The tests' own client: plain requests, and nothing shared with the client under test. */
export class ApiClient {
  readonly access: Access;
  readonly #agent: Agent;

  constructor(access: Access, sockets = 16) {
    this.access = access;
    this.#agent = new Agent({ keepAlive: true, maxSockets: sockets });
  }

  /** Resolves with whatever the server answered. */
  async request(method: string, path: string, body?: unknown, type?: string): Promise<Reply> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const response = await this.#open(method, path, { text, type, agent: this.#agent });
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const answer = Buffer.concat(chunks).toString('utf8');
    const json = response.headers['content-type']?.startsWith('application/json') === true;
    return { status: response.statusCode ?? 0, body: json ? JSON.parse(answer) : answer };
  }

  async get<T>(path: string): Promise<T> {
    return (await this.#accepted('GET', path)) as T;
  }

  /** As {@link get}; `undefined` when there is no such object. */
  async find<T>(path: string): Promise<T | undefined> {
    const reply = await this.request('GET', path);
    if (reply.status === 404) return undefined;
    if (reply.status >= 300) throw new Refusal('GET', path, reply);
    return reply.body as T;
  }

  async list<T>(path: string): Promise<T[]> {
    return (await this.get<{ items: T[] }>(path)).items;
  }

  async create<T>(path: string, object: unknown): Promise<T> {
    return (await this.#accepted('POST', path, object)) as T;
  }

  async replace<T>(path: string, object: unknown): Promise<T> {
    return (await this.#accepted('PUT', path, object)) as T;
  }

  /** A JSON merge patch. */
  async patch<T>(path: string, change: unknown): Promise<T> {
    return (await this.#accepted('PATCH', path, change, MERGE)) as T;
  }

  async delete(path: string): Promise<void> {
    const reply = await this.request('DELETE', path);
    if (reply.status >= 300 && reply.status !== 404) throw new Refusal('DELETE', path, reply);
  }

  /**
   * Streams events of a collection until closed, each as the JSON text that the server sent; `path` may carry a
   * query.
   *
   * @param ended - called once when the stream is over, whatever the reason
   */
  async watch(
    path: string,
    heard: (event: string) => void,
    ended?: () => void,
  ): Promise<() => void> {
    const query = `${path.includes('?') ? '&' : '?'}watch=1`;
    const response = await this.#open('GET', `${path}${query}`, {});
    if (response.statusCode !== 200) throw new Error(`watch ${path}: ${response.statusCode ?? 0}`);
    const lines = createInterface(response);
    lines.on('line', heard);
    lines.on('error', () => lines.close());
    if (ended !== undefined) response.once('close', ended);
    return () => response.destroy();
  }

  close(): void {
    this.#agent.destroy();
  }

  async #accepted(method: string, path: string, body?: unknown, type?: string): Promise<unknown> {
    const reply = await this.request(method, path, body, type);
    if (reply.status >= 300) throw new Refusal(method, path, reply);
    return reply.body;
  }

  async #open(
    method: string,
    path: string,
    {
      text,
      type = 'application/json',
      agent,
    }: { text?: string | undefined; type?: string | undefined; agent?: Agent },
  ): Promise<IncomingMessage> {
    const { host, port, ca, cert, key, token } = this.access;
    const options: RequestOptions = {
      ...{ method, path, host, port, ca },
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(agent === undefined ? { agent: false } : { agent, timeout: SILENCE }),
      headers: {
        accept: 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(text !== undefined && {
          'content-type': type,
          'content-length': Buffer.byteLength(text),
        }),
      },
    };
    return await new Promise((resolve, reject) => {
      const call = request(options, resolve);
      call.on('error', reject);
      call.on('timeout', () => call.destroy(new Error(`${method} ${path}: silence`)));
      call.end(text);
    });
  }
}
