import { ByteWriter } from '../../../net/index.ts';
import { Type } from '../type.ts';

/** Octets before an envelope: its type and its length. memberlist-wire.md §5 */
export const FRAME_HEADER = 5;

export function frameHeader(envelopeLength: number): Uint8Array {
  return new ByteWriter(FRAME_HEADER).u8(Type.Encrypt).u32(envelopeLength).finish();
}

/** What is sealed with an envelope on a stream without being in it: its header, and the ring's label. memberlist-wire.md §15 */
export function authenticatedFrame(header: Uint8Array, label: string): Uint8Array {
  return Buffer.concat([header, Buffer.from(label, 'utf8')]);
}
