import { Type } from './type.ts';

/** Longest label, in octets. */
export const LABEL_LIMIT = 255;

/**
 * What precedes each datagram, and a stream from the side that opened it, in rings with a label; nothing in others.
 * memberlist-wire.md §15
 *
 * @throws RangeError if the label has more than 255 octets
 */
export function labelHeader(label: string): Uint8Array {
  const octets = Buffer.from(label, 'utf8');
  if (octets.length > LABEL_LIMIT) throw new RangeError('a label has at most 255 octets');
  if (octets.length === 0) return octets;
  return Buffer.concat([Uint8Array.of(Type.Label, octets.length), octets]);
}

/** Where what follows the header begins; `undefined`: another label, or one in a ring that has none. */
export function afterLabel(octets: Uint8Array, label: string): number | undefined {
  const header = labelHeader(label);
  if (header.length === 0) return octets[0] === Type.Label ? undefined : 0;
  if (Buffer.compare(octets.subarray(0, header.length), header) !== 0) return undefined;
  return header.length;
}
