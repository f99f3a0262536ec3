/**
 * One ring of speakers: SWIM with Lifeguard, wire compatible with hashicorp/memberlist 0.1.7, so that speakers of the
 * original and of this project are members of one ring. memberlist-wire.md
 *
 * `protocol` is the wire, `swim` one member without clock and sockets, {@link Memberlist} one with both.
 *
 * @packageDocumentation
 */
export { type JoinReport, type JoinTarget, Memberlist } from './memberlist.ts';
export type { LossReason, RingObserver } from './observer.ts';
export { Keyring, deriveKey } from './protocol/keyring.ts';
export type { Endpoint } from './protocol/message.ts';
export type { Member, MemberEvent } from './swim/effect.ts';
export { SocketTransport } from './transport.ts';
