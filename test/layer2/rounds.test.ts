import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Rounds } from '../../src/runtime/layer2/rounds.ts';
import { millis, seconds } from '../../src/runtime/platform/ports.ts';

/** Runs from `from` on for so long, looking when it is time; every due subject with when it was. */
function run(rounds: Rounds<number>, from: number, duration: number): [number, number][] {
  const due: [number, number][] = [];
  for (let next = rounds.next; next !== undefined && next <= from + duration; next = rounds.next) {
    for (const subject of rounds.tick(next)) due.push([subject, next]);
  }
  return due;
}

test('everything is due once an interval, and a thousand never come in a burst', () => {
  const rounds = new Rounds<number>(seconds(120));
  for (let i = 0; i < 1000; i += 1) rounds.add(i, millis(500));
  const due = run(rounds, 500, 240_000);
  expect(due).toHaveLength(2000);
  const perTick = new Map<number, number>();
  for (const [, at] of due) perTick.set(at, (perTick.get(at) ?? 0) + 1);
  expect(Math.max(...perTick.values())).toBeLessThanOrEqual(4);
  const firstRound = new Map(due.slice(0, 1000));
  for (const [subject, at] of due.slice(1000)) expect(at - firstRound.get(subject)!).toBe(120_000);
});

test('what goes is due no more, and what stays is, whatever comes and goes', () => {
  const step = fc.record({ subject: fc.nat(9), add: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const rounds = new Rounds<number>(seconds(60));
      const kept = new Set<number>();
      for (const { subject, add } of steps) {
        if (add) {
          rounds.add(subject, millis(0));
          kept.add(subject);
        } else {
          rounds.delete(subject);
          kept.delete(subject);
        }
      }
      const due = run(rounds, 0, 60_000).map(([subject]) => subject);
      expect(due.toSorted()).toEqual([...kept].toSorted());
    }),
  );
});

test('after a long sleep everything is due once, not once for every interval slept', () => {
  const rounds = new Rounds<number>(seconds(120));
  for (let i = 0; i < 5; i += 1) rounds.add(i, millis(0));
  expect(rounds.tick(seconds(10_000)).toSorted()).toEqual([0, 1, 2, 3, 4]);
});
