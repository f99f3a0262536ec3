import { type Socket as UdpSocket, createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type Server, type Socket, connect, createServer } from 'node:net';
import { type IpAddress, familyOf, parseIp } from '../net/index.ts';
import { type Clock, type Duration, millis } from '../platform/ports.ts';
import {
  type BindOptions,
  type Binding,
  type Listener,
  NetworkError,
  type Stream,
  type Transport,
} from './network.ts';
import type { Endpoint } from './protocol/message.ts';

const RECEIVE_BUFFER = 2 * 1024 * 1024;
/** Below it a kernel that refuses is left alone. */
const LEAST_BUFFER = 4096;
const CHUNK = 64 * 1024;
/** Datagrams, and octets, that the kernel has not taken yet. */
const SEND_QUEUE = { count: 1024, octets: 2 * 1024 * 1024 } as const;
/** A port free for TCP may be taken for UDP. */
const FREE_PORT_TRIES = 10;
/** How long a peer may take to end its side once everything has been said. */
const LINGER = millis(1000);
const CLOSED = 'use of closed network connection';

/** UDP and TCP of this machine. memberlist-wire.md §2 */
export class SocketTransport implements Transport {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async bind(at: Endpoint, listener: Listener, options: BindOptions): Promise<Binding> {
    for (let left = at.port === 0 ? FREE_PORT_TRIES : 1; ; left -= 1) {
      const server = await listenTcp(at);
      const endpoint = { address: at.address, port: portOf(server) };
      try {
        const udp = await listenUdp(endpoint);
        return new SocketBinding({ endpoint, server, udp, clock: this.#clock }, listener, options);
      } catch (error) {
        server.close();
        if (left <= 1 || !(error instanceof NetworkError)) throw error;
      }
    }
  }
}

interface Sockets {
  readonly endpoint: Endpoint;
  readonly server: Server;
  readonly udp: UdpSocket;
  readonly clock: Clock;
}

class SocketBinding implements Binding {
  readonly endpoint: Endpoint;
  readonly #sockets: Sockets;
  readonly #open = new Set<SocketStream>();
  #closed = false;

