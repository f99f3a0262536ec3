import IPCIDR from 'ip-cidr';

/**
 * An IPv4 or IPv6 address as canonical text: dotted quad, or RFC 5952. Equal addresses are equal strings.
 * The text is what Go prints, because the leader election hashes it (legacy.md §4.3).
 */
export type IpAddress = string & { readonly __brand: 'IpAddress' };

/** Named as Kubernetes and MetalLB name address families in messages. */
export type Family = 'ipv4' | 'ipv6';

const WIDTH = { ipv4: 32, ipv6: 128 } as const;
const V4_MAPPED = 0xffffn;

/** Bits in an address of the family: 32 or 128. */
export function widthOf(family: Family): 32 | 128 {
  return WIDTH[family];
}

export function familyOf(address: IpAddress): Family {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}

/**
 * Reads an address by the rules of Go 1.16 (legacy.md §1.3): leading zeros are decimal, no zone, any
 * IPv6 spelling; an IPv4-mapped IPv6 address is IPv4.
 *
 * @example parseIp('010.0.0.1') // '10.0.0.1'
 * @example parseIp('::ffff:192.0.2.10') // '192.0.2.10'
 */
export function parseIp(text: string): IpAddress | undefined {
  const number = text.includes(':') ? parseIpv6(text) : parseIpv4(text);
  if (number === undefined) return undefined;
  const address = addressOf(number, text.includes(':'));
  // Whoever keeps both then keeps one.
  return address === text ? (text as IpAddress) : address;
}

function addressOf(number: bigint, isSixteenBytes: boolean): IpAddress {
  if (!isSixteenBytes) return ipFromBits(number, 'ipv4');
  return isMapped(number) ? ipFromBits(number & 0xffffffffn, 'ipv4') : ipFromBits(number, 'ipv6');
}

/** The address as an unsigned integer, most significant octet first. */
export function ipToBits(address: IpAddress): bigint {
  const bits = address.includes(':') ? parseIpv6(address) : parseIpv4(address);
  if (bits === undefined) throw new RangeError(`not an address: ${address}`);
  return bits;
}

export function ipFromBits(bits: bigint, family: Family): IpAddress {
  if (family === 'ipv4') {
    const number = Number(bits);
    return `${number >>> 24}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}` as IpAddress;
  }
  return formatIpv6(bits);
}

export function ipFromBytes(octets: Uint8Array): IpAddress {
  if (octets.length === 4) return octets.join('.') as IpAddress;
  return ipFromBits(BigInt(`0x${Buffer.from(octets).toString('hex')}`), 'ipv6');
}

/** Four or sixteen octets in network order. */
export function ipToBytes(address: IpAddress): Uint8Array {
  if (familyOf(address) === 'ipv4') return Uint8Array.from(address.split('.'), Number);
  return Uint8Array.from(Buffer.from(ipToBits(address).toString(16).padStart(32, '0'), 'hex'));
}

/** The 128-bit form in which IPv4 is IPv4-mapped: the order in which Go compares addresses (legacy.md §1.8). */
export function sixteenByteForm(address: IpAddress): bigint {
  const bits = ipToBits(address);
  return familyOf(address) === 'ipv4' ? (V4_MAPPED << 32n) | bits : bits;
}

/** Whether 128 bits are an IPv4-mapped IPv6 address. RFC 4291 §2.5.5.2. */
export function isMapped(bits: bigint): boolean {
  return bits >> 32n === V4_MAPPED;
}

/** The bits of an IPv4 literal; any number of leading zeros, as Go 1.16 reads it. */
export function parseIpv4(text: string): bigint | undefined {
  const octets = text.split('.');
  if (octets.length !== 4 || !octets.every((octet) => /^0*\d{1,3}$/.test(octet))) return undefined;
  const numbers = octets.map(Number);
  if (numbers.some((number) => number > 255)) return undefined;
  return BigInt(numbers.reduce((sum, octet) => sum * 256 + octet, 0));
}

/** The 128 bits of an IPv6 literal without a zone. */
export function parseIpv6(text: string): bigint | undefined {
  const plain = withoutDottedQuad(text);
  if (plain === undefined || !/^[\da-fA-F:]+$/.test(plain)) return undefined;
  const groups = plain.split(':').filter((group) => group !== '');
  if (groups.length > (plain.includes('::') ? 7 : 8)) return undefined;
  try {
    const address = IPCIDR.createAddress(plain.replace(/\b0+(?=[\da-fA-F])/g, ''));
    if (!('canonicalForm' in address)) return undefined;
    return BigInt(`0x${address.canonicalForm().replaceAll(':', '')}`);
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

/** `::1.2.3.4` as `::102:304`; `undefined` if the dotted part is not an address. */
function withoutDottedQuad(text: string): string | undefined {
  if (!text.includes('.')) return text;
  const start = text.lastIndexOf(':') + 1;
  const quad = parseIpv4(text.slice(start));
  if (quad === undefined) return undefined;
  return `${text.slice(0, start)}${(quad >> 16n).toString(16)}:${(quad & 0xffffn).toString(16)}`;
}

/** RFC 5952: lower case, the longest run of zero groups (two or more, the first of equals) compressed. */
function formatIpv6(bits: bigint): IpAddress {
  const groups = (bits.toString(16).padStart(32, '0').match(/.{4}/g) ?? []).join(':');
  return IPCIDR.createAddress(groups).correctForm() as IpAddress;
}
