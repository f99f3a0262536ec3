/**
 * One ring of speakers: SWIM with Lifeguard, wire compatible with hashicorp/memberlist 0.1.7, so that speakers of the
 * original and of this project are members of one ring. memberlist-wire.md
 *
 * `protocol` is the wire, `swim` one member without clock and sockets, {@link Memberlist} one with both.
 *
 * @packageDocumentation
 */
export type { Features } from './features.ts';
export {
  type JoinReport,
  type JoinTarget,
  Memberlist,
  type MemberlistOptions,
  type MemberlistPorts,
} from './memberlist.ts';
export type { Transport } from './network.ts';
export type { Direction, LossReason, RingObserver } from './observer.ts';
export type { DropReason } from './protocol/drop.ts';
export { Keyring, deriveKey } from './protocol/keyring.ts';
export type { Endpoint } from './protocol/message.ts';
export type { StreamRefusal } from './protocol/stream/refusal.ts';
export type { Member, MemberEvent } from './swim/effect.ts';
export { SocketTransport } from './transport.ts';
