import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { type Outcome, runUntilStopped } from '../../src/runtime/platform/lifecycle.ts';
import { type Task, seconds } from '../../src/runtime/platform/ports.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';
import { RecordingLogger } from '../support/recording-logger.ts';

/** A task that stops as it is told to, or as the test tells it. */
class Errand implements Task {
  readonly name: string;
  readonly #journal: string[];
  readonly #obeys: boolean;
  fail: (error: unknown) => void = () => {};
  finish: () => void = () => {};

  constructor(name: string, journal: string[], obeys = true) {
    this.name = name;
    this.#journal = journal;
    this.#obeys = obeys;
  }

  run(signal: AbortSignal): Promise<void> {
    this.#journal.push(`start ${this.name}`);
    return new Promise((resolve, reject) => {
      this.fail = reject;
      this.finish = () => {
        this.#journal.push(`end ${this.name}`);
        resolve();
      };
      signal.addEventListener('abort', () => {
        this.#journal.push(`stop ${this.name}`);
        if (this.#obeys) this.finish();
      });
    });
  }
}

function begin(stages: (journal: string[]) => Errand[][]) {
  const journal: string[] = [];
  const clock = new ManualClock();
  const signals = new EventEmitter();
  const logger = new RecordingLogger();
  const tasks = stages(journal);
  const done: Promise<Outcome> = runUntilStopped(tasks, { clock, logger, signals });
  return { journal, clock, signals, logger, tasks: tasks.flat(), done };
}

test.each(['SIGINT', 'SIGQUIT', 'SIGTERM'])(
  '%s stops every task, later stages first',
  async (name) => {
    const { journal, signals, done } = begin((journal) => [
      [new Errand('metrics', journal)],
      [new Errand('informer', journal), new Errand('speaker', journal)],
    ]);
    signals.emit(name);
    expect(await done).toEqual({ ending: { kind: 'signal', name }, overdue: [] });
    expect(journal).toEqual([
      'start metrics',
      'start informer',
      'start speaker',
      'stop informer',
      'end informer',
      'stop speaker',
      'end speaker',
      'stop metrics',
      'end metrics',
    ]);
  },
);

test('a second signal finds no listener, so that it ends the process', async () => {
  const { signals, done, tasks, clock } = begin((journal) => [
    [new Errand('slow', journal, false)],
  ]);
  signals.emit('SIGTERM');
  expect(signals.listenerCount('SIGTERM')).toBe(0);
  await settle();
  expect(clock.pending).toBe(1);
  tasks[0]!.finish();
  await done;
  expect([signals.listenerCount('SIGINT'), clock.pending]).toEqual([0, 0]);
});

test('a task that fails stops the others and is named', async () => {
  const { journal, logger, done, tasks } = begin((journal) => [
    [new Errand('speaker', journal)],
    [new Errand('links', journal)],
  ]);
  const error = new Error('thread died');
  tasks[1]!.fail(error);
  expect((await done).ending).toEqual({ kind: 'failed', task: 'links', error });
  expect(journal).toContain('end speaker');
  expect(logger.lines).toMatchObject([{ level: 'error', fields: { task: 'links', error } }]);
});

test('a task that ends before it was told to has failed', async () => {
  const { done, tasks } = begin((journal) => [[new Errand('informer', journal)]]);
  tasks[0]!.finish();
  expect((await done).ending).toMatchObject({ kind: 'failed', task: 'informer' });
});

test('stopping takes no longer than the grace period, and every task is told to', async () => {
  const { journal, signals, done, clock } = begin((journal) => [
    [new Errand('metrics', journal)],
    [new Errand('deaf', journal, false)],
  ]);
  signals.emit('SIGTERM');
  await settle();
  expect(journal).not.toContain('stop metrics');
  clock.advance(seconds(5));
  expect(await done).toEqual({ ending: { kind: 'signal', name: 'SIGTERM' }, overdue: ['deaf'] });
  expect(journal).toContain('end metrics');
});

test('a task that rejects because it was told to stop is no failure', async () => {
  const { signals, done, logger } = begin(() => [[new Interrupted('request', [])]]);
  signals.emit('SIGTERM');
  expect((await done).ending.kind).toBe('signal');
  expect(logger.lines).toEqual([]);
});

/** Passes on the rejection of whatever it waited for. */
class Interrupted extends Errand {
  override run(signal: AbortSignal): Promise<void> {
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
    });
  }
}
