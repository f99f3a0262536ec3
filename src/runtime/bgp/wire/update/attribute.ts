import { ByteWriter, type IpAddress, ipToBytes } from '../../../net/index.ts';
import type { Attributes } from '../../attributes.ts';
import type { Dialect } from '../message.ts';
import { AS_TRANS } from './as-path.ts';
import { AttributeCode, Flag } from './rule.ts';

const AS_SEQUENCE = 2;
const MAX_SEGMENT = 255;
const MAX_TWO_OCTETS = 0xffff;

const ORIGIN = { igp: 0, incomplete: 2 } as const;

const WELL_KNOWN = Flag.transitive;
const OPTIONAL = Flag.optional;
const OPTIONAL_TRANSITIVE = Flag.optional | Flag.transitive;

/**
 * All attributes but MP_REACH_NLRI, ascending by code: as the original has those that it sends. legacy.md §6.3
 *
 * @param nextHop - of NEXT_HOP; `undefined`: it stands in MP_REACH_NLRI
 */
export function encodeAttributes(
  attributes: Attributes,
  nextHop: IpAddress | undefined,
  { asnOctets }: Dialect,
): Uint8Array {
  const { origin, asPath, med, localPref, communities, largeCommunities } = attributes;
  const hidden = asnOctets === 2 && asPath.some((asn) => asn > MAX_TWO_OCTETS);
  const { origin: originCode, asPath: asPathCode, nextHop: nextHopCode } = AttributeCode;
  return concat([
    encodeAttribute(WELL_KNOWN, originCode, Uint8Array.of(ORIGIN[origin])),
    encodeAttribute(WELL_KNOWN, asPathCode, encodePath(asPath, asnOctets)),
    ...(nextHop === undefined
      ? []
      : [encodeAttribute(WELL_KNOWN, nextHopCode, ipToBytes(nextHop))]),
    ...(med === undefined ? [] : [encodeAttribute(OPTIONAL, AttributeCode.med, u32(med))]),
    ...(localPref === undefined
      ? []
      : [encodeAttribute(WELL_KNOWN, AttributeCode.localPref, u32(localPref))]),
    ...optional(AttributeCode.communities, encodeCommunities(communities)),
    ...optional(AttributeCode.as4Path, hidden ? encodePath(asPath, 4) : new Uint8Array()),
    ...optional(AttributeCode.largeCommunities, encodeLargeCommunities(largeCommunities)),
  ]);
}

/** Flags, code, length and value; two octets of length only where one does not do. RFC 4271 §4.3 */
export function encodeAttribute(flags: number, code: number, value: Uint8Array): Uint8Array {
  const extended = value.length > 255;
  const writer = new ByteWriter((extended ? 4 : 3) + value.length);
  if (extended) {
    writer
      .u8(flags | Flag.extendedLength)
      .u8(code)
      .u16(value.length);
  } else {
    writer.u8(flags).u8(code).u8(value.length);
  }
  return writer.bytes(value).finish();
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter(parts.reduce((sum, part) => sum + part.length, 0));
  for (const part of parts) writer.bytes(part);
  return writer.finish();
}

function optional(code: number, value: Uint8Array): Uint8Array[] {
  return value.length === 0 ? [] : [encodeAttribute(OPTIONAL_TRANSITIVE, code, value)];
}

/** AS_SEQUENCEs; no octet for an empty path. RFC 4271 §4.3, RFC 6793 §4.2.2 */
function encodePath(path: readonly number[], asnOctets: 2 | 4): Uint8Array {
  const segments: Uint8Array[] = [];
  for (let start = 0; start < path.length; start += MAX_SEGMENT) {
    const asns = path.slice(start, start + MAX_SEGMENT);
    const writer = new ByteWriter(2 + asns.length * asnOctets).u8(AS_SEQUENCE).u8(asns.length);
    for (const asn of asns) {
      if (asnOctets === 4) writer.u32(asn);
      else writer.u16(asn > MAX_TWO_OCTETS ? AS_TRANS : asn);
    }
    segments.push(writer.finish());
  }
  return concat(segments);
}

function encodeCommunities(communities: readonly string[]): Uint8Array {
  const writer = new ByteWriter(communities.length * 4);
  for (const community of communities) {
    for (const part of community.split(':')) writer.u16(Number(part));
  }
  return writer.finish();
}

function encodeLargeCommunities(communities: readonly string[]): Uint8Array {
  const writer = new ByteWriter(communities.length * 12);
  for (const community of communities) {
    for (const part of community.split(':')) writer.u32(Number(part));
  }
  return writer.finish();
}

function u32(value: number): Uint8Array {
  return new ByteWriter(4).u32(value).finish();
}
