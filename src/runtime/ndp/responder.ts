import { type IpAddress, type MacAddress, ipFromBytes, macFromBytes } from '../net/index.ts';
import {
  DESTINATION,
  ICMP,
  IPV6_HEADER,
  NEXT_HEADER_ICMPV6,
  PAYLOAD_LENGTH,
  SOURCE,
  icmpChecksum,
} from './checksum.ts';
import { copyTo, hasAt, isZero, octet, repeats, u16 } from './octets.ts';
import { SOLICITED_NODE_PREFIX } from './solicited-node.ts';

export const ETHERTYPE_IPV6 = 0x86dd;

/** Octets of a frame with a Neighbor Advertisement and one link-layer address option. */
export const ADVERTISEMENT_FRAME = 86;

/** Why a frame is not answered; the first rule that matches. legacy.md §5.4, RFC 4861 §7.1.1 */
export type DropReason =
  | 'malformed'
  | 'notSolicitation'
  | 'hopLimit'
  | 'ownPacket'
  | 'badChecksum'
  | 'notForThisHost'
  | 'forgedSender'
  | 'noSourceLinkLayerAddress'
  | 'notOwned';

export type Verdict = 'answer' | DropReason;

/** The link's own hardware address and IPv6 link-local address, six and sixteen octets. */
export interface Station {
  readonly mac: Uint8Array;
  readonly linkLocal: Uint8Array;
}

const NEXT_HEADER = 20;
const HOP_LIMIT = 21;
const CODE = 55;
const CHECKSUM = 56;
const FLAGS = 58;
const TARGET = 62;
const OPTIONS = 78;
const SOLICITATION = 135;
const ADVERTISEMENT = 136;
const SOURCE_LINK_LAYER_ADDRESS = 1;
const TARGET_LINK_LAYER_ADDRESS = 2;
/** A link-layer address option in units of eight octets, for Ethernet. RFC 2464 §6 */
const ETHERNET_UNITS = 1;
const SHORTEST_SOLICITATION = 24;
/** S of R, S, O: sent in answer to a solicitation. */
const SOLICITED = 0x40;

/**
 * Decides whether one received frame is a Neighbor Solicitation to answer. Allocates nothing.
 *
 * Solicitations behind extension headers, fragments included, are not looked into (RFC 6980). Without a source
 * link-layer address option, as in duplicate address detection, there is no answer (legacy.md §5.4).
 *
 * @param length - octets of `frame` that were received; what follows them is ignored
 * @param owns - whether we answer for the sixteen octets at `offset` of `frame`
 */
export function judge(
  frame: Uint8Array,
  length: number,
  station: Station,
  owns: (frame: Uint8Array, offset: number) => boolean,
): Verdict {
  const fault = headerFault(frame, length, station);
  if (fault !== undefined) return fault;
  const size = u16(frame, PAYLOAD_LENGTH);
  if (icmpChecksum(frame, size) !== 0) return 'badChecksum';
  if (!isForTarget(frame, station.mac)) return 'notForThisHost';
  const option = findSourceOption(frame, ICMP + size);
  if (option < 0) return 'malformed';
  if (option === 0) return 'noSourceLinkLayerAddress';
  if (isForged(frame, option, station.mac)) return 'forgedSender';
  return owns(frame, TARGET) ? 'answer' : 'notOwned';
}

/**
 * Writes the solicited Neighbor Advertisement for `request` into the first {@link ADVERTISEMENT_FRAME} octets
 * of `reply`: R=0 S=1 O=0, from the link-local address to who asked. Allocates nothing.
 */
export function writeAdvertisement(reply: Uint8Array, request: Uint8Array, station: Station): void {
  const option = findSourceOption(request, ICMP + u16(request, PAYLOAD_LENGTH));
  copyTo(reply, 0, request, [option + 2, 6]);
  copyTo(reply, 6, station.mac, [0, 6]);
  reply.fill(0, 12, ADVERTISEMENT_FRAME);
  reply[12] = ETHERTYPE_IPV6 >> 8;
  reply[13] = ETHERTYPE_IPV6 & 0xff;
  reply[IPV6_HEADER] = 0x60;
  reply[PAYLOAD_LENGTH + 1] = ADVERTISEMENT_FRAME - ICMP;
  reply[NEXT_HEADER] = NEXT_HEADER_ICMPV6;
  reply[HOP_LIMIT] = 255;
  copyTo(reply, SOURCE, station.linkLocal, [0, 16]);
  copyTo(reply, DESTINATION, request, [SOURCE, 16]);
  reply[ICMP] = ADVERTISEMENT;
  reply[FLAGS] = SOLICITED;
  copyTo(reply, TARGET, request, [TARGET, 16]);
  reply[OPTIONS] = TARGET_LINK_LAYER_ADDRESS;
  reply[OPTIONS + 1] = ETHERNET_UNITS;
  copyTo(reply, OPTIONS + 2, station.mac, [0, 6]);
  const checksum = icmpChecksum(reply, ADVERTISEMENT_FRAME - ICMP);
  reply[CHECKSUM] = checksum >> 8;
  reply[CHECKSUM + 1] = checksum & 0xff;
}

