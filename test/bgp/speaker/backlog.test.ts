import { expect, test } from 'vitest';
import { Backlog } from '../../../src/runtime/bgp/speaker/backlog.ts';
import { millis } from '../../../src/runtime/platform/ports.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function started(turn: number): { clock: ManualClock; backlog: Backlog; told: string[] } {
  const [clock, told] = [new ManualClock(), [] as string[]];
  const backlog = new Backlog(clock, turn, () => told.push('done'));
  return { clock, backlog, told };
}

test('what fits into a turn is done at once, in its order, and nobody is told of the end', () => {
  const { clock, backlog, told } = started(10);
  for (const name of ['a', 'b', 'c']) backlog.add(3, () => told.push(name));
  expect(told).toEqual([]);
  backlog.work();
  expect(told).toEqual(['a', 'b', 'c']);
  expect(backlog.isEmpty).toBe(true);
  expect(clock.pending).toBe(0);
});

test('others have their turn between parts of what is more, and what comes meanwhile comes last', () => {
  const { clock, backlog, told } = started(10);
  for (const name of ['a', 'b', 'c', 'd', 'e']) backlog.add(5, () => told.push(name));
  backlog.work();
  expect(told).toEqual(['a', 'b']);
  clock.after(millis(0), () => told.push('other'));
  backlog.add(1, () => told.push('late'));
  backlog.work();
  expect(told).toEqual(['a', 'b']);
  clock.advance(millis(0));
  expect(told).toEqual(['a', 'b', 'c', 'd', 'other', 'e', 'late', 'done']);
  expect(backlog.isEmpty).toBe(true);
});

test('what costs more than a turn is done nonetheless, and nothing is done after the end', () => {
  const { clock, backlog, told } = started(10);
  for (const name of ['a', 'b', 'c']) backlog.add(50, () => told.push(name));
  backlog.work();
  expect(told).toEqual(['a']);
  backlog[Symbol.dispose]();
  clock.advance(millis(1));
  expect(told).toEqual(['a']);
  expect(backlog.isEmpty).toBe(true);
});

test('what comes one by one without a turn between does not pile up behind what is more', () => {
  const { clock, backlog, told } = started(10);
  for (const name of ['a', 'b', 'c', 'd', 'e']) backlog.add(5, () => told.push(name));
  backlog.work();
  for (const name of ['f', 'g', 'h']) {
    backlog.add(5, () => told.push(name));
    backlog.keepUp(5);
  }
  expect(told).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'done']);
  clock.advance(millis(1));
  expect(told.at(-1)).toBe('done');
  expect(clock.pending).toBe(0);
});

test('all of it is done where that is asked for, and the end is told once', () => {
  const { clock, backlog, told } = started(10);
  backlog.finish();
  for (const name of ['a', 'b', 'c', 'd']) backlog.add(10, () => told.push(name));
  backlog.work();
  expect(told).toEqual(['a']);
  backlog.finish();
  clock.advance(millis(1));
  expect(told).toEqual(['a', 'b', 'c', 'd', 'done']);
});
