/** IPv6 header fields by their offset in an Ethernet frame. RFC 8200 §3 */
export const IPV6_HEADER = 14;
export const PAYLOAD_LENGTH = 18;
export const SOURCE = 22;
export const DESTINATION = 38;
export const ICMP = 54;
export const NEXT_HEADER_ICMPV6 = 58;

/**
 * The ICMPv6 checksum over the pseudo-header and `length` octets of message of an Ethernet frame: zero when
 * the frame carries a right one, otherwise what to write into a zeroed checksum field. RFC 4443 §2.3
 */
export function icmpChecksum(frame: Uint8Array, length: number): number {
  let sum = length + NEXT_HEADER_ICMPV6;
  const end = ICMP + length;
  for (let i = SOURCE; i < end; i += 2) {
    sum += ((frame[i] ?? 0) << 8) | (i + 1 < end ? (frame[i + 1] ?? 0) : 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
