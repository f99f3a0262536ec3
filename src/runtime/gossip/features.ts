import { type MacAddress, macFromBytes, macToBytes } from '../net/index.ts';

/**
 * What a speaker of this project says of itself in the `Meta` of its alive messages; the original's speakers send none
 * and ignore it. Anything that could make two speakers disagree is used only once every member says that it can.
 * product.md §5
 */
export interface Features {
  /** Runs with `--failover=fast`. */
  readonly fast: boolean;
  /** Hardware addresses of the links it answers on, so that siblings know its frames. */
  readonly macs: readonly MacAddress[];
}

/** Octets that a `Meta` may have at most. */
export const META_LIMIT = 512;

/** `ml`, then the version of what follows: entries of key, length in octets, value. */
const PREFIX = Uint8Array.of(0x6d, 0x6c, 1);
const Key = { fast: 1, macs: 2 } as const;
const MAC_LENGTH = 6;
/** As many as the one octet of an entry's length can count. */
const MACS_PER_ENTRY = 42;
/** Two entries of 42 and 38 addresses fit the limit with everything else. */
const MOST_MACS = 80;

/** Hardware addresses beyond the eightieth are left out: a `Meta` is short. */
export function encodeFeatures(features: Features): Uint8Array {
  const octets: number[] = [...PREFIX];
  if (features.fast) octets.push(Key.fast, 0);
  const macs = features.macs.slice(0, MOST_MACS);
  for (let start = 0; start < macs.length; start += MACS_PER_ENTRY) {
    const entry = macs.slice(start, start + MACS_PER_ENTRY);
    octets.push(Key.macs, entry.length * MAC_LENGTH);
    for (const mac of entry) octets.push(...macToBytes(mac));
  }
  return Uint8Array.from(octets);
}

/**
 * Reads what a member says of itself: unknown keys are skipped, and an entry that is cut off ends the reading. Anything
 * else than a `Meta` of ours says nothing: `undefined`.
 */
export function decodeFeatures(meta: Uint8Array): Features | undefined {
  if (meta.length > META_LIMIT || !PREFIX.every((octet, index) => meta[index] === octet)) {
    return undefined;
  }
  let fast = false;
  const macs: MacAddress[] = [];
  for (const [key, value] of entriesOf(meta.subarray(PREFIX.length))) {
    if (key === Key.fast) fast = true;
    if (key === Key.macs) macs.push(...macsOf(value));
  }
  return { fast, macs };
}

function* entriesOf(octets: Uint8Array): Generator<readonly [number, Uint8Array]> {
  let start = 0;
  while (start + 2 <= octets.length) {
    const [key = 0, length = 0] = octets.subarray(start, start + 2);
    const end = start + 2 + length;
    if (end > octets.length) return;
    yield [key, octets.subarray(start + 2, end)];
    start = end;
  }
}

function* macsOf(value: Uint8Array): Generator<MacAddress> {
  for (let start = 0; start + MAC_LENGTH <= value.length; start += MAC_LENGTH) {
    yield macFromBytes(value.subarray(start, start + MAC_LENGTH));
  }
}
