import { fc, test } from '@fast-check/vitest';
import { expect, test as example } from 'vitest';
import { formatDuration, goQuoteRune, parseDuration } from '../../src/runtime/model/index.ts';

example.each([
  [0n, '0s'],
  [1n, '1ns'],
  [1_500n, '1.5µs'],
  [2_000_000n, '2ms'],
  [600_000_000n, '600ms'],
  [2_500_000_000n, '2.5s'],
  [90_000_000_000n, '1m30s'],
  [3_600_000_001_000n, '1h0m0.000001s'],
  [-90_500_000_000n, '-1m30.5s'],
])('%s ns are printed as %s', (nanoseconds, text) => {
  expect(formatDuration(nanoseconds)).toBe(text);
});

test.prop([fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n })])(
  'a duration that was printed is read back',
  (nanoseconds) => {
    const parsed = parseDuration(formatDuration(nanoseconds));
    // Fractions are read by way of floating point, as Go reads them.
    const difference = parsed.kind === 'duration' ? parsed.nanoseconds - nanoseconds : undefined;
    expect(difference).toBeGreaterThanOrEqual(-1n);
    expect(difference).toBeLessThanOrEqual(1n);
  },
);

example.each([
  [33, "'!'"],
  [39, "'\\''"],
  [34, "'\"'"],
  [92, "'\\\\'"],
  [129, "'\\u0081'"],
  [255, "'ÿ'"],
  [0xd800, "'�'"],
  [-1, "'�'"],
])('the number %s is printed as the character %s', (number, text) => {
  expect(goQuoteRune(number)).toBe(text);
});
