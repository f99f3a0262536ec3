import {
  ByteWriter,
  type Family,
  type IpAddress,
  type Prefix,
  ipToBytes,
} from '../../../net/index.ts';
import type { Attributes } from '../../attributes.ts';
import type { Batch } from '../../rib/adj-rib-out.ts';
import { afiSafiOf } from '../family.ts';
import { HEADER_LENGTH, MAX_LENGTH, MessageType, frame } from '../header.ts';
import type { Dialect } from '../message.ts';
import { concat, encodeAttribute, encodeAttributes } from './attribute.ts';
import { type NextHops, nextHopOf } from './next-hop.ts';
import { sizeOf, writePrefix } from './prefix.ts';
import { AttributeCode, Flag } from './rule.ts';

/** What a session adds to a route. */
export interface UpdateContext {
  readonly dialect: Dialect;
  readonly nextHops: NextHops;
}

/** A batch that cannot be sent to this peer, whatever is tried. */
export class UnsendableError extends Error {
  override readonly name = 'UnsendableError';
  /** `nextHop`: the node has no address of the family; `length`: the attributes fill more than a message. */
  readonly reason: 'nextHop' | 'length';
  readonly family: Family;

  constructor(reason: UnsendableError['reason'], family: Family) {
    super(
      reason === 'nextHop'
        ? `the node has no ${family} address to be the next hop`
        : 'the attributes do not fit into a message of 4096 octets',
    );
    this.reason = reason;
    this.family = family;
  }
}

/** Octets for attributes and prefixes: what header and the two length fields leave. */
const ROOM = MAX_LENGTH - HEADER_LENGTH - 4;

/** Octets of the head of an attribute whose length has two octets. */
const EXTENDED_HEAD = 4;

const NONE: Uint8Array = new Uint8Array();

/**
 * The UPDATEs that tell a batch, as few as do: prefixes of IPv4 in the fields of RFC 4271 §4.3, of IPv6 in MP_REACH_NLRI and
 * MP_UNREACH_NLRI, which come first (RFC 4760 §3, §4, RFC 7606 §5.1).
 *
 * @throws UnsendableError - before anything is written
 */
export function encodeUpdates(batch: Batch, context: UpdateContext): Uint8Array[] {
  const { family, attributes, prefixes } = batch;
  if (attributes === undefined) return encodeWithdrawals(family, prefixes);
  const nextHop = nextHopOf(attributes, family, context.nextHops);
  if (nextHop === undefined) throw new UnsendableError('nextHop', family);
  return family === 'ipv4'
    ? announceIpv4(prefixes, encodeAttributes(attributes, nextHop, context.dialect))
    : announceIpv6(prefixes, attributes, ipv6NextHop(nextHop, context), context.dialect);
}

/** All routes of the family have been sent. RFC 4724 §2 */
export function encodeEndOfRib(family: Family): Uint8Array {
  if (family === 'ipv4') return encodeUpdate(NONE, NONE, NONE);
  return encodeUpdate(NONE, mpUnreach(family, NONE), NONE);
}

function encodeWithdrawals(family: Family, prefixes: readonly Prefix[]): Uint8Array[] {
  if (family === 'ipv4') {
    return pack(prefixes, ROOM).map((packed) => encodeUpdate(packed, NONE, NONE));
  }
  // AFI and SAFI stand before the prefixes.
  return pack(prefixes, ROOM - EXTENDED_HEAD - 3).map((packed) =>
    encodeUpdate(NONE, mpUnreach(family, packed), NONE),
  );
}

function announceIpv4(prefixes: readonly Prefix[], attributes: Uint8Array): Uint8Array[] {
  const packed = pack(prefixes, roomFor(prefixes, ROOM - attributes.length));
  return packed.map((nlri) => encodeUpdate(NONE, attributes, nlri));
}

function announceIpv6(
  prefixes: readonly Prefix[],
  attributes: Attributes,
  nextHop: Uint8Array,
  dialect: Dialect,
): Uint8Array[] {
  const { afi, safi } = afiSafiOf('ipv6');
  const others = encodeAttributes(attributes, undefined, dialect);
  const head = new ByteWriter(5 + nextHop.length)
    .u16(afi)
    .u8(safi)
    .u8(nextHop.length)
    .bytes(nextHop)
    // Reserved.
    .u8(0)
    .finish();
  const room = ROOM - others.length - EXTENDED_HEAD - head.length;
  return pack(prefixes, roomFor(prefixes, room)).map((nlri) => {
    const reach = encodeAttribute(Flag.optional, AttributeCode.mpReach, concat([head, nlri]));
    return encodeUpdate(NONE, concat([reach, others]), NONE);
  });
}

/** The link-local address goes along with this end's own address, not with another of the node. */
function ipv6NextHop(global: IpAddress, { nextHops }: UpdateContext): Uint8Array {
  const { session, linkLocal } = nextHops;
  const octets = ipToBytes(global);
  return linkLocal === undefined || global !== session
    ? octets
    : concat([octets, ipToBytes(linkLocal)]);
}

/** Every prefix has to fit beside the attributes. */
function roomFor(prefixes: readonly Prefix[], room: number): number {
  const tooLong = prefixes.find((prefix) => sizeOf(prefix) > room);
  if (tooLong !== undefined) throw new UnsendableError('length', tooLong.family);
  return room;
}

function mpUnreach(family: Family, prefixes: Uint8Array): Uint8Array {
  const { afi, safi } = afiSafiOf(family);
  const value = new ByteWriter(3 + prefixes.length).u16(afi).u8(safi).bytes(prefixes).finish();
  return encodeAttribute(Flag.optional, AttributeCode.mpUnreach, value);
}

/** Prefixes in their order, as many together as fit into `room` octets. */
function pack(prefixes: readonly Prefix[], room: number): Uint8Array[] {
  if (prefixes.length === 0) return [];
  const packed: Uint8Array[] = [];
  const octets = new Uint8Array(room);
  const view = new DataView(octets.buffer);
  let filled = 0;
  for (const prefix of prefixes) {
    const size = sizeOf(prefix);
    if (filled + size > room) {
      packed.push(octets.slice(0, filled));
      filled = 0;
    }
    writePrefix(prefix, view, filled);
    filled += size;
  }
  if (filled > 0) packed.push(octets.slice(0, filled));
  return packed;
}

function encodeUpdate(withdrawn: Uint8Array, attributes: Uint8Array, nlri: Uint8Array): Uint8Array {
  const body = new ByteWriter(4 + withdrawn.length + attributes.length + nlri.length)
    .u16(withdrawn.length)
    .bytes(withdrawn)
    .u16(attributes.length)
    .bytes(attributes)
    .bytes(nlri);
  return frame(MessageType.update, body.finish());
}
