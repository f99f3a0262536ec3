import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import type { TcpEvents } from '../../src/runtime/platform/tcp/connection.ts';

/** Listens on an address of this machine, and keeps what arrives. */
export class TcpListener {
  readonly port: number;
  readonly accepted: Socket[] = [];
  /** All octets of all connections. */
  heard = '';
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => {
      this.accepted.push(socket);
      // Whoever hangs up hard is not the listener's trouble.
      socket.on('error', () => {});
      socket.on('data', (chunk: Buffer) => (this.heard += chunk.toString()));
    });
  }

  /** @param halfOpen - it does not hang up by itself when the other end does */
  static async start(
    host: string,
    { halfOpen = false }: { readonly halfOpen?: boolean } = {},
  ): Promise<TcpListener> {
    const server = createServer({ allowHalfOpen: halfOpen }).listen({ host, port: 0 });
    await once(server, 'listening');
    return new TcpListener(server);
  }

  stop(): void {
    for (const socket of this.accepted) socket.destroy();
    this.#server.close();
  }
}

/** Writes down what a connection tells. */
export class RecordedEvents implements TcpEvents {
  /** In the order in which it was told: `connected from ADDRESS`, `data TEXT`, `drained`, `closed: REASON`. */
  readonly told: string[] = [];
  readonly #waiting = new Set<() => void>();

  connected({ local }: { readonly local: string }): void {
    this.#tell(`connected from ${local}`);
  }

  data(chunk: Uint8Array): void {
    this.#tell(`data ${Buffer.from(chunk).toString()}`);
  }

  drained(): void {
    this.#tell('drained');
  }

  closed(reason: string): void {
    this.#tell(`closed: ${reason}`);
  }

  /** Resolves with the first thing told that begins so. */
  async next(beginning: string): Promise<string> {
    for (;;) {
      const found = this.told.find((line) => line.startsWith(beginning));
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #tell(line: string): void {
    this.told.push(line);
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
