import { expect, test } from 'vitest';
import {
  Suspicion,
  remainingSuspicion,
  suspicionWindow,
} from '../../../../src/runtime/gossip/swim/membership/suspicion.ts';
import { FAST, LAN } from '../../../../src/runtime/gossip/swim/timing.ts';
import { millis, seconds } from '../../../../src/runtime/platform/ports.ts';

// memberlist-wire.md §13
test.each([
  [2, 4_000, undefined, undefined],
  [3, 4_000, undefined, undefined],
  [4, 4_000, 24_000, 11_381],
  [10, 4_000, 24_000, 11_381],
  [11, 4_164, 24_984, 11_848],
  [20, 5_204, 31_224, 14_807],
  [50, 6_792, 40_752, 19_325],
  [100, 8_000, 48_000, 22_762],
  [1_000, 12_000, 72_000, 34_144],
])('in a ring of %i a verdict takes %i ms at least', (members, min, max, once) => {
  const window = suspicionWindow(members, LAN);
  expect(window.min).toBe(min);
  expect(remainingSuspicion(window, 0, millis(0))).toBe(max ?? min);
  if (once === undefined) return;
  expect(remainingSuspicion(window, 1, millis(0))).toBe(once);
  expect(remainingSuspicion(window, 2, millis(0))).toBe(min);
});

test('fast failover shortens all of it', () => {
  expect(suspicionWindow(3, FAST)).toEqual({ min: 1_200, max: 7_200, expected: 0 });
});

test('two of three confirmations, three seconds in, leave 4.81 of 30 seconds', () => {
  const window = { min: seconds(2), max: seconds(30), expected: 3 };
  expect(remainingSuspicion(window, 2, seconds(3))).toBe(4_810);
});

test('the first accuser, one that repeats itself, and more than are needed confirm nothing', () => {
  const suspicion = new Suspicion(suspicionWindow(5, LAN), 'b', seconds(10));
  const answers = ['b', 'c', 'c', 'd', 'e'].map((accuser) => suspicion.confirm(accuser));
  expect(answers).toEqual([false, true, false, true, false]);
  expect(suspicion.confirmations).toBe(2);
  expect(suspicion.due).toBe(14_000);
});

test('time that is granted is not taken back by confirmations', () => {
  const suspicion = new Suspicion(suspicionWindow(5, LAN), 'b', seconds(0));
  suspicion.defer(seconds(9));
  suspicion.confirm('c');
  expect(suspicion.due).toBe(11_381);
  suspicion.confirm('d');
  expect(suspicion.due).toBe(9_000);
});
