/**
 * Bidirectional Forwarding Detection in asynchronous mode, single hop and multihop: RFC 5880, 5881, 5883.
 *
 * A {@link BfdSession} is told what happened and when, and says what to do; packets are read and written by
 * {@link decodeControl} and {@link encodeControl}. {@link BfdLayer} is what serves sessions in a thread of their own.
 *
 * @packageDocumentation
 */
export { describeDiagnostic } from './diagnostic.ts';
export { decodeEcho, encodeEcho } from './echo.ts';
export type { BfdCounts, BfdEvents, BfdLayer, BfdSessionSpec } from './layer.ts';
export { decodeControl, encodeControl } from './packet.ts';
export { type BfdEvent, BfdSession, type ControlPacket } from './session.ts';
export { type SessionSettings, settingsOf } from './settings.ts';
export type { BfdState } from './state.ts';
