import type { Pool } from '../model/index.ts';
import { type Family, type Prefix, widthOf } from '../net/index.ts';

/** Allocatable addresses of one CIDR, numbered consecutively in order of allocation. */
export interface Segment {
  /** The CIDR's place in its pool. */
  readonly position: number;
  readonly family: Family;
  readonly prefix: Prefix;
  /** The lowest address, as an integer; the first allocatable one unless `strided`. */
  readonly first: bigint;
  /** The number of the first slot among those of the pool and family. */
  readonly start: bigint;
  readonly count: bigint;
  /** Whether the first and last address of every 256 are passed over. */
  readonly strided: boolean;
}

const MAX_INT64 = 9223372036854775807n;
const USABLE = 254n;

/** Numbers the addresses of one family that a pool may hand out. legacy.md §1.9, §3.6. */
export function segmentsOf(pool: Pool, family: Family): readonly Segment[] {
  const segments: Segment[] = [];
  let start = 0n;
  for (const [position, prefix] of pool.cidrs.entries()) {
    if (prefix.family !== family) continue;
    const segment = { position, family, prefix, start, ...allocatable(prefix, pool.avoidBuggyIPs) };
    if (segment.count === 0n) continue;
    segments.push(segment);
    start += segment.count;
  }
  return segments;
}

/**
 * How many addresses a pool has to give, as the capacity metric counts them: a CIDR with 62 host bits or
 * more makes it 2^63-1. legacy.md §1.9.
 */
export function poolCapacity(pool: Pool): bigint {
  return countOf(pool.cidrs, pool.avoidBuggyIPs);
}

/** As {@link poolCapacity}, of one family. */
export function capacityOf(pool: Pool, family: Family): bigint {
  return countOf(
    pool.cidrs.filter((prefix) => prefix.family === family),
    pool.avoidBuggyIPs,
  );
}

function countOf(prefixes: readonly Prefix[], avoidBuggyIPs: boolean): bigint {
  if (prefixes.some(({ family, length }) => widthOf(family) - length >= 62)) return MAX_INT64;
  const total = prefixes.reduce(
    (sum, prefix) => sum + allocatable(prefix, avoidBuggyIPs).count,
    0n,
  );
  return total > MAX_INT64 ? MAX_INT64 : total;
}

/** The address in a slot of the segment, as an integer. */
export function addressInSlot(segment: Segment, slot: bigint): bigint {
  const index = slot - segment.start;
  if (!segment.strided) return segment.first + index;
  return segment.first + (index / USABLE) * 256n + (index % USABLE) + 1n;
}

/** The slot of an address of the segment's CIDR; `undefined` if it is passed over. */
export function slotOfAddress(segment: Segment, bits: bigint): bigint | undefined {
  const offset = bits - segment.first;
  if (!segment.strided) {
    return offset >= 0n && offset < segment.count ? segment.start + offset : undefined;
  }
  const host = offset & 255n;
  if (host === 0n || host === 255n) return undefined;
  return segment.start + (offset >> 8n) * USABLE + host - 1n;
}

function allocatable(
  { family, length, first, last }: Prefix,
  avoidBuggyIPs: boolean,
): Pick<Segment, 'first' | 'count' | 'strided'> {
  if (!avoidBuggyIPs || family === 'ipv6') {
    return { first, count: last - first + 1n, strided: false };
  }
  if (length <= 24) return { first, count: USABLE << BigInt(24 - length), strided: true };
  const lowest = (first & 255n) === 0n ? first + 1n : first;
  const highest = (last & 255n) === 255n ? last - 1n : last;
  return { first: lowest, count: highest - lowest + 1n, strided: false };
}
