import type { AsPathSegment } from '../message.ts';

/** Stands for an AS number of four octets where there is room for two. RFC 6793 §9 */
export const AS_TRANS = 23456;

/** RFC 4271 §4.3, RFC 5065 §3 */
const KINDS = { 1: 'set', 2: 'sequence', 3: 'confedSequence', 4: 'confedSet' } as const;

const SEGMENT_OCTETS = 2;

/**
 * The segments of an AS_PATH or AS4_PATH.
 *
 * @returns what is wrong with it, where something is: RFC 7606 §7.2
 */
export function readAsPath(value: Uint8Array, asnOctets: 2 | 4): readonly AsPathSegment[] | string {
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  const segments: AsPathSegment[] = [];
  for (let offset = 0; offset < value.length;) {
    const type = value[offset] ?? 0;
    if (!isKnown(type)) return `a segment of type ${type}`;
    const count = value[offset + 1] ?? 0;
    const start = offset + SEGMENT_OCTETS;
    const end = start + count * asnOctets;
    if (count === 0) return 'a segment without AS numbers';
    if (end > value.length) return 'a segment that is longer than the path';
    const asns = Array.from({ length: count }, (_, index) => {
      const at = start + index * asnOctets;
      return asnOctets === 4 ? view.getUint32(at) : view.getUint16(at);
    });
    // RFC 7607 §2
    if (asns.includes(0)) return 'AS number 0';
    segments.push({ kind: KINDS[type], asns });
    offset = end;
  }
  return segments;
}

/** Whether the path tells of a confederation, of which only its members may hear. RFC 5065 §5 */
export function isConfederate(path: readonly AsPathSegment[]): boolean {
  return path.some(({ kind }) => kind === 'confedSequence' || kind === 'confedSet');
}

/**
 * The path with its AS numbers of four octets, as an old speaker passed it on: the AS numbers that AS_PATH has more than
 * AS4_PATH come first. RFC 6793 §4.2.3
 */
export function mergedPath(
  path: readonly AsPathSegment[],
  as4Path: readonly AsPathSegment[],
): readonly AsPathSegment[] {
  const proper = as4Path.filter((segment) => !isConfederate([segment]));
  const surplus = lengthOf(path) - lengthOf(proper);
  return surplus < 0 ? path : [...leading(path, surplus), ...proper];
}

/** The first AS numbers of a path, so many as count for its length. */
function leading(path: readonly AsPathSegment[], wanted: number): AsPathSegment[] {
  const taken: AsPathSegment[] = [];
  let left = wanted;
  for (const segment of path) {
    const length = lengthOf([segment]);
    if (left === 0 && length > 0) break;
    taken.push(
      segment.kind === 'sequence' && length > left
        ? { kind: 'sequence', asns: segment.asns.slice(0, left) }
        : segment,
    );
    left -= Math.min(left, length);
  }
  return taken;
}

/** A set counts once, a confederation not at all. RFC 4271 §9.1.2.2, RFC 5065 §5.3 */
function lengthOf(path: readonly AsPathSegment[]): number {
  return path.reduce((sum, { kind, asns }) => {
    if (kind === 'sequence') return sum + asns.length;
    return kind === 'set' ? sum + 1 : sum;
  }, 0);
}

function isKnown(type: number): type is keyof typeof KINDS {
  return type in KINDS;
}
