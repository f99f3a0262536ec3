import { ByteReader, ByteWriter } from '../../net/index.ts';
import { crc32 } from './checksum.ts';
import { compress } from './lzw/compress.ts';
import { decompress } from './lzw/decompress.ts';
import type { MsgpackReader } from './msgpack/reader.ts';
import { RecordCodec, octets, u8 } from './msgpack/record.ts';
import { MsgpackWriter } from './msgpack/writer.ts';
import { Type } from './type.ts';

/** Most messages of one compound: its count is one octet. memberlist-wire.md §6 */
const COMPOUND_LIMIT = 255;

const LZW = 0;
const compressFields = new RecordCodec({ Algo: u8, Buf: octets });

/** Several messages in one, each with its type octet. memberlist-wire.md §6 */
export function encodeCompound(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length > COMPOUND_LIMIT) {
    throw new RangeError(`${parts.length} messages in a compound of at most ${COMPOUND_LIMIT}`);
  }
  const table = parts.length * 2;
  const content = parts.reduce((sum, part) => sum + part.length, 0);
  const writer = new ByteWriter(2 + table + content).u8(Type.Compound).u8(parts.length);
  for (const part of parts) writer.u16(part.length);
  for (const part of parts) writer.bytes(part);
  return writer.finish();
}

/** The messages of a compound, and how many more it claims to hold. */
export interface Parts {
  readonly whole: readonly Uint8Array[];
  readonly missing: number;
}

/** Where the table of lengths ends early nothing says where messages begin: the whole of it is missing. */
export function decodeCompound(compound: Uint8Array): Parts {
  const count = compound[1] ?? 1;
  if (compound.length < 2 + count * 2) return { whole: [], missing: 1 };
  const reader = new ByteReader(compound.subarray(2), 'compound');
  const lengths = Array.from({ length: count }, () => reader.u16());
  const whole: Uint8Array[] = [];
  let start = 2 + lengths.length * 2;
  for (const length of lengths) {
    if (start + length > compound.length) break;
    whole.push(compound.subarray(start, start + length));
    start += length;
  }
  return { whole, missing: lengths.length - whole.length };
}

/** memberlist-wire.md §7 */
export function encodeCompressed(message: Uint8Array): Uint8Array {
  const writer = new MsgpackWriter().octet(Type.Compress);
  compressFields.write(writer, { Algo: LZW, Buf: compress(message) });
  return writer.finish();
}

/**
 * The message behind the type octet of a compressed one.
 *
 * @param limit - octets that it may come to
 * @throws MalformedError if the octets are no such container
 */
export function decodeCompressed(
  reader: MsgpackReader,
  limit: number,
): Uint8Array | 'compression' | 'oversized' {
  const { Algo, Buf } = compressFields.read(reader);
  if (Algo !== LZW) return 'compression';
  const message = decompress(Buf, limit);
  return message === 'corrupt' ? 'compression' : message;
}

/** Octets of a checksum's header. */
const CHECKSUM_HEADER = 5;

/** memberlist-wire.md §8 */
export function encodeChecksummed(message: Uint8Array): Uint8Array {
  return new ByteWriter(CHECKSUM_HEADER + message.length)
    .u8(Type.Checksum)
    .u32(crc32(message))
    .bytes(message)
    .finish();
}

/** The message behind a checksum, or without one; `undefined` if the checksum is another. */
export function decodeChecksummed(octets: Uint8Array): Uint8Array | undefined {
  if (octets[0] !== Type.Checksum || octets.length < CHECKSUM_HEADER) return octets;
  const message = octets.subarray(CHECKSUM_HEADER);
  const claimed = new ByteReader(octets.subarray(1, CHECKSUM_HEADER), 'checksum').u32();
  return claimed === crc32(message) ? message : undefined;
}
