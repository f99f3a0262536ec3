import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Duration, seconds } from '../../../src/runtime/platform/ports.ts';
import { GRACE, scheduleKeys } from '../../../src/runtime/speaker/ring/rotation.ts';

const old = { key: 'old', since: seconds(0) };
const young = { key: 'young', since: seconds(1000) };

function at(...times: number[]): (readonly string[])[] {
  return times.map((time) => scheduleKeys([old, young], seconds(time)).keys);
}

test('a new key opens at once, seals after the grace time, and the old one goes after another', () => {
  const grace = GRACE / 1000;
  expect(at(1000, 1000 + grace - 1)).toEqual([
    ['old', 'young'],
    ['old', 'young'],
  ]);
  expect(at(1000 + grace, 1000 + 2 * grace - 1)).toEqual([
    ['young', 'old'],
    ['young', 'old'],
  ]);
  expect(at(1000 + 2 * grace, 1e9)).toEqual([['young'], ['young']]);
});

test('the key of the start is used from the start', () => {
  const { keys, next } = scheduleKeys([old], seconds(0));
  expect([keys, next]).toEqual([['old'], undefined]);
});

/** Seconds from one change to the next, by which every speaker has found the one before. */
const changes = fc.array(fc.integer({ min: GRACE / 1000 + 1, max: 900 }), { maxLength: 6 });
/** When each of two speakers finds a change, after it was made. */
const delays = fc.array(fc.integer({ min: 0, max: GRACE / 1000 }), {
  minLength: 12,
  maxLength: 12,
});

test('two speakers that find each change within the grace time always understand each other', () => {
  fc.assert(
    fc.property(changes, delays, fc.integer({ min: 0, max: 6000 }), (gaps, late, moment) => {
      const made = gaps.map((_gap, index) => gaps.slice(0, index + 1).reduce((a, b) => a + b, 0));
      const [a, b] = [0, 1].map((side) => {
        const found = made.map((time, index) => ({
          key: `key ${index + 1}`,
          since: seconds(time + (late[2 * index + side] ?? 0)),
        }));
        return keysOf(found, seconds(moment));
      });
      expect(b).toContain(a?.[0]);
      expect(a).toContain(b?.[0]);
    }),
  );
});

interface Found {
  readonly key: string;
  readonly since: Duration;
}

/** As a speaker goes: it looks at every change and whenever one is due, and keeps what is kept. */
function keysOf(changes: readonly Found[], now: Duration): readonly string[] {
  let found: readonly Found[] = [{ key: 'key 0', since: seconds(0) }];
  for (const change of changes) {
    if (change.since > now) break;
    found = [...scheduleKeys(found, change.since).found, change];
  }
  return scheduleKeys(found, now).keys;
}
