const TABLE = Uint32Array.from({ length: 256 }, (_, octet) => {
  let remainder = octet;
  for (let bit = 0; bit < 8; bit += 1) {
    remainder = (remainder & 1) === 0 ? remainder >>> 1 : (remainder >>> 1) ^ 0xedb8_8320;
  }
  return remainder;
});

/** CRC-32 of IEEE 802.3, unsigned. memberlist-wire.md §8 */
export function crc32(octets: Uint8Array): number {
  let remainder = 0xffff_ffff;
  for (const octet of octets) {
    remainder = (TABLE[(remainder ^ octet) & 0xff] ?? 0) ^ (remainder >>> 8);
  }
  return ~remainder >>> 0;
}
