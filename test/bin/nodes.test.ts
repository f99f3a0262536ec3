import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type NodeWatch, watchNodes } from '../../src/runtime/bin/daemon/nodes.ts';
import type { Compat } from '../../src/runtime/model/index.ts';
import { Cluster, eventually } from '../support/fake-api-server/index.ts';

let cluster: Cluster;
let heard: string[];

beforeEach(async () => {
  cluster = await Cluster.start();
  heard = [];
  for (const name of ['alpha', 'bravo']) label(name, { rack: 'a' }, 'create');
});

afterEach(() => cluster.stop());

function label(name: string, labels: Record<string, string>, how: 'create' | 'replace'): void {
  const condition = { type: 'NetworkUnavailable', status: 'False', lastHeartbeatTime: 'now' };
  cluster.server.store[how]('nodes', {
    metadata: { name, labels },
    status: { conditions: [condition], images: [{ names: ['large'] }] },
  });
}

function watch(compat: Compat): NodeWatch {
  const watching = watchNodes({ node: 'alpha', compat }, cluster, {
    changed: (name, view) => heard.push(`${name} ${JSON.stringify(view?.labels ?? 'gone')}`),
    ownChanged: () => heard.push('own'),
    listed: () => heard.push('listed'),
    unavailable: () => heard.push('unavailable'),
    begun: () => heard.push('begun'),
  });
  for (const task of watching.tasks) cluster.run(task);
  return watching;
}

async function hears(...lines: readonly string[]): Promise<void> {
  await eventually(() => heard.length >= lines.length);
  expect(heard).toEqual(lines);
  heard.length = 0;
}

const ALPHA = ['alpha {"rack":"a"}', 'own'];
const BRAVO = 'bravo {"rack":"a"}';

describe('under v0.13', () => {
  test('every Node is told, then that they are all, by one watch', async () => {
    watch('v0.13');
    await hears(...ALPHA, BRAVO, 'listed', 'begun');
    label('bravo', { rack: 'b' }, 'replace');
    await hears('bravo {"rack":"b"}');
    cluster.server.store.delete('nodes', 'bravo');
    await hears('bravo "gone"');
    expect(cluster.server.count('list', 'nodes')).toBe(1);
  });

  test('where Nodes may not be listed, that is told and does not hold up the rest', async () => {
    cluster.server.deny('list', 'nodes');
    watch('v0.13');
    await hears('unavailable', 'begun');
  });
});

describe('before v0.13', () => {
  test('only the own Node is told of', async () => {
    watch('v0.12');
    await hears(...ALPHA, 'begun');
    label('bravo', { rack: 'b' }, 'replace');
    label('alpha', { rack: 'c' }, 'replace');
    await hears('alpha {"rack":"c"}', 'own');
  });

  test('once a configuration selects nodes, all are watched, and one watch tells of the own', async () => {
    const watching = watch('v0.12');
    await hears(...ALPHA, 'begun');
    watching.need();
    watching.need();
    await hears(...ALPHA, BRAVO, 'listed');
    await eventually(() => cluster.server.watching('nodes') === 2);
    label('alpha', { rack: 'c' }, 'replace');
    label('bravo', { rack: 'c' }, 'replace');
    await hears('alpha {"rack":"c"}', 'own', 'bravo {"rack":"c"}');
  });
});
