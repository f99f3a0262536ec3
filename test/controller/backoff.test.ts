import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Backoff, retryDelay } from '../../src/runtime/controller/backoff.ts';
import { seconds } from '../../src/runtime/platform/ports.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { SeededRandom } from '../support/seeded-random.ts';

test('delays double from 5 ms to a minute, shortened by at most half', () => {
  fc.assert(
    fc.property(fc.nat(100), fc.integer(), (failures, seed) => {
      const whole = Math.min(60_000, 5 * 2 ** failures);
      const delay = retryDelay(failures, new SeededRandom(seed));
      expect(delay).toBeGreaterThan(whole / 2);
      expect(delay).toBeLessThanOrEqual(whole);
    }),
  );
});

test('one retry is pending per key, and none once it is forgotten', () => {
  const clock = new ManualClock();
  const backoff = new Backoff(clock, new SeededRandom());
  const retried: string[] = [];
  const fail = (key: string): void => backoff.retry(key, () => retried.push(key));
  fail('a');
  fail('a');
  fail('b');
  backoff.forget('b');
  clock.advance(seconds(1));
  expect(retried).toEqual(['a']);
  fail('c');
  backoff.close();
  clock.advance(seconds(1));
  expect(retried).toEqual(['a']);
});
