import { type IpAddress, type MacAddress, ipFromBytes, macFromBytes } from '../net/index.ts';
import { IPV4_OVER_ETHERNET, Operation, PACKET_LENGTH, type Binding } from './packet.ts';

export const ETHERTYPE_ARP = 0x0806;

/** The shortest Ethernet frame, without its check sequence; shorter ones are padded with zeros. */
export const MINIMUM_FRAME = 60;

/** Why a frame is not answered; the first rule that matches. legacy.md §5.3 */
export type DropReason =
  'malformed' | 'notRequest' | 'notForThisHost' | 'forgedSender' | 'notOwned';

export type Verdict = 'answer' | DropReason;

/** What a foreign packet says of an address: RFC 5227 §1.1 calls them announcement, reply and probe. */
export type Claim = 'announcement' | 'reply' | 'probe';

/** Offsets into the frame: the Ethernet header's 14 octets, then RFC 826 in wire order. */
const ETHERTYPE = 12;
const PACKET = 14;
const OPERATION = 20;
const SENDER_MAC = 22;
const SENDER_IP = 28;
const TARGET_MAC = 32;
const TARGET_IP = 38;
const SHORTEST = PACKET + PACKET_LENGTH;

/**
 * Decides whether one received frame is answered. Allocates nothing.
 *
 * The sender's protocol address is not looked at: probes from 0.0.0.0 are answered too (legacy.md §5.3).
 * Its hardware address is where the answer goes, so one that is nobody's, everybody's or ours is refused.
 *
 * @param length - octets of `frame` that were received; what follows them is ignored
 * @param mac - six octets: the link's own address
 * @param owns - whether we answer for an IPv4 address, given as a signed 32-bit integer
 */
export function judge(
  frame: Uint8Array,
  length: number,
  mac: Uint8Array,
  owns: (target: number) => boolean,
): Verdict {
  if (!isWhole(frame, length)) return 'malformed';
  if (frame[OPERATION] !== 0 || frame[OPERATION + 1] !== Operation.Request) return 'notRequest';
  if (!isBroadcast(frame, 0) && !isSame(frame, 0, mac)) return 'notForThisHost';
  if (isForged(frame, mac)) return 'forgedSender';
  return owns(readI32(frame, TARGET_IP)) ? 'answer' : 'notOwned';
}

/** Whether a packet claims the address that it asks for. Only for frames that {@link judge} would answer. */
export function announces(frame: Uint8Array): boolean {
  return readI32(frame, SENDER_IP) === readI32(frame, TARGET_IP);
}

/**
 * What a packet, request or reply, says of an address that `knows`: that the sender has it, or, in a probe, that it
 * means to. A request for something else from that address counts as a reply: its sender uses the address.
 * Nothing if the sender's hardware address cannot be a station's. Allocates nothing for
 * packets about other addresses.
 *
 * @param claimant - receives the sender's hardware address
 */
export function hear(
  frame: Uint8Array,
  length: number,
  knows: (address: number) => boolean,
  claimant: Uint8Array,
): Claim | undefined {
  if (!isWhole(frame, length)) return undefined;
  const operation = frame[OPERATION + 1];
  if (
    frame[OPERATION] !== 0 ||
    (operation !== Operation.Request && operation !== Operation.Reply)
  ) {
    return undefined;
  }
  const sender = readI32(frame, SENDER_IP);
  const target = readI32(frame, TARGET_IP);
  const isProbe = sender === 0 && operation === Operation.Request;
  if (!knows(isProbe ? target : sender) || !isStation(frame, SENDER_MAC)) return undefined;
  claimant.set(frame.subarray(SENDER_MAC, SENDER_MAC + 6));
  if (isProbe) return 'probe';
  return sender === target ? 'announcement' : 'reply';
}

/**
 * The address asked for, as `owns` sees it. Only for frames that {@link judge} would answer.
 *
 * @internal
 */
export function targetOf(frame: Uint8Array): IpAddress {
  return ipFromBytes(frame.subarray(TARGET_IP, TARGET_IP + 4));
}

/** Who asked. Only for frames that {@link judge} would answer. */
export function senderOf(frame: Uint8Array): Binding {
  const mac: MacAddress = macFromBytes(frame.subarray(SENDER_MAC, SENDER_MAC + 6));
  return { mac, ip: ipFromBytes(frame.subarray(SENDER_IP, SENDER_IP + 4)) };
}

/**
 * Writes the answer to `request`, padded, into the first {@link MINIMUM_FRAME} octets of `reply`,
 * which must be zero from the 43rd on. Allocates nothing.
 */
export function writeReply(reply: Uint8Array, request: Uint8Array, mac: Uint8Array): void {
  for (let i = 0; i < 6; i += 1) {
    reply[i] = octet(request, SENDER_MAC + i);
    reply[6 + i] = octet(mac, i);
    reply[SENDER_MAC + i] = octet(mac, i);
  }
  for (let i = ETHERTYPE; i < OPERATION; i += 1) reply[i] = octet(request, i);
  reply[OPERATION] = 0;
  reply[OPERATION + 1] = Operation.Reply;
  for (let i = 0; i < 4; i += 1) reply[SENDER_IP + i] = octet(request, TARGET_IP + i);
  // Sender hardware and protocol address stand together and come back as the target's.
  for (let i = 0; i < 10; i += 1) reply[TARGET_MAC + i] = octet(request, SENDER_MAC + i);
}

function isWhole(frame: Uint8Array, length: number): boolean {
  return length >= SHORTEST && length <= frame.length && isIpv4OverEthernet(frame);
}

function isIpv4OverEthernet(frame: Uint8Array): boolean {
  if (frame[ETHERTYPE] !== ETHERTYPE_ARP >> 8) return false;
  if (frame[ETHERTYPE + 1] !== (ETHERTYPE_ARP & 0xff)) return false;
  for (let i = 0; i < IPV4_OVER_ETHERNET.length; i += 1) {
    if (frame[PACKET + i] !== IPV4_OVER_ETHERNET[i]) return false;
  }
  return true;
}

function isForged(frame: Uint8Array, mac: Uint8Array): boolean {
  return (
    isBroadcast(frame, SENDER_MAC) ||
    (readI32(frame, SENDER_MAC) === 0 &&
      frame[SENDER_MAC + 4] === 0 &&
      frame[SENDER_MAC + 5] === 0) ||
    isSame(frame, SENDER_MAC, mac)
  );
}

/** Neither a group's address nor nobody's. */
function isStation(frame: Uint8Array, offset: number): boolean {
  if ((octet(frame, offset) & 1) === 1) return false;
  return readI32(frame, offset) !== 0 || frame[offset + 4] !== 0 || frame[offset + 5] !== 0;
}

function isBroadcast(frame: Uint8Array, offset: number): boolean {
  return readI32(frame, offset) === -1 && frame[offset + 4] === 0xff && frame[offset + 5] === 0xff;
}

function isSame(frame: Uint8Array, offset: number, mac: Uint8Array): boolean {
  for (let i = 0; i < 6; i += 1) if (frame[offset + i] !== mac[i]) return false;
  return true;
}

/** Signed, because a signed 32-bit integer needs no heap number. */
function readI32(octets: Uint8Array, offset: number): number {
  return (
    (octet(octets, offset) << 24) |
    (octet(octets, offset + 1) << 16) |
    (octet(octets, offset + 2) << 8) |
    octet(octets, offset + 3)
  );
}

function octet(octets: Uint8Array, index: number): number {
  return octets[index] ?? 0;
}
