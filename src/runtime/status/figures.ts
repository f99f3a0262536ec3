import type { FamilyUsage, PoolUsage } from '../allocator/index.ts';
import { type Json, member } from '../kube/index.ts';

/** How full a pool is, as the status of an IPAddressPool says it. crd.md §3.8 */
export interface Figures {
  readonly assignedIPv4: number;
  readonly assignedIPv6: number;
  readonly availableIPv4: number;
  readonly availableIPv6: number;
}

export const FIGURES: readonly (keyof Figures)[] = [
  'assignedIPv4',
  'assignedIPv6',
  'availableIPv4',
  'availableIPv6',
];

export function figuresOf({ families: { ipv4, ipv6 } }: PoolUsage): Figures {
  return {
    assignedIPv4: ipv4.inUse,
    assignedIPv6: ipv6.inUse,
    availableIPv4: available(ipv4),
    availableIPv6: available(ipv6),
  };
}

/** JSON numbers are exact up to 2^53-1: a larger count ends there. */
function available({ capacity, inUse }: FamilyUsage): number {
  const free = capacity - BigInt(inUse);
  return Number(free > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : free);
}

/** Whether a status has exactly these figures; without any, that it has none. */
export function hasFigures(status: Json, figures: Figures | undefined): boolean {
  return FIGURES.every((name) => member(status, name) === figures?.[name]);
}
