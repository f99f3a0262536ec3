import { describe, expect, test } from 'vitest';
import type { LinkEvents } from '../../src/runtime/layer2/index.ts';
import type { Link } from '../../src/runtime/platform/ports.ts';
import { WorkerLinkLayer } from '../../src/runtime/platform/index.ts';
import { aLink } from '../support/fake-link-layer.ts';

/** A thread that does `script` instead of serving links. */
const layerOf = (script: string): WorkerLinkLayer =>
  new WorkerLinkLayer({
    entry: new URL(`data:text/javascript,${encodeURIComponent(script)}`),
    purpose: 'the test',
    trace: false,
  });

const port = "import { parentPort as port } from 'node:worker_threads';";

function eventsTo(heard: unknown[]): LinkEvents {
  const hear =
    (name: string) =>
    (...args: readonly unknown[]): void =>
      void heard.push([name, ...args]);
  return {
    links: hear('links'),
    opened: hear('opened'),
    failed: hear('failed'),
    counted: hear('counted'),
    answered: hear('answered'),
    announcementFailed: hear('announcementFailed'),
    membershipFailed: hear('membershipFailed'),
    sighted: hear('sighted'),
    handedOver: hear('handedOver'),
    stoodStill: hear('stoodStill'),
  };
}

describe('the thread of raw sockets', () => {
  test.each([
    ['throws', "throw new Error('no raw sockets here')", 'no raw sockets here'],
    ['ends by itself', 'process.exit(3)', 'the thread of raw sockets ended with code 3'],
  ])('that %s ends the run with the reason', async (_what, script, reason) => {
    const run = layerOf(script).run(eventsTo([]), new AbortController().signal);
    await expect(run).rejects.toThrow(reason);
  });

  test('is told to stop when the run ends, and what it says is heard in order', async () => {
    const links: Link[] = [aLink()];
    const key = { protocol: 'arp', interfaceIndex: 2 };
    const script = `${port}
      port.postMessage(${JSON.stringify({ type: 'links', links })});
      port.on('message', (command) => {
        if (command.type === 'own') port.postMessage({ type: 'opened', key: ${JSON.stringify(key)} });
        if (command.type === 'report') {
          port.postMessage({ type: 'failed', key: ${JSON.stringify(key)}, error: 'gone' });
          port.postMessage({ type: 'alive' });
        }
        if (command.type === 'stop') port.close();
      });`;
    const heard: unknown[] = [];
    const end = new AbortController();
    const layer = layerOf(script);
    layer.own('192.0.2.10' as Parameters<typeof layer.own>[0]);
    const run = layer.run(eventsTo(heard), end.signal);
    await layer.report();
    end.abort();
    await run;
    expect(heard).toEqual([
      ['links', links],
      ['opened', key],
      ['failed', key, 'gone'],
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
