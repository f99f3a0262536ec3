import type { IpAddress } from '../../net/index.ts';

/** Opens TCP connections; an adapter of the platform fits it by its shape. legacy.md §6.2 */
export interface Dialer {
  /**
   * Starts to connect, and tells the rest by `events`, never before it has returned and never after `destroy`.
   * What the machine refuses, a source address that it does not have among it, is told by `closed`.
   */
  dial(target: DialTarget, events: ConnectionEvents): Connection;
}

/** Whom to call, and how. */
export interface DialTarget {
  readonly address: IpAddress;
  readonly port: number;
  /** The address to call from. */
  readonly source?: IpAddress;
  /** Key of TCP MD5, at most 80 octets. RFC 2385 */
  readonly password?: string;
  /** Time to live, or hop limit, of what is sent; absent: that of the system. */
  readonly ttl?: number;
  /** What arrives with less is not the peer. RFC 5082 */
  readonly minTtl?: number;
  /** The interface, or VRF, to call through. */
  readonly device?: string;
}

export interface ConnectionEvents {
  connected(ends: ConnectionEnds): void;
  /** Octets of the peer; theirs to keep. */
  data(chunk: Uint8Array): void;
  /** After `write` said to wait: there is room again. */
  drained(): void;
  /** The last event, and the only one of a connection that never came about. The text is for people. */
  closed(reason: string): void;
}

export interface ConnectionEnds {
  /** The address of this end, which routes name as next hop. */
  readonly local: IpAddress;
  readonly remote: IpAddress;
}

/** A TCP connection, or one under way. */
export interface Connection {
  /** False: taken, but wait for `drained` before the next. */
  write(octets: Uint8Array): boolean;
  /** Nothing is read until `resume`. */
  pause(): void;
  resume(): void;
  /** Closes in order: what was written leaves first, what arrives is dropped, and not for long. */
  end(): void;
  /** Closes now; no event follows. */
  destroy(): void;
}
