/** A program for a network namespace: lends its WorkerBfd to a test, in JSON lines. */
import { createInterface } from 'node:readline';
import type { BfdEvents, BfdLayer } from '../../src/runtime/bfd/index.ts';
import { WorkerBfd } from '../../src/runtime/platform/index.ts';

/** A method of the layer, or what is done to the program itself, and its arguments. */
export interface BfdCall {
  readonly call: keyof BfdLayer | 'block' | 'stop';
  readonly args: readonly unknown[];
}

/** An event and its arguments, or the end of a call that has one; `at` in milliseconds since 1970. */
export interface BfdLine {
  readonly event: keyof BfdEvents | 'reported' | 'ended';
  readonly args: readonly unknown[];
  readonly at: number;
}

const [worker = ''] = process.argv.slice(2);
const layer = new WorkerBfd({ entry: new URL(worker), purpose: 'the test' });
const end = new AbortController();

const tell = (event: BfdLine['event'], ...args: readonly unknown[]): void => {
  const line: BfdLine = { event, args, at: performance.timeOrigin + performance.now() };
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

const events: BfdEvents = {
  changed: (...args) => tell('changed', ...args),
  started: (...args) => tell('started', ...args),
  failed: (...args) => tell('failed', ...args),
  counted: (...args) => tell('counted', ...args),
};

/** Keeps the main loop from turning for `slice` milliseconds at a time, with nothing in between but one turn. */
function block(slice: number): void {
  if (end.signal.aborted) return;
  for (const start = performance.now(); performance.now() - start < slice;);
  setImmediate(() => block(slice));
}

const input = createInterface({ input: process.stdin });
input.on('line', (line) => {
  const { call, args } = JSON.parse(line) as BfdCall;
  if (call === 'stop') end.abort();
  else if (call === 'block') block(args[0] as number);
  else if (call === 'report') void layer.report().then(() => tell('reported'));
  else if (call === 'run') {
    void layer.run(events, end.signal).then(() => {
      tell('ended');
      input.close();
    });
  } else (layer[call] as (...args: readonly unknown[]) => void).apply(layer, [...args]);
});
input.on('close', () => end.abort());
