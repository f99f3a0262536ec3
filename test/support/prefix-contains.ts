import { type IpAddress, type Prefix, familyOf, ipToBits } from '../../src/runtime/net/index.ts';

/** The obvious way to tell; the product tells by an index. */
export function prefixContains(prefix: Prefix, address: IpAddress): boolean {
  if (familyOf(address) !== prefix.family) return false;
  const bits = ipToBits(address);
  return prefix.first <= bits && bits <= prefix.last;
}
