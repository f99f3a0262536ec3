import {
  ByteReader,
  type Family,
  type IpAddress,
  MalformedError,
  type Prefix,
  ipFromBytes,
} from '../../../net/index.ts';
import { familyFor } from '../family.ts';
import { readPrefixes } from './prefix.ts';

/** MP_REACH_NLRI or MP_UNREACH_NLRI. */
export type Reach =
  | {
      readonly kind: 'routes';
      readonly family: Family;
      readonly prefixes: readonly Prefix[];
      readonly nextHop: IpAddress | undefined;
    }
  /** Of a family that this speaker does not know, nor asked for; what it says cannot be read. */
  | { readonly kind: 'unknownFamily' }
  /** RFC 7606 §5.3, §7.11 */
  | { readonly kind: 'unreadable'; readonly family: Family; readonly reason: string };

/** Octets of a next hop. IPv6: global, or global and link-local. RFC 4760 §3, RFC 2545 §3 */
const NEXT_HOP_OCTETS = { ipv4: [4], ipv6: [16, 32] } as const;
const ADDRESS_OCTETS = { ipv4: 4, ipv6: 16 } as const;

/** RFC 4760 §3. `value` has five octets at least. */
export function readReach(value: Uint8Array): Reach {
  const reader = new ByteReader(value, 'MP_REACH_NLRI');
  const family = familyFor(reader.u16(), reader.u8());
  if (family === undefined) return { kind: 'unknownFamily' };
  const nextHopOctets = reader.u8();
  const allowed: readonly number[] = NEXT_HOP_OCTETS[family];
  if (!allowed.includes(nextHopOctets)) {
    return { kind: 'unreadable', family, reason: `next hop of ${nextHopOctets} octets` };
  }
  try {
    const nextHop = ipFromBytes(reader.bytes(nextHopOctets).subarray(0, ADDRESS_OCTETS[family]));
    // Reserved, once a count of SNPAs; to be ignored.
    reader.u8();
    return routes(family, reader.bytes(reader.remaining), nextHop);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return { kind: 'unreadable', family, reason: error.message };
  }
}

/** RFC 4760 §4. `value` has three octets at least. */
export function readUnreach(value: Uint8Array): Reach {
  const reader = new ByteReader(value, 'MP_UNREACH_NLRI');
  const family = familyFor(reader.u16(), reader.u8());
  if (family === undefined) return { kind: 'unknownFamily' };
  return routes(family, reader.bytes(reader.remaining), undefined);
}

function routes(family: Family, octets: Uint8Array, nextHop: IpAddress | undefined): Reach {
  const prefixes = readPrefixes(octets, family);
  if (prefixes === undefined) {
    return { kind: 'unreadable', family, reason: 'a prefix that is too long' };
  }
  return { kind: 'routes', family, prefixes, nextHop };
}
