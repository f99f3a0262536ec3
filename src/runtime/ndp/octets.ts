/** The octet at `index`; 0 past the end, which callers have ruled out by length. */
export function octet(octets: Uint8Array, index: number): number {
  return octets[index] ?? 0;
}

export function u16(octets: Uint8Array, offset: number): number {
  return (octet(octets, offset) << 8) | octet(octets, offset + 1);
}

export function isZero(octets: Uint8Array, offset: number, length: number): boolean {
  for (let i = 0; i < length; i += 1) if (octets[offset + i] !== 0) return false;
  return true;
}

/** Whether `octets` has all of `want` at `offset`. */
export function hasAt(octets: Uint8Array, offset: number, want: Uint8Array): boolean {
  for (let i = 0; i < want.length; i += 1) if (octets[offset + i] !== want[i]) return false;
  return true;
}

/** Whether two stretches of the same octets are equal. */
export function repeats(octets: Uint8Array, a: number, b: number, length: number): boolean {
  for (let i = 0; i < length; i += 1) if (octets[a + i] !== octets[b + i]) return false;
  return true;
}

/** Octets of `from` starting at `start` into `to` at `at`. */
export function copyTo(
  to: Uint8Array,
  at: number,
  from: Uint8Array,
  [start, length]: readonly [start: number, length: number],
): void {
  for (let i = 0; i < length; i += 1) to[at + i] = octet(from, start + i);
}
