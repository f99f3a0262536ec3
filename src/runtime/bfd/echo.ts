import { ByteReader, ByteWriter } from '../net/index.ts';

/** What an echo packet carries is its sender's own affair. RFC 5880 §5 */
export interface EchoPacket {
  readonly discriminator: number;
  /** From 1, one more with each packet of a session. */
  readonly sequence: number;
}

/** "BFDe", so that nobody else's echo is taken for ours. */
const MARK = 0x42464465;
const LENGTH = 12;

export function encodeEcho({ discriminator, sequence }: EchoPacket): Uint8Array {
  return new ByteWriter(LENGTH).u32(MARK).u32(discriminator).u32(sequence).finish();
}

/** `undefined` for what is not one of ours. */
export function decodeEcho(octets: Uint8Array): EchoPacket | undefined {
  if (octets.length < LENGTH) return undefined;
  const reader = new ByteReader(octets, 'BFD echo packet');
  if (reader.u32() !== MARK) return undefined;
  return { discriminator: reader.u32(), sequence: reader.u32() };
}
