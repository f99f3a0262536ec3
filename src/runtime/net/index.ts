/**
 * Addresses and octets: the vocabulary of every protocol here.
 *
 * An {@link IpAddress} is canonical text, so `===`, `Map` and `Set` work on it and the leader election
 * can hash it; arithmetic on its bits stays inside this package and the allocator. A {@link Prefix} has its
 * host bits clear because no other way exists to make one. {@link ByteReader} refuses to read past the end.
 *
 * @packageDocumentation
 */
export { ByteReader, ByteWriter, MalformedError } from './bytes.ts';
export { decodeFrame, encodeFrame } from './ethernet.ts';
export {
  type Family,
  type IpAddress,
  familyOf,
  ipFromBits,
  ipFromBytes,
  ipToBits,
  ipToBytes,
  parseIp,
  widthOf,
} from './ip.ts';
export { BROADCAST, type MacAddress, UNSPECIFIED, macFromBytes, macToBytes } from './mac.ts';
export { overlaps } from './overlap.ts';
export { type Prefix, parsePrefix } from './prefix.ts';
export { type AddressRange, parseRange } from './range.ts';
