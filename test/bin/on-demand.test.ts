import { beforeEach, expect, test } from 'vitest';
import { onDemand } from '../../src/runtime/bin/daemon/tasks.ts';
import { settle } from '../support/manual-clock.ts';

let control: AbortController;
let runs: number;
beforeEach(() => {
  control = new AbortController();
  runs = 0;
});

const task = () =>
  onDemand('namespaces', async () => {
    runs += 1;
  });

test('a task on demand does nothing until it is needed, and then runs once', async () => {
  const waiting = task();
  const done = waiting.run(control.signal);
  await settle();
  expect(runs).toBe(0);
  waiting.need();
  waiting.need();
  await done;
  expect([runs, waiting.name]).toEqual([1, 'namespaces']);
});

test('a need from before the start is not forgotten', async () => {
  const waiting = task();
  waiting.need();
  await waiting.run(control.signal);
  expect(runs).toBe(1);
});

test('a task that was never needed ends with the program', async () => {
  const waiting = task();
  const done = waiting.run(control.signal);
  control.abort();
  await done;
  waiting.need();
  await settle();
  expect(runs).toBe(0);
});
