import { describe, expect, test } from 'vitest';
import type { BfdEvents } from '../../src/runtime/bfd/index.ts';
import { WorkerBfd } from '../../src/runtime/platform/index.ts';
import { spec } from '../contract/bfd-layer.contract.ts';

/** A thread that does `script` instead of serving sessions. */
const layerOf = (script: string): WorkerBfd =>
  new WorkerBfd({
    entry: new URL(`data:text/javascript,${encodeURIComponent(script)}`),
    purpose: 'the test',
  });

const port = "import { parentPort as port } from 'node:worker_threads';";

function eventsTo(heard: unknown[]): BfdEvents {
  const hear =
    (name: string) =>
    (...args: readonly unknown[]): void =>
      void heard.push([name, ...args]);
  return {
    changed: hear('changed'),
    started: hear('started'),
    failed: hear('failed'),
    counted: hear('counted'),
  };
}

describe('the thread of BFD', () => {
  test.each([
    ['throws', "throw new Error('no sockets here')", 'no sockets here'],
    ['ends by itself', 'process.exit(3)', 'the thread of BFD ended with code 3'],
  ])('that %s ends the run with the reason', async (_what, script, reason) => {
    const run = layerOf(script).run(eventsTo([]), new AbortController().signal);
    await expect(run).rejects.toThrow(reason);
  });

  test('is told what was set before it ran and to stop when the run ends; what it says is heard in order', async () => {
    const script = `${port}
      port.on('message', (command) => {
        const { type, key, spec } = command;
        if (type === 'set') port.postMessage({ type: 'failed', key, error: spec.remote });
        if (type === 'delete') {
          port.postMessage({ type: 'changed', key, state: 'up', diagnostic: 0, remoteState: 'init' });
        }
        if (type === 'report') port.postMessage({ type: 'alive' });
        if (type === 'stop') port.close();
      });`;
    const heard: unknown[] = [];
    const end = new AbortController();
    const layer = layerOf(script);
    layer.set('peer', spec);
    const run = layer.run(eventsTo(heard), end.signal);
    layer.delete('peer');
    await layer.report();
    end.abort();
    await run;
    expect(heard).toEqual([
      ['failed', 'peer', '192.0.2.2'],
      ['changed', 'peer', 'up', 0, 'init'],
    ]);
  });

  test('that died leaves nobody waiting for a report', async () => {
    const layer = layerOf(`${port} port.once('message', () => process.exit(1));`);
    const run = layer.run(eventsTo([]), new AbortController().signal);
    const report = layer.report();
    await expect(run).rejects.toThrow('code 1');
    await expect(report).resolves.toBeUndefined();
  });
});
