import { Socket, connect } from 'node:net';
import type { Clock } from '../ports.ts';
import { type Libc, loadLibc } from '../socket/libc.ts';
import { TcpConnection, type TcpEvents } from './connection.ts';
import { isPlain, prepareSocket } from './prepared-socket.ts';
import { type TcpTarget, checkTarget, sourceOf } from './target.ts';

/** Opens TCP connections with the options that BGP asks for. platform.md §1.2 */
export class TcpDialer {
  readonly #clock: Clock;
  readonly #load: () => Promise<Libc>;

  /** `load` reaches libc; called only for targets with options that Node cannot set. */
  constructor(clock: Clock, load: () => Promise<Libc> = loadForBgp) {
    this.#clock = clock;
    this.#load = load;
  }

  /**
   * Begins to connect; whatever goes wrong is told by `events.closed`. It never gives up by itself before the kernel
   * does, minutes later: a peer with another key answers nothing at all. Keep a timer.
   */
  dial(target: TcpTarget, events: TcpEvents): TcpConnection {
    const connection = new TcpConnection(target, events, this.#clock);
    // Later, so that nothing is told before the caller has the connection in hand.
    open(target, this.#load, connection).catch((error: unknown) => connection.fail(error));
    return connection;
  }
}

const loadForBgp = (): Promise<Libc> => loadLibc('BGP with a password, TTL or VRF');

async function open(
  target: TcpTarget,
  load: () => Promise<Libc>,
  connection: TcpConnection,
): Promise<void> {
  const libc = isPlain(target) ? undefined : await load();
  await Promise.resolve();
  if (connection.isOver) return;
  checkTarget(target);
  connection.adopt(libc === undefined ? dialPlain(target) : dialPrepared(libc, target));
}

function dialPlain(target: TcpTarget): Socket {
  const localAddress = sourceOf(target);
  const options = { host: target.address, port: target.port };
  return connect(localAddress === undefined ? options : { ...options, localAddress });
}

function dialPrepared(libc: Libc, target: TcpTarget): Socket {
  const socket = takeOver(libc, prepareSocket(libc, target));
  try {
    return socket.connect({ host: target.address, port: target.port });
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** `manualStart`, else Node reads from the socket before it is connected; not in Node's documentation. */
function takeOver(libc: Libc, fd: number): Socket {
  const options = { fd, readable: true, writable: true, manualStart: true };
  try {
    return new Socket(options);
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}
