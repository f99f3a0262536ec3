import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { poolCapacity } from '../../src/runtime/allocator/slots.ts';
import { addressInSlot, segmentsOf, slotOfAddress } from '../../src/runtime/allocator/slots.ts';
import { ipFromBits } from '../../src/runtime/net/index.ts';
import { poolOf } from '../support/views.ts';

describe('the capacity of a pool', () => {
  test.each<[string[], plain: bigint, avoiding: bigint]>([
    [['192.0.2.0/24'], 256n, 254n],
    [['10.0.0.0/8'], 16777216n, 16777216n - 131072n],
    [['192.0.2.0/25'], 128n, 127n],
    [['192.0.2.128/25'], 128n, 127n],
    [['192.0.2.64/26'], 64n, 64n],
    [['192.0.2.0/32'], 1n, 0n],
    [['192.0.2.255/32'], 1n, 0n],
    [['192.0.2.254/31'], 2n, 1n],
    [['192.0.2.1-192.0.2.9'], 9n, 9n],
    [['2001:db8::/120'], 256n, 256n],
    [['2001:db8::/120', '192.0.2.0/24'], 512n, 510n],
    [['2001:db8::/67'], 1n << 61n, 1n << 61n],
    [['2001:db8::/66'], 9223372036854775807n, 9223372036854775807n],
    [['::/0', '192.0.2.0/32'], 9223372036854775807n, 9223372036854775807n],
    [
      ['2001:db8::/67', '2001:db9::/67', '2001:dba::/67', '2001:dbb::/67'],
      9223372036854775807n,
      9223372036854775807n,
    ],
    [[], 0n, 0n],
  ])('of %j', (addresses, plain, avoiding) => {
    expect(poolCapacity(poolOf('p', addresses))).toBe(plain);
    expect(poolCapacity(poolOf('p', addresses, { avoidBuggyIPs: true }))).toBe(avoiding);
  });
});

test('slots number exactly the addresses that may be handed out, in order of allocation', () => {
  const range = fc
    .tuple(fc.nat(2000), fc.nat(700))
    .map(([start, length]) => [0xc0000000 + start, 0xc0000000 + start + length] as const);
  fc.assert(
    fc.property(range, fc.boolean(), ([first, last], avoidBuggyIPs) => {
      const text = [first, last].map((bits) => ipFromBits(BigInt(bits), 'ipv4')).join('-');
      const segments = segmentsOf(poolOf('p', [text], { avoidBuggyIPs }), 'ipv4');
      const wanted = Array.from({ length: last - first + 1 }, (_, index) => first + index).filter(
        (bits) => !avoidBuggyIPs || (bits % 256 !== 0 && bits % 256 !== 255),
      );
      const numbered = segments.flatMap((segment) =>
        Array.from({ length: Number(segment.count) }, (_, index) => {
          const slot = segment.start + BigInt(index);
          const bits = addressInSlot(segment, slot);
          expect(slotOfAddress(segment, bits)).toBe(slot);
          return Number(bits);
        }),
      );
      expect(numbered).toEqual(wanted);
    }),
  );
});
