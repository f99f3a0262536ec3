import {
  ByteReader,
  ByteWriter,
  type IpAddress,
  type MacAddress,
  MalformedError,
  decodeFrame,
  encodeFrame,
  ipFromBytes,
  ipToBytes,
  macFromBytes,
  macToBytes,
} from '../net/index.ts';
import { ICMP, NEXT_HEADER_ICMPV6, icmpChecksum } from './checksum.ts';
import { ETHERTYPE_IPV6 } from './responder.ts';

/** Who sends a message to whom, in both layers. */
export interface Envelope {
  readonly destinationMac: MacAddress;
  readonly sourceMac: MacAddress;
  readonly source: IpAddress;
  readonly destination: IpAddress;
}

/** Neighbor Solicitation. RFC 4861 §4.3 */
export interface Solicitation extends Envelope {
  readonly target: IpAddress;
  /** The source link-layer address option. */
  readonly linkLayerAddress?: MacAddress;
}

/** Neighbor Advertisement. RFC 4861 §4.4 */
export interface Advertisement extends Envelope {
  readonly target: IpAddress;
  readonly router: boolean;
  readonly solicited: boolean;
  readonly override: boolean;
  /** The target link-layer address option. */
  readonly linkLayerAddress?: MacAddress;
}

const SOLICITATION = 135;
const ADVERTISEMENT = 136;
const SOURCE_OPTION = 1;
const TARGET_OPTION = 2;

/** The whole Ethernet frame. */
export function encodeSolicitation(message: Solicitation): Uint8Array {
  return encode(message, { type: SOLICITATION, flags: 0, option: SOURCE_OPTION });
}

/** The whole Ethernet frame. */
export function encodeAdvertisement(message: Advertisement): Uint8Array {
  const { router, solicited, override } = message;
  const flags = (router ? 0x80 : 0) | (solicited ? 0x40 : 0) | (override ? 0x20 : 0);
  return encode(message, { type: ADVERTISEMENT, flags, option: TARGET_OPTION });
}

/**
 * Refuses what is not a Neighbor Solicitation or fails RFC 4861 §7.1.1. Reserved bits are ignored.
 *
 * @internal
 */
export function decodeSolicitation(frame: Uint8Array): Solicitation {
  return decode(frame, { type: SOLICITATION, option: SOURCE_OPTION }).message;
}

/**
 * Refuses what is not a Neighbor Advertisement or fails RFC 4861 §7.1.2. Reserved bits are ignored.
 *
 * @internal
 */
export function decodeAdvertisement(frame: Uint8Array): Advertisement {
  const { flags, message } = decode(frame, { type: ADVERTISEMENT, option: TARGET_OPTION });
  return {
    ...message,
    router: (flags & 0x80) !== 0,
    solicited: (flags & 0x40) !== 0,
    override: (flags & 0x20) !== 0,
  };
}

interface Kind {
  readonly type: number;
  readonly option: number;
}

function encode(message: Solicitation, kind: Kind & { readonly flags: number }): Uint8Array {
  const { linkLayerAddress } = message;
  const length = linkLayerAddress === undefined ? 24 : 32;
  const payload = new ByteWriter(40 + length)
    .u32(0x6000_0000)
    .u16(length)
    .u8(NEXT_HEADER_ICMPV6)
    .u8(255)
    .bytes(ipToBytes(message.source))
    .bytes(ipToBytes(message.destination))
    .u32(kind.type << 24)
    .u32(kind.flags << 24)
    .bytes(ipToBytes(message.target));
  if (linkLayerAddress !== undefined) {
    payload.u8(kind.option).u8(1).bytes(macToBytes(linkLayerAddress));
  }
  const frame = encodeFrame({
    destination: message.destinationMac,
    source: message.sourceMac,
    etherType: ETHERTYPE_IPV6,
    payload: payload.finish(),
  });
  new DataView(frame.buffer).setUint16(ICMP + 2, icmpChecksum(frame, length));
  return frame;
}

interface Decoded {
  readonly flags: number;
  readonly message: Solicitation;
}

function decode(octets: Uint8Array, kind: Kind): Decoded {
  const subject = kind.type === SOLICITATION ? 'Neighbor Solicitation' : 'Neighbor Advertisement';
  const frame = decodeFrame(octets);
  const header = new ByteReader(frame.payload, subject);
  if (frame.etherType !== ETHERTYPE_IPV6 || header.u32() >>> 28 !== 6) {
    throw new MalformedError(`${subject}: not IPv6`);
  }
  const length = header.u16();
  header.expect(Uint8Array.of(NEXT_HEADER_ICMPV6), 'ICMPv6');
  header.expect(Uint8Array.of(255), 'from this link: the hop limit is not 255');
  const source = ipFromBytes(header.bytes(16));
  const destination = ipFromBytes(header.bytes(16));
  const message = new ByteReader(header.bytes(length), subject);
  if (icmpChecksum(octets, length) !== 0) throw new MalformedError(`${subject}: wrong checksum`);
  message.expect(Uint8Array.of(kind.type, 0), `of type ${kind.type} and code 0`);
  message.u16();
  const flags = message.u32() >>> 24;
  const target = ipFromBytes(message.bytes(16));
  if (target.startsWith('ff')) throw new MalformedError(`${subject}: target is a group`);
  const linkLayerAddress = readOption(message, kind.option, subject);
  const { destination: destinationMac, source: sourceMac } = frame;
  const envelope = { destinationMac, sourceMac, source, destination };
  const option = linkLayerAddress !== undefined && { linkLayerAddress };
  return { flags, message: { ...envelope, target, ...option } };
}

/** The first link-layer address option of that type; options of other types are skipped. RFC 4861 §4.6 */
function readOption(message: ByteReader, wanted: number, subject: string): MacAddress | undefined {
  let found: MacAddress | undefined;
  while (message.remaining > 0) {
    const type = message.u8();
    const units = message.u8();
    if (units === 0) throw new MalformedError(`${subject}: option of length 0`);
    const content = message.bytes(units * 8 - 2);
    if (type !== wanted || found !== undefined) continue;
    if (units !== 1) throw new MalformedError(`${subject}: link-layer address of ${units * 8 - 2}`);
    found = macFromBytes(content);
  }
  return found;
}
