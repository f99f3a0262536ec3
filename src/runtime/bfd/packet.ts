import { ByteReader, ByteWriter } from '../net/index.ts';
import type { ControlPacket } from './session.ts';
import type { BfdState } from './state.ts';

/** Why a packet is dropped; the rules of RFC 5880 §6.8.6 that need no session. */
export type PacketFault =
  | 'truncated'
  | 'wrong version'
  | 'wrong length'
  | 'detect multiplier of zero'
  | 'multipoint'
  | 'no discriminator'
  | 'state without your discriminator'
  | 'authenticated';

export type DecodedPacket =
  | { readonly kind: 'packet'; readonly packet: ControlPacket }
  | { readonly kind: 'fault'; readonly fault: PacketFault };

const VERSION = 1;
/** Octets of the mandatory section, without and with the least of an authentication section. RFC 5880 §4.1 */
const MANDATORY = 24;
const MANDATORY_AND_AUTHENTICATION = 26;
const STATES: readonly BfdState[] = ['adminDown', 'down', 'init', 'up'];

const POLL = 0x20;
const FINAL = 0x10;
const CONTROL_PLANE_INDEPENDENT = 0x08;
const AUTHENTICATION_PRESENT = 0x04;
const DEMAND = 0x02;
const MULTIPOINT = 0x01;

/**
 * Reads the payload of a UDP datagram. Never throws. What follows the length that the packet gives is ignored.
 * Sessions here use no authentication: whoever uses it is dropped, as RFC 5880 §6.8.6 says.
 */
export function decodeControl(octets: Uint8Array): DecodedPacket {
  if (octets.length < MANDATORY) return { kind: 'fault', fault: 'truncated' };
  const reader = new ByteReader(octets, 'BFD control packet');
  const first = reader.u8();
  const flags = reader.u8();
  const detectMultiplier = reader.u8();
  const length = reader.u8();
  const packet: ControlPacket = {
    diagnostic: first & 0x1f,
    state: STATES[flags >> 6] ?? 'adminDown',
    poll: (flags & POLL) !== 0,
    final: (flags & FINAL) !== 0,
    controlPlaneIndependent: (flags & CONTROL_PLANE_INDEPENDENT) !== 0,
    demand: (flags & DEMAND) !== 0,
    detectMultiplier,
    myDiscriminator: reader.u32(),
    yourDiscriminator: reader.u32(),
    desiredMinTx: reader.u32(),
    requiredMinRx: reader.u32(),
    requiredMinEchoRx: reader.u32(),
  };
  const fault =
    first >> 5 === VERSION ? faultOf(packet, flags, [length, octets.length]) : 'wrong version';
  return fault === undefined ? { kind: 'packet', packet } : { kind: 'fault', fault };
}

/** RFC 5880 §6.8.6, in its order. */
function faultOf(
  packet: ControlPacket,
  flags: number,
  [length, available]: readonly [number, number],
): PacketFault | undefined {
  const isAuthenticated = (flags & AUTHENTICATION_PRESENT) !== 0;
  const least = isAuthenticated ? MANDATORY_AND_AUTHENTICATION : MANDATORY;
  if (length < least || length > available) return 'wrong length';
  if (packet.detectMultiplier === 0) return 'detect multiplier of zero';
  if ((flags & MULTIPOINT) !== 0) return 'multipoint';
  if (packet.myDiscriminator === 0) return 'no discriminator';
  const isEarly = packet.state === 'down' || packet.state === 'adminDown';
  if (packet.yourDiscriminator === 0 && !isEarly) return 'state without your discriminator';
  return isAuthenticated ? 'authenticated' : undefined;
}

/** The payload of a UDP datagram, 24 octets. */
export function encodeControl(packet: ControlPacket): Uint8Array {
  const flags =
    (STATES.indexOf(packet.state) << 6) |
    (packet.poll ? POLL : 0) |
    (packet.final ? FINAL : 0) |
    (packet.controlPlaneIndependent ? CONTROL_PLANE_INDEPENDENT : 0) |
    (packet.demand ? DEMAND : 0);
  return new ByteWriter(MANDATORY)
    .u8((VERSION << 5) | packet.diagnostic)
    .u8(flags)
    .u8(packet.detectMultiplier)
    .u8(MANDATORY)
    .u32(packet.myDiscriminator)
    .u32(packet.yourDiscriminator)
    .u32(packet.desiredMinTx)
    .u32(packet.requiredMinRx)
    .u32(packet.requiredMinEchoRx)
    .finish();
}
