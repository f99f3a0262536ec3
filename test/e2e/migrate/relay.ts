import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ControlPlane } from '../../cluster/index.ts';

/** A write as it went by. */
export interface Write {
  readonly method: string;
  readonly path: string;
}

/** What happens at one of the writes. */
export interface Limit {
  readonly writes: number;
  readonly reached: () => void;
  /** Whether the reply of that write is still sent. */
  readonly replies: boolean;
}

const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

/** Stands between a command and the API server, counts what it writes, and can stop at any of these writes. */
export class Relay {
  readonly writes: Write[] = [];
  /** Called when so many writes have been done. */
  #limit: Limit | undefined;
  readonly #plane: ControlPlane;
  readonly #server: Server;

  private constructor(plane: ControlPlane) {
    this.#plane = plane;
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => void chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        const body = Buffer.concat(chunks).toString('utf8');
        const type = headers['content-type'];
        void this.#pass({ method, path: url }, body, type).then((reply) => {
          if (reply === undefined) return;
          response.writeHead(reply.status, { 'content-type': 'application/json' });
          response.end(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body));
        });
      });
    });
  }

  static async start(plane: ControlPlane): Promise<Relay> {
    const relay = new Relay(plane);
    await new Promise<void>((resolve) => relay.#server.listen(0, '127.0.0.1', resolve));
    return relay;
  }

  /** Forgets what was written, and counts anew. */
  stopAfter(limit: Limit): void {
    this.writes.length = 0;
    this.#limit = limit;
  }

  passEverything(): void {
    this.writes.length = 0;
    this.#limit = undefined;
  }

  /** A kubeconfig that leads here. */
  kubeconfig(): string {
    const { port } = this.#server.address() as AddressInfo;
    const file = join(this.#plane.dir, 'relay.kubeconfig');
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'relay', cluster: { server: `http://127.0.0.1:${port}` } }],
      users: [{ name: 'relay', user: {} }],
      contexts: [{ name: 'relay', context: { cluster: 'relay', user: 'relay' } }],
      'current-context': 'relay',
    };
    writeFileSync(file, JSON.stringify(config));
    return file;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #pass(
    { method, path }: Write,
    body: string,
    type: string | undefined,
  ): Promise<{ readonly status: number; readonly body: unknown } | undefined> {
    const json: unknown = body === '' ? undefined : JSON.parse(body);
    const isWrite = method !== 'GET' && !path.startsWith(REVIEWS) && !path.includes('dryRun=All');
    const reply = await this.#plane.admin.request(method, path, json, type);
    if (!isWrite) return reply;
    this.writes.push({ method, path });
    if (this.writes.length !== this.#limit?.writes) return reply;
    this.#limit.reached();
    return this.#limit.replies ? reply : undefined;
  }
}
