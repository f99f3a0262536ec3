import { beforeEach, expect, test } from 'vitest';
import { Turns } from '../../../src/runtime/bgp/peering/turns.ts';
import { millis } from '../../../src/runtime/platform/ports.ts';
import { ManualClock } from '../../support/manual-clock.ts';

let clock: ManualClock;
let turns: Turns;
let told: string[];
/** Milliseconds that turns took. */
let spent: number;

beforeEach(() => {
  [clock, told, spent] = [new ManualClock(), [], 0];
  turns = new Turns({
    now: () => millis(clock.now() + spent),
    epochMillis: () => clock.epochMillis(),
    after: (delay, fire) => clock.after(delay, fire),
  });
});

/** A turn that takes its time. */
function turn(name: string, duration = 1): () => void {
  return () => {
    told.push(name);
    spent += duration;
  };
}

test('each has its turn in the order of asking, and none before it is due', () => {
  for (const name of ['a', 'b', 'c']) turns.ask(turn(name));
  expect(told).toEqual([]);
  clock.advance(millis(0));
  expect(told).toEqual(['a', 'b', 'c']);
  expect(clock.pending).toBe(0);
});

test('what else is due comes after 10 ms of turns, and the rest after it', () => {
  for (const name of ['a', 'b', 'c', 'd']) turns.ask(turn(name, 5));
  clock.after(millis(0), () => told.push('other'));
  clock.advance(millis(0));
  expect(told).toEqual(['a', 'b', 'other', 'c', 'd']);
});

test('a turn that takes longer than that is the only one before others', () => {
  for (const name of ['a', 'b']) turns.ask(turn(name, 50));
  clock.after(millis(0), () => told.push('other'));
  clock.advance(millis(0));
  expect(told).toEqual(['a', 'other', 'b']);
});

test('whoever asks in its turn comes last, and after what else is due', () => {
  turns.ask(() => {
    told.push('a');
    turns.ask(turn('a again'));
  });
  turns.ask(turn('b'));
  clock.after(millis(0), () => told.push('other'));
  clock.advance(millis(0));
  expect(told).toEqual(['a', 'b', 'other', 'a again']);
});

test('a turn that is given back is not taken, not even by who goes before', () => {
  const first = turns.ask(turn('a'));
  turns.ask(() => last[Symbol.dispose]());
  const last = turns.ask(turn('c'));
  first[Symbol.dispose]();
  clock.advance(millis(0));
  expect(told).toEqual([]);
  expect(clock.pending).toBe(0);
  turns.ask(turn('d'));
  clock.advance(millis(0));
  expect(told).toEqual(['d']);
});

test('a turn that fails takes no other turn with it', () => {
  turns.ask(() => {
    throw new Error('no');
  });
  turns.ask(turn('b'));
  expect(() => clock.advance(millis(0))).toThrow('no');
  clock.advance(millis(0));
  expect(told).toEqual(['b']);
});

test('where nobody waits any more, nothing is due', () => {
  turns.ask(turn('a'))[Symbol.dispose]();
  expect(clock.pending).toBe(0);
});