  constructor(sockets: Sockets, listener: Listener, options: BindOptions) {
    this.endpoint = sockets.endpoint;
    this.#sockets = sockets;
    const trouble = (error: Error): void => listener.trouble(faultOf(error, 'listen'));
    sockets.udp.on('error', trouble);
    sockets.udp.on('message', (octets, { address, port }) => {
      const from = plainAddress(address);
      if (from !== undefined && octets.length > 0) {
        listener.datagram(plain(octets), { address: from, port });
      }
    });
    sockets.server.maxConnections = options.maxStreams;
    sockets.server.on('error', trouble);
    sockets.server.on('drop', () => listener.turnedAway());
    sockets.server.on('connection', (socket) => {
      const address = plainAddress(socket.remoteAddress);
      // Gone before it was looked at.
      if (address === undefined) {
        socket.destroy();
        return;
      }
      const peer = { address, port: socket.remotePort ?? 0 };
      listener.stream(this.#keep(socket, peer, options.streamLimit));
    });
  }

  send(octets: Uint8Array, to: Endpoint, failed: (error: NetworkError) => void): void {
    const { udp } = this.#sockets;
    const problem = this.#closed ? CLOSED : isFull(udp) ? 'the send queue is full' : undefined;
    if (problem !== undefined) {
      failed(new NetworkError('failed', problem));
      return;
    }
    const told = (error: Error | null): void => {
      if (error !== null) failed(faultOf(error, `write udp ${textOf(to)}`));
    };
    try {
      udp.send(octets, to.port, this.#spelled(to.address), told);
    } catch (error) {
      // Node refuses some destinations by throwing: port 0.
      if (!(error instanceof Error)) throw error;
      told(error);
    }
  }

  async dial(to: Endpoint, within: Duration): Promise<Stream> {
    if (this.#closed) throw new NetworkError('failed', CLOSED);
    const what = `dial tcp ${textOf(to)}`;
    if (to.port === 0) throw new NetworkError('failed', `${what}: no port`);
    const host = parseIp(to.address) ?? to.address;
    const stream = this.#keep(connect({ host, port: to.port }), to, within);
    try {
      await stream.connected(what);
      return stream;
    } catch (error) {
      stream.destroy();
      throw error;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { server, udp } = this.#sockets;
    for (const stream of this.#open) stream.destroy();
    const ends = [once(server, 'close'), once(udp, 'close')];
    server.close();
    udp.close();
    await Promise.all(ends);
  }

  #keep(socket: Socket, peer: Endpoint, within: Duration): SocketStream {
    const stream = new SocketStream(socket, peer, { clock: this.#sockets.clock, within });
    this.#open.add(stream);
    socket.once('close', () => this.#open.delete(stream));
    return stream;
  }

  /** As the family of the own socket has it. */
  #spelled(address: IpAddress): string {
    const plain = parseIp(address) ?? address;
    const isMapped = familyOf(plain) === 'ipv4' && familyOf(this.endpoint.address) === 'ipv6';
    return isMapped ? `::ffff:${plain}` : plain;
  }
}

class SocketStream implements Stream {
  readonly peer: Endpoint;
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #deadline: Disposable;
  #failure: NetworkError | undefined;
  #wake: () => void = () => undefined;

  constructor(socket: Socket, peer: Endpoint, life: { clock: Clock; within: Duration }) {
    this.peer = peer;
    this.#socket = socket;
    this.#clock = life.clock;
    this.#deadline = life.clock.after(life.within, () =>
      this.#fail(new NetworkError('timeout', 'i/o timeout')),
    );
    socket.setNoDelay(true);
    socket.on('error', (error) => this.#fail(faultOf(error)));
    socket.on('close', () => this.#ended());
    for (const event of ['connect', 'readable', 'end'] as const) {
      socket.on(event, () => this.#wake());
    }
  }

  async connected(what: string): Promise<void> {
    while (this.#socket.connecting && this.#failure === undefined) await this.#something();
    if (this.#failure === undefined) return;
    const { fault, message } = this.#failure;
    throw new NetworkError(fault, `${what}: ${message}`, this.#failure);
  }

  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const length = Math.min(this.#socket.readableLength, CHUNK);
      const chunk = length > 0 ? (this.#socket.read(length) as Uint8Array | null) : null;
      if (chunk !== null) return plain(chunk);
      if (this.#socket.readableEnded) return undefined;
      // Asking for nothing makes a stream fetch more, or tell that it has ended.
      if (length === 0) this.#socket.read(0);
      await this.#something();
    }
  }

  async write(octets: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    await new Promise<void>((resolve, reject) => {
      this.#socket.write(octets, (error) =>
        error ? reject(this.#failure ?? faultOf(error)) : resolve(),
      );
    });
  }

  close(): void {
    this.#socket.end();
    // Data nobody reads would turn the end into a reset, which may overtake what was written.
    this.#socket.resume();
    const impatience = this.#clock.after(LINGER, () => this.#socket.destroy());
    this.#socket.once('close', () => impatience[Symbol.dispose]());
  }

  destroy(): void {
    this.#fail(new NetworkError('failed', CLOSED));
  }

  #something(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }

  /** The first failure is what both sides of the API see. */
  #fail(error: NetworkError): void {
    this.#failure ??= error;
    this.#socket.destroy();
    this.#wake();
  }

  #ended(): void {
    this.#deadline[Symbol.dispose]();
    if (!this.#socket.readableEnded) {
      this.#failure ??= new NetworkError('failed', 'connection reset');
    }
    this.#wake();
  }
}

function isFull(udp: UdpSocket): boolean {
  return udp.getSendQueueCount() >= SEND_QUEUE.count || udp.getSendQueueSize() >= SEND_QUEUE.octets;
}

async function listenTcp({ address, port }: Endpoint): Promise<Server> {
  const server = createServer({ highWaterMark: CHUNK, allowHalfOpen: true });
  try {
    server.listen({ host: address, port, ipv6Only: false });
    await once(server, 'listening');
    return server;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw faultOf(error, `Failed to start TCP listener on "${address}" port ${port}`);
  }
}

async function listenUdp({ address, port }: Endpoint): Promise<UdpSocket> {
  const type = familyOf(address) === 'ipv4' ? 'udp4' : 'udp6';
  // Destinations are addresses: nothing is to be looked up.
  const udp = createSocket({
    type,
    lookup: (host, _options, found) => found(null, host, type === 'udp4' ? 4 : 6),
  });
  try {
    const bound = once(udp, 'listening');
    udp.bind({ address, port });
    await bound;
    enlargeBuffer(udp);
    return udp;
  } catch (error) {
    udp.close();
    if (!(error instanceof Error)) throw error;
    throw faultOf(error, `Failed to start UDP listener on "${address}" port ${port}`);
  }
}

/** Halves what is asked for until the kernel grants it. */
function enlargeBuffer(udp: UdpSocket): void {
  for (let size = RECEIVE_BUFFER; size >= LEAST_BUFFER; size /= 2) {
    try {
      udp.setRecvBufferSize(size);
      return;
    } catch (error) {
      if (!isSystemError(error)) throw error;
    }
  }
}

function portOf(server: Server): number {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new TypeError('a server without a port');
  return bound.port;
}

/** Not a `Buffer`, whose `slice` would not copy. */
function plain({ buffer, byteOffset, length }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}

/** Without the zone of a link-local address; IPv4-mapped IPv6 is IPv4. */
function plainAddress(text: string | undefined): IpAddress | undefined {
  return text === undefined ? undefined : parseIp(text.replace(/%.*$/, ''));
}

/** What Go says, which operators have searched for. */
const TEXTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  ECONNRESET: 'connection reset by peer',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  EADDRINUSE: 'bind: address already in use',
  EADDRNOTAVAIL: 'bind: cannot assign requested address',
  EACCES: 'bind: permission denied',
  EPERM: 'operation not permitted',
  EMSGSIZE: 'message too long',
  EPIPE: 'broken pipe',
  ETIMEDOUT: 'i/o timeout',
};

function faultOf(error: Error, what?: string): NetworkError {
  const code = isSystemError(error) ? error.code : '';
  const text = TEXTS[code] ?? error.message;
  const message = what === undefined ? text : `${what}: ${text}`;
  if (code === 'ECONNREFUSED') return new NetworkError('refused', message, error);
  return new NetworkError(code === 'ETIMEDOUT' ? 'timeout' : 'failed', message, error);
}

function isSystemError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}

function textOf({ address, port }: Endpoint): string {
  return familyOf(address) === 'ipv6' ? `[${address}]:${port}` : `${address}:${port}`;
}
