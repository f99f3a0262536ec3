import type { IpAddress } from '../../net/index.ts';

/** Where a member listens, with UDP and TCP alike. */
export interface Endpoint {
  /** Four and sixteen octets of one IPv4 address are two texts: members conflict over them. memberlist-wire.md §11.1 */
  readonly address: IpAddress;
  readonly port: number;
}

/** Who sent a probe, as releases from 0.2.0 on say; the answer goes there. memberlist-wire.md §15 */
export interface ProbeSource extends Endpoint {
  readonly node: string;
}

/**
 * `Vsn`: least, greatest and current version of the protocol, then of the delegate; empty where it was missing.
 * memberlist-wire.md §4.1
 */
export type Versions = readonly number[];

/** What a member is said to be. memberlist-wire.md §4.1 */
export type MemberState = 'alive' | 'suspect' | 'dead' | 'left';

export interface Ping {
  readonly type: 'ping';
  readonly seqNo: number;
  /** Empty: whoever hears it. */
  readonly node: string;
  readonly source?: ProbeSource;
}

export interface IndirectPing {
  readonly type: 'indirectPing';
  readonly seqNo: number;
  readonly target: Endpoint;
  readonly node: string;
  readonly nack: boolean;
  readonly source?: ProbeSource;
}

export interface Ack {
  readonly type: 'ack';
  readonly seqNo: number;
}

export interface Nack {
  readonly type: 'nack';
  readonly seqNo: number;
}

export interface Alive {
  readonly type: 'alive';
  readonly incarnation: number;
  readonly node: string;
  readonly endpoint: Endpoint;
  readonly meta: Uint8Array;
  readonly versions: Versions;
}

/** `dead` of a member from itself is a leave. */
export interface Accusation {
  readonly type: 'suspect' | 'dead';
  readonly incarnation: number;
  readonly node: string;
  readonly from: string;
}

/** What is gossiped: one claim about one member. */
export type Claim = Alive | Accusation;

/** Opaque to us: MetalLB has no delegate. */
export interface User {
  readonly type: 'user';
}

/** What a datagram carries, containers taken off. */
export type Message = Ping | IndirectPing | Ack | Nack | Claim | User;

/** A member as push/pull tells it. memberlist-wire.md §4.1 */
export interface MemberRecord {
  readonly node: string;
  readonly endpoint: Endpoint;
  readonly meta: Uint8Array;
  readonly incarnation: number;
  readonly state: MemberState;
  readonly versions: Versions;
}

export interface PushPull {
  readonly type: 'pushPull';
  readonly join: boolean;
  readonly records: readonly MemberRecord[];
}

/** What a stream carries: one request, one response. memberlist-wire.md §3 */
export type StreamMessage =
  PushPull | Ping | Ack | User | { readonly type: 'err'; readonly error: string };
