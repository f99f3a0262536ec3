import { expect, test } from 'vitest';
import { SystemClock, SystemRandom } from '../../src/runtime/platform/index.ts';
import { millis } from '../../src/runtime/platform/ports.ts';

test('a timer fires after its delay, never at once, and not once disposed', async () => {
  const clock = new SystemClock();
  const fired: string[] = [];
  clock.after(millis(0), () => fired.push('disposed'))[Symbol.dispose]();
  const begun = clock.now();
  await new Promise<void>((resolve) => {
    clock.after(millis(20), () => {
      fired.push('late');
      resolve();
    });
    clock.after(millis(0), () => fired.push('early'));
    fired.push('synchronously first');
  });
  expect(fired).toEqual(['synchronously first', 'early', 'late']);
  expect(clock.now() - begun).toBeGreaterThanOrEqual(19);
});

test('a delay beyond the reach of one timer does not fire early', async () => {
  const clock = new SystemClock();
  const fired: string[] = [];
  const far = clock.after(millis(2 ** 31 + 1000), () => fired.push('far'));
  await new Promise<void>((resolve) => clock.after(millis(5), resolve));
  far[Symbol.dispose]();
  expect(fired).toEqual([]);
});

test('random octets come in the length asked for, random numbers below 1', () => {
  const random = new SystemRandom();
  expect(random.bytes(16)).toHaveLength(16);
  expect(Buffer.from(random.bytes(16))).not.toEqual(Buffer.from(random.bytes(16)));
  const numbers = Array.from({ length: 100 }, () => random.float());
  expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
});
