import type { Socket } from 'node:net';
import { getSystemErrorMap } from 'node:util';
import { type IpAddress, parseIp } from '../../net/index.ts';
import { type Clock, seconds } from '../ports.ts';
import { SystemCallError } from '../socket/libc.ts';
import { missingAddress } from './prepared-socket.ts';
import { DialError, type TcpTarget, peerName, sourceOf } from './target.ts';

/** What a dialed connection tells, in this order; nothing after `closed`, nor after `destroy`, and never from within a call. */
export interface TcpEvents {
  /** Both addresses without zone. */
  connected(addresses: TcpAddresses): void;
  /** Octets of the peer; theirs to keep. */
  data(chunk: Uint8Array): void;
  /** All that was written has left this process, after `write` asked to wait. */
  drained(): void;
  /** It could not be set up, or it ended. For people. */
  closed(reason: string): void;
}

export interface TcpAddresses {
  readonly local: IpAddress;
  readonly remote: IpAddress;
}

/** How long a peer may take to hear the last words and to hang up itself. */
const LINGER = seconds(2);

/** One TCP connection from its dialing on. */
export class TcpConnection {
  readonly #target: TcpTarget;
  readonly #events: TcpEvents;
  #socket: Socket | undefined;
  #phase: 'dialing' | 'open' | 'ending' | 'over' = 'dialing';
  #linger: Disposable | undefined;
  #paused = false;

  readonly #clock: Clock;

  constructor(target: TcpTarget, events: TcpEvents, clock: Clock) {
    this.#clock = clock;
    this.#target = target;
    this.#events = events;
  }

  /** Whether nobody waits for it any more. */
  get isOver(): boolean {
    return this.#phase === 'over';
  }

  /** Follows a socket that connects. */
  adopt(socket: Socket): void {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('connect', () => this.#connected(socket));
    socket.on('data', (chunk: Buffer) => {
      // A view of its own type: whoever compares octets is not to meet a Buffer's ways.
      if (this.#phase === 'open') this.#events.data(octetsOf(chunk));
    });
    socket.on('drain', () => {
      if (this.#phase === 'open') this.#events.drained();
    });
    socket.on('end', () => this.#close('connection closed by the peer'));
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.#close('connection closed'));
    if (this.#paused) socket.pause();
  }

  /** Ends it for this reason. */
  fail(error: unknown): void {
    const text = textOf(error, this.#target);
    this.#close(this.#phase === 'dialing' ? `dial "${peerName(this.#target)}": ${text}` : text);
  }

  /** Returns whether more may be written at once; otherwise `drained` tells when. Ignored unless connected. */
  write(octets: Uint8Array): boolean {
    if (this.#phase !== 'open' || this.#socket === undefined) return false;
    return this.#socket.write(octets);
  }

  /** Hangs up after what was written has left, or two seconds later; `closed` follows. Gives up a dial at once. */
  end(): void {
    if (this.#phase === 'dialing') {
      // As with a connection: the caller hears of it later, not now.
      process.nextTick(() => this.#close('given up'));
    } else if (this.#phase === 'open' && this.#socket !== undefined) {
      this.#phase = 'ending';
      this.#socket.end();
      // Else the peer's last words are never read, and neither is its end.
      this.#socket.resume();
      this.#linger = this.#clock.after(LINGER, () => this.#close('connection closed'));
    }
  }

  /** Ends it at once; nothing is told any more. */
  destroy(): void {
    this.#phase = 'over';
    this.#linger?.[Symbol.dispose]();
    this.#socket?.destroy();
  }

  /** Reads no more until {@link resume}; the kernel then slows the peer down. */
  pause(): void {
    this.#paused = true;
    this.#socket?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#socket?.resume();
  }

  #connected(socket: Socket): void {
    if (this.#phase !== 'dialing') return;
    const local = plainAddress(socket.localAddress);
    const remote = plainAddress(socket.remoteAddress);
    // Gone already; its end follows.
    if (local === undefined || remote === undefined) return;
    this.#phase = 'open';
    this.#events.connected({ local, remote });
  }

  #close(reason: string): void {
    if (this.#phase === 'over') return;
    this.destroy();
    this.#events.closed(reason);
  }
}

function plainAddress(address: string | undefined): IpAddress | undefined {
  return parseIp(address?.split('%')[0] ?? '');
}

function octetsOf(chunk: Buffer): Uint8Array {
  return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

/** What the system says, without the address that {@link DialError}s and the caller name already. */
function textOf(error: unknown, target: TcpTarget): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof DialError || error instanceof SystemCallError) return error.message;
  const { code, errno, syscall } = error as NodeJS.ErrnoException;
  if (code === 'EADDRNOTAVAIL' && syscall?.startsWith('bind') === true) {
    return missingAddress((sourceOf(target) ?? '').split('%')[0] ?? '').message;
  }
  const system = errno === undefined ? undefined : getSystemErrorMap().get(errno);
  return system === undefined ? error.message : `${syscall ?? 'connection'}: ${system[1]}`;
}
