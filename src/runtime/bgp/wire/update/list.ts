import { Flag } from './rule.ts';

/** An attribute as it stands in the message; both arrays are parts of that. */
export interface RawAttribute {
  readonly code: number;
  readonly flags: number;
  readonly value: Uint8Array;
  /** With flags, code and length: what a NOTIFICATION about it says. RFC 4271 §6.3 */
  readonly whole: Uint8Array;
}

export interface RawAttributes {
  readonly attributes: readonly RawAttribute[];
  /** Why the list ends before its field does. RFC 7606 §4 */
  readonly overrun: string | undefined;
}

/** Cuts the field Path Attributes. RFC 4271 §4.3 */
export function readList(field: Uint8Array): RawAttributes {
  const attributes: RawAttribute[] = [];
  for (let offset = 0; offset < field.length;) {
    const [flags = 0, code = 0, high = 0, low = 0] = field.subarray(offset, offset + 4);
    const extended = (flags & Flag.extendedLength) !== 0;
    const start = offset + (extended ? 4 : 3);
    if (start > field.length) {
      return { attributes, overrun: `${field.length - offset} octets after the last attribute` };
    }
    const end = start + (extended ? high * 256 + low : high);
    if (end > field.length) {
      return { attributes, overrun: `attribute ${code} is longer than the list of attributes` };
    }
    const value = field.subarray(start, end);
    attributes.push({ code, flags, value, whole: field.subarray(offset, end) });
    offset = end;
  }
  return { attributes, overrun: undefined };
}
