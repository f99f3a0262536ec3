import type { Pool } from '../model/index.ts';
import { type Family, type IpAddress, ipFromBits } from '../net/index.ts';
import type { Footprint } from './claim.ts';
import type { Families } from './families.ts';
import { ShareableSlots } from './shareable-slots.ts';
import { SlotSet } from './slot-set.ts';
import { type Segment, addressInSlot, capacityOf, poolCapacity, segmentsOf } from './slots.ts';

/** The addresses of one family of a pool: which are taken, and which of those can be shared. */
export interface Space {
  readonly segments: readonly Segment[];
  readonly occupied: SlotSet;
  readonly shareable: ShareableSlots;
  /** How many addresses it has to give. */
  readonly capacity: bigint;
  /** Distinct addresses in use. */
  inUse: number;
}

/** A pool and what is taken of it. */
export interface PoolIndex {
  readonly pool: Pool;
  readonly ipv4: Space;
  readonly ipv6: Space;
  /** How many addresses it has to give. */
  readonly capacity: bigint;
  /** Distinct addresses in use. */
  inUse: number;
  /** Services that hold an address. */
  services: number;
}

/** Where an address lies: in which slot of which pool. */
export interface Place {
  readonly address: IpAddress;
  readonly pool: PoolIndex;
  readonly space: Space;
  readonly slot: bigint;
}

export function indexPool(pool: Pool): PoolIndex {
  const [ipv4, ipv6] = [space(pool, 'ipv4'), space(pool, 'ipv6')];
  return { pool, ipv4, ipv6, capacity: poolCapacity(pool), inUse: 0, services: 0 };
}

/**
 * The lowest address of each family that is free or can be shared, in the order of the pool's CIDRs;
 * `undefined` if the pool cannot serve every family. legacy.md §3.6.
 */
export function lowestPlaces(
  index: PoolIndex,
  families: Families,
  claim: Footprint,
): readonly Place[] | undefined {
  const wanted: readonly Family[] = families === 'dual' ? ['ipv4', 'ipv6'] : [families];
  const found = wanted.map((family) => lowest(index, index[family], claim));
  if (!found.every((pick) => pick !== undefined)) return undefined;
  return found.sort((a, b) => a.position - b.position).map(({ place }) => place);
}

function lowest(
  pool: PoolIndex,
  space: Space,
  claim: Footprint,
): { readonly position: number; readonly place: Place } | undefined {
  const free = space.occupied.lowestAbsent();
  const shared = space.shareable.lowest(claim, claim.ports);
  const slot = free === undefined || (shared !== undefined && shared < free) ? shared : free;
  const segment = slot === undefined ? undefined : segmentOfSlot(space.segments, slot);
  if (slot === undefined || segment === undefined) return undefined;
  const address = ipFromBits(addressInSlot(segment, slot), segment.family);
  return { position: segment.position, place: { address, pool, space, slot } };
}

/** The last segment that starts at or before the slot. */
function segmentOfSlot(segments: readonly Segment[], slot: bigint): Segment | undefined {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((segments[middle]?.start ?? slot) <= slot) low = middle + 1;
    else high = middle;
  }
  return segments[low - 1];
}

function space(pool: Pool, family: Family): Space {
  const segments = segmentsOf(pool, family);
  const slots = segments.reduce((sum, { count }) => sum + count, 0n);
  const capacity = capacityOf(pool, family);
  const shareable = new ShareableSlots();
  return { segments, occupied: new SlotSet(slots), shareable, capacity, inUse: 0 };
}
