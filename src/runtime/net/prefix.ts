import { type Family, ipFromBits, isMapped, parseIpv4, parseIpv6, widthOf } from './ip.ts';

/** A CIDR block whose host bits are clear; made only by this module. */
export interface Prefix {
  /** Canonical text, as in `172.30.4.64/26`. */
  readonly text: string;
  readonly family: Family;
  readonly length: number;
  /** The lowest and the highest address, as integers. */
  readonly first: bigint;
  readonly last: bigint;
}

/**
 * Reads `address/length` by Go's rules and clears the host bits.
 * An IPv4-mapped prefix of 96 bits or more is the IPv4 prefix it covers.
 *
 * @example parsePrefix('172.30.4.77/26')?.text // '172.30.4.64/26'
 */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf('/');
  const lengthText = text.slice(slash + 1);
  if (slash < 0 || !/^\d{1,8}$/.test(lengthText)) return undefined;
  const address = text.slice(0, slash);
  const family: Family = address.includes(':') ? 'ipv6' : 'ipv4';
  const bits = family === 'ipv6' ? parseIpv6(address) : parseIpv4(address);
  const length = Number(lengthText);
  if (bits === undefined || length > widthOf(family)) return undefined;
  const clear = clearHostBits(bits, length, family);
  return family === 'ipv6' && length >= 96 && isMapped(clear)
    ? makePrefix(clear & 0xffffffffn, length - 96, 'ipv4')
    : makePrefix(clear, length, family);
}

/**
 * The fewest prefixes, ascending, that cover exactly `first` to `last` of one family; none if reversed.
 *
 * @example
 * // 172.30.4.250 to 172.30.5.6:
 * // 172.30.4.250/31, 172.30.4.252/30, 172.30.5.0/30, 172.30.5.4/31, 172.30.5.6/32
 */
export function summarize(first: bigint, last: bigint, family: Family): Prefix[] {
  const width = widthOf(family);
  const prefixes: Prefix[] = [];
  for (let start = first; start <= last;) {
    const hostBits = Math.min(alignmentOf(start, width), bitLength(last - start + 1n) - 1);
    prefixes.push(makePrefix(start, width - hostBits, family));
    start += 1n << BigInt(hostBits);
  }
  return prefixes;
}

/** Whether one prefix contains the other, or they are equal. */
export function prefixesOverlap(a: Prefix, b: Prefix): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}

/** How many of the lowest bits are clear. */
function alignmentOf(bits: bigint, width: number): number {
  return bits === 0n ? width : bitLength(bits & -bits) - 1;
}

function bitLength(bits: bigint): number {
  return bits.toString(2).length;
}

function clearHostBits(bits: bigint, length: number, family: Family): bigint {
  const host = BigInt(widthOf(family) - length);
  return (bits >> host) << host;
}

function makePrefix(first: bigint, length: number, family: Family): Prefix {
  const last = first + (1n << BigInt(widthOf(family) - length)) - 1n;
  return { text: `${ipFromBits(first, family)}/${length}`, family, length, first, last };
}
