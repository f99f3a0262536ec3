import { type Socket, createSocket } from 'node:dgram';
import type { IpAddress } from '../../net/index.ts';

/** What a membership could not be had for, or given up. */
export interface MembershipFailure {
  readonly operation: 'join' | 'leave';
  readonly interfaceName: string;
  readonly group: IpAddress;
  readonly error: string;
}

interface Membership {
  readonly interfaceName: string;
  readonly group: IpAddress;
  references: number;
  socket: Socket | undefined;
}

/**
 * IPv6 multicast memberships by interface, each counted: the last leave leaves. Plain UDP sockets that never carry a
 * datagram make them, so that the kernel reports them by MLD, which snooping switches need, and programs the
 * filter of the network card. The kernel limits memberships per socket by memory; another socket has room again.
 */
export class MulticastMemberships {
  readonly #failed: (failure: MembershipFailure) => void;
  readonly #memberships = new Map<string, Membership>();
  /** Sockets with room, the newest first, and how many memberships each holds. */
  readonly #held = new Map<Socket, number>();
  #newest: Socket | undefined;
  #opening = false;
  #waiting: Membership[] = [];

  constructor(failed: (failure: MembershipFailure) => void) {
    this.#failed = failed;
  }

  join(interfaceName: string, group: IpAddress): void {
    const name = `${interfaceName} ${group}`;
    const known = this.#memberships.get(name);
    if (known !== undefined) {
      known.references += 1;
      return;
    }
    const membership: Membership = { interfaceName, group, references: 1, socket: undefined };
    this.#memberships.set(name, membership);
    this.#enter(membership);
  }

  leave(interfaceName: string, group: IpAddress): void {
    const name = `${interfaceName} ${group}`;
    const membership = this.#memberships.get(name);
    if (membership === undefined) return;
    membership.references -= 1;
    if (membership.references > 0) return;
    this.#memberships.delete(name);
    this.#exit(membership);
  }

  close(): void {
    this.#memberships.clear();
    this.#waiting = [];
    for (const socket of this.#held.keys()) socket.close();
    this.#held.clear();
    this.#newest = undefined;
  }

  #enter(membership: Membership): void {
    const socket = this.#newest;
    if (socket === undefined) {
      this.#waiting.push(membership);
      this.#openSocket();
      return;
    }
    const held = this.#held.get(socket) ?? 0;
    try {
      socket.addMembership(membership.group, `::%${membership.interfaceName}`);
    } catch (error) {
      if (codeOf(error) === 'ENOMEM' && held > 0) {
        this.#newest = undefined;
        this.#enter(membership);
        return;
      }
      // In use: the interface was renamed, and its membership under the old name could not be left.
      if (codeOf(error) !== 'EADDRINUSE') {
        this.#fail('join', membership, error);
        return;
      }
    }
    membership.socket = socket;
    this.#held.set(socket, held + 1);
  }

  #exit(membership: Membership): void {
    const { socket, group, interfaceName } = membership;
    if (socket === undefined) return;
    try {
      socket.dropMembership(group, `::%${interfaceName}`);
    } catch (error) {
      // The kernel ended the membership itself when the interface went.
      if (!['EADDRNOTAVAIL', 'ENODEV', 'EINVAL', 'ENXIO'].includes(codeOf(error) ?? '')) {
        this.#fail('leave', membership, error);
      }
    }
    const left = (this.#held.get(socket) ?? 1) - 1;
    this.#held.set(socket, left);
    if (left > 0) return;
    // What interfaces that went have left behind is charged to the socket until it is closed.
    this.#held.delete(socket);
    if (this.#newest === socket) this.#newest = undefined;
    socket.close();
  }

  #openSocket(): void {
    if (this.#opening) return;
    this.#opening = true;
    const socket = createSocket({ type: 'udp6', ipv6Only: true });
    const loopback = { address: '::1', port: 0, exclusive: true };
    socket.once('error', () => {
      socket.removeAllListeners('listening');
      // A namespace may have no loopback address; any address will do.
      socket.once('error', (error) => this.#refuseAll(socket, error));
      socket.bind({ ...loopback, address: '::' }, () => this.#opened(socket));
    });
    socket.bind(loopback, () => this.#opened(socket));
    socket.unref();
  }

  #opened(socket: Socket): void {
    this.#opening = false;
    socket.removeAllListeners('error');
    socket.on('error', () => socket.unref());
    const waiting = this.#takeWaiting();
    if (waiting.length === 0) {
      socket.close();
      return;
    }
    this.#newest = socket;
    this.#held.set(socket, 0);
    for (const membership of waiting) this.#enter(membership);
  }

  #refuseAll(socket: Socket, error: Error): void {
    this.#opening = false;
    socket.close();
    for (const membership of this.#takeWaiting()) this.#fail('join', membership, error);
  }

  /** Those that were not left again meanwhile. */
  #takeWaiting(): Membership[] {
    const waiting = this.#waiting.filter(({ references }) => references > 0);
    this.#waiting = [];
    return waiting;
  }

  #fail(operation: 'join' | 'leave', membership: Membership, error: unknown): void {
    const { interfaceName, group } = membership;
    // Forgotten, so that the next responder on that interface tries again.
    if (operation === 'join') this.#memberships.delete(`${interfaceName} ${group}`);
    const text = error instanceof Error ? error.message : String(error);
    this.#failed({ operation, interfaceName, group, error: text });
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
