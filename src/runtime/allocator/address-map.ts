import { type Family, type IpAddress, familyOf, ipToBits } from '../net/index.ts';
import type { Place, PoolIndex } from './pool-index.ts';
import { type Segment, slotOfAddress } from './slots.ts';

interface Range {
  readonly pool: PoolIndex;
  readonly segment: Segment;
}

/** Finds the pool of an address among pools that do not overlap. */
export class AddressMap {
  readonly #ranges: Readonly<Record<Family, readonly Range[]>>;

  constructor(pools: Iterable<PoolIndex>) {
    const all = [...pools];
    this.#ranges = { ipv4: ranges(all, 'ipv4'), ipv6: ranges(all, 'ipv6') };
  }

  /** `undefined` if no pool contains the address, or its pool passes it over. */
  locate(address: IpAddress): Place | undefined {
    const family = familyOf(address);
    const bits = ipToBits(address);
    const range = this.#rangeOf(family, bits);
    if (range === undefined) return undefined;
    const slot = slotOfAddress(range.segment, bits);
    if (slot === undefined) return undefined;
    return { address, pool: range.pool, space: range.pool[family], slot };
  }

  /** Whether a CIDR with addresses to give contains the address. */
  covers(address: IpAddress): boolean {
    return this.#rangeOf(familyOf(address), ipToBits(address)) !== undefined;
  }

  #rangeOf(family: Family, bits: bigint): Range | undefined {
    const range = lastFrom(this.#ranges[family], bits);
    return range === undefined || range.segment.prefix.last < bits ? undefined : range;
  }
}

function ranges(pools: readonly PoolIndex[], family: Family): readonly Range[] {
  return pools
    .flatMap((pool) => pool[family].segments.map((segment) => ({ pool, segment })))
    .sort((a, b) => (a.segment.prefix.first < b.segment.prefix.first ? -1 : 1));
}

/** The last range that starts at or before `bits`. */
function lastFrom(sorted: readonly Range[], bits: bigint): Range | undefined {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.segment.prefix.first ?? bits) <= bits) low = middle + 1;
    else high = middle;
  }
  return sorted[low - 1];
}