/**
 * The address asked for. Only for frames that {@link judge} would answer.
 *
 * @internal
 */
export function targetOf(frame: Uint8Array): IpAddress {
  return ipFromBytes(frame.subarray(TARGET, TARGET + 16));
}

/** Who asked. Only for frames that {@link judge} would answer. */
export function senderOf(frame: Uint8Array): { readonly mac: MacAddress; readonly ip: IpAddress } {
  const option = findSourceOption(frame, ICMP + u16(frame, PAYLOAD_LENGTH));
  return {
    mac: macFromBytes(frame.subarray(option + 2, option + 8)),
    ip: ipFromBytes(frame.subarray(SOURCE, SOURCE + 16)),
  };
}

/** What is wrong with everything that has a fixed place. */
function headerFault(frame: Uint8Array, length: number, station: Station): DropReason | undefined {
  if (length < OPTIONS || length > frame.length || !isIpv6(frame)) return 'malformed';
  if (frame[NEXT_HEADER] !== NEXT_HEADER_ICMPV6 || frame[ICMP] !== SOLICITATION) {
    return 'notSolicitation';
  }
  const size = u16(frame, PAYLOAD_LENGTH);
  if (size < SHORTEST_SOLICITATION || ICMP + size > length) return 'malformed';
  if (frame[HOP_LIMIT] !== 255) return 'hopLimit';
  if (frame[CODE] !== 0 || frame[TARGET] === 0xff) return 'malformed';
  return hasAt(frame, SOURCE, station.linkLocal) ? 'ownPacket' : undefined;
}

function isIpv6(frame: Uint8Array): boolean {
  return u16(frame, 12) === ETHERTYPE_IPV6 && octet(frame, IPV6_HEADER) >> 4 === 6;
}

/** Sent to the target itself or to its solicited-node group, in a frame that fits. RFC 4861 §4.3 */
function isForTarget(frame: Uint8Array, mac: Uint8Array): boolean {
  if (repeats(frame, DESTINATION, TARGET, 16)) return hasAt(frame, 0, mac);
  if (!hasAt(frame, DESTINATION, SOLICITED_NODE_PREFIX)) return false;
  if (!repeats(frame, DESTINATION + 13, TARGET + 13, 3)) return false;
  return hasAt(frame, 0, mac) || isMulticastOf(frame, DESTINATION);
}

/** The frame is addressed to the Ethernet group of the IPv6 group. RFC 2464 §7 */
function isMulticastOf(frame: Uint8Array, group: number): boolean {
  return u16(frame, 0) === 0x3333 && repeats(frame, 2, group + 12, 4);
}

/** Where the option starts; 0 if there is none, -1 if the options do not add up. RFC 4861 §4.6 */
function findSourceOption(frame: Uint8Array, end: number): number {
  let found = 0;
  for (let at = OPTIONS; at < end;) {
    const units = at + 1 < end ? octet(frame, at + 1) : 0;
    if (units === 0 || at + units * 8 > end) return -1;
    if (frame[at] === SOURCE_LINK_LAYER_ADDRESS && found === 0) {
      if (units !== ETHERNET_UNITS) return -1;
      found = at;
    }
    at += units * 8;
  }
  return found;
}

/** The answer goes to these addresses, so they must be one host's, and not ours. */
function isForged(frame: Uint8Array, option: number, mac: Uint8Array): boolean {
  return (
    frame[SOURCE] === 0xff ||
    isZero(frame, SOURCE, 16) ||
    (octet(frame, option + 2) & 1) === 1 ||
    isZero(frame, option + 2, 6) ||
    hasAt(frame, option + 2, mac)
  );
}
