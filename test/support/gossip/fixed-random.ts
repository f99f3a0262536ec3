import type { Random } from '../../../src/runtime/platform/ports.ts';

/** Nonces 00 01 02 …, as in the vectors of memberlist-wire.md §20. */
export const countingRandom: Random = {
  float: () => 0,
  bytes: (length) => Uint8Array.from({ length }, (_, index) => index),
};
