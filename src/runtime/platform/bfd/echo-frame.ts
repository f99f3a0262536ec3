import { type IpAddress, familyOf, ipToBytes } from '../../net/index.ts';
import type { FilterInstruction } from '../socket/libc.ts';
import { SINGLE_HOP_PORT } from './control-socket.ts';

/** RFC 5881 §4 */
const ECHO_PORT = 3785;

const UDP = 17;
const UDP_HEADER = 8;
const LARGEST_TTL = 255;
/** What a router that returned the packet has left of it. */
const RETURNED_TTL = 254;
const NETWORK_CONTROL = 0xc0;
const DO_NOT_FRAGMENT = 0x4000;

const LAYOUT = {
  ipv4: { header: 20, ttl: 8, source: 12, target: 16, width: 4 },
  ipv6: { header: 40, ttl: 7, source: 8, target: 24, width: 16 },
} as const;

const LOAD_HALF = 0x28;
const LOAD_BYTE = 0x30;
const JUMP_IF_EQUAL = 0x15;
const RETURN = 0x06;

/**
 * Control packets of this link and echo packets that came back, from the network header on, without options or extension
 * headers. What else comes to their ports wakes nobody.
 */
export const BFD_PACKETS: Readonly<Record<'ipv4' | 'ipv6', readonly FilterInstruction[]>> = {
  ipv4: udpFilter({ first: 0x45, protocol: 9, port: 22, ttl: LAYOUT.ipv4.ttl }),
  ipv6: udpFilter({ first: undefined, protocol: 6, port: 42, ttl: LAYOUT.ipv6.ttl }),
};

function udpFilter(at: {
  first: number | undefined;
  protocol: number;
  port: number;
  ttl: number;
}): readonly FilterInstruction[] {
  const head: readonly FilterInstruction[] =
    at.first === undefined
      ? []
      : [
          [LOAD_BYTE, 0, 0, 0],
          [JUMP_IF_EQUAL, 0, 10, at.first],
        ];
  return [
    ...head,
    [LOAD_BYTE, 0, 0, at.protocol],
    [JUMP_IF_EQUAL, 0, 8, UDP],
    [LOAD_HALF, 0, 0, at.port],
    [JUMP_IF_EQUAL, 1, 0, SINGLE_HOP_PORT],
    [JUMP_IF_EQUAL, 2, 5, ECHO_PORT],
    [LOAD_BYTE, 0, 0, at.ttl],
    [JUMP_IF_EQUAL, 2, 3, LARGEST_TTL],
    [LOAD_BYTE, 0, 0, at.ttl],
    [JUMP_IF_EQUAL, 0, 1, RETURNED_TTL],
    [RETURN, 0, 0, 0xffff],
    [RETURN, 0, 0, 0],
  ];
}

/**
 * An echo packet from the network header on: to ourselves, so that the peer's forwarding sends it back without its BFD
 * ever seeing it. RFC 5881 §4
 */
export function echoFrame(local: IpAddress, sourcePort: number, payload: Uint8Array): Uint8Array {
  const family = familyOf(local);
  const { header, source, target, width } = LAYOUT[family];
  const frame = Buffer.alloc(header + UDP_HEADER + payload.length);
  const octets = ipToBytes(local);
  frame.set(octets, source);
  frame.set(octets, target);
  const length = UDP_HEADER + payload.length;
  frame.writeUInt16BE(sourcePort, header);
  frame.writeUInt16BE(ECHO_PORT, header + 2);
  frame.writeUInt16BE(length, header + 4);
  frame.set(payload, header + UDP_HEADER);
  // RFC 768, RFC 8200 §8.1: addresses, length and protocol are summed as well.
  const sum = checksum(
    frame.subarray(source, source + 2 * width),
    frame.subarray(header),
    length + UDP,
  );
  frame.writeUInt16BE(sum === 0 ? 0xffff : sum, header + 6);
  if (family === 'ipv4') writeIpv4(frame);
  else writeIpv6(frame, length);
  return frame;
}

function writeIpv4(frame: Buffer): void {
  frame[0] = 0x45;
  frame[1] = NETWORK_CONTROL;
  frame.writeUInt16BE(frame.length, 2);
  frame.writeUInt16BE(DO_NOT_FRAGMENT, 6);
  frame[8] = LARGEST_TTL;
  frame[9] = UDP;
  frame.writeUInt16BE(checksum(frame.subarray(0, 20), new Uint8Array(), 0), 10);
}

function writeIpv6(frame: Buffer, length: number): void {
  frame[0] = 0x60 | (NETWORK_CONTROL >> 4);
  frame[1] = (NETWORK_CONTROL << 4) & 0xff;
  frame.writeUInt16BE(length, 4);
  frame[6] = UDP;
  frame[7] = LARGEST_TTL;
}

/** RFC 1071 */
function checksum(first: Uint8Array, second: Uint8Array, initial: number): number {
  let sum = initial;
  for (const octets of [first, second]) {
    for (let i = 0; i < octets.length; i += 2) {
      sum += ((octets[i] ?? 0) << 8) | (octets[i + 1] ?? 0);
    }
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

export type BfdFrame =
  /** From the peer of `source`, sent on this very link. */
  | { readonly kind: 'control'; readonly source: string; readonly target: string }
  /** One that came back; `source` and `target` are one address of ours. */
  | {
      readonly kind: 'echo';
      readonly source: string;
      readonly target: string;
      readonly payload: Uint8Array;
    };

/** Reads what {@link BFD_PACKETS} lets through; `source` and `target` are the octets of addresses as Latin-1 text. */
export function readFrame(family: 'ipv4' | 'ipv6', frame: Buffer): BfdFrame | undefined {
  const layout = LAYOUT[family];
  const { header, ttl, width } = layout;
  if (frame.length < header + UDP_HEADER) return undefined;
  const source = frame.toString('latin1', layout.source, layout.source + width);
  const target = frame.toString('latin1', layout.target, layout.target + width);
  const isEcho = frame.readUInt16BE(header + 2) === ECHO_PORT;
  if (!isEcho) return frame[ttl] === LARGEST_TTL ? { kind: 'control', source, target } : undefined;
  if (frame[ttl] !== RETURNED_TTL) return undefined;
  return { kind: 'echo', source, target, payload: frame.subarray(header + UDP_HEADER) };
}
