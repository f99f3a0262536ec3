import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type StoredResources, watchStored } from '../../src/runtime/bin/webhook/stored.ts';
import { seconds } from '../../src/runtime/platform/ports.ts';
import { type ApiObject, Cluster, eventually } from '../support/fake-api-server/index.ts';

const NAMESPACE = 'metallb-system';
let cluster: Cluster;
let stored: StoredResources;

beforeEach(async () => {
  cluster = await Cluster.start();
});

afterEach(() => cluster.stop());

function create(resource: string, name: string, more: object = {}): void {
  const object: ApiObject = { metadata: { name, namespace: NAMESPACE }, ...more };
  cluster.server.store.create(resource, object);
}

function start(): void {
  stored = watchStored({ namespace: NAMESPACE, mode: 'none' }, cluster);
  for (const task of stored.tasks) cluster.run(task);
}

async function names(): Promise<readonly unknown[] | undefined> {
  const objects = (await stored.facts())?.stored.objects;
  return objects?.map((one) => (one as ApiObject).metadata.name).sort();
}

/** Lets time pass, a little more each time, until it is so. */
async function becomes(holds: () => Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 400; turn += 1) {
    if (await holds()) return;
    cluster.clock.advance(seconds(1));
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('it never became so');
}

describe('what a review looks at', () => {
  test('is all that is stored', async () => {
    create('ipaddresspools', 'teal', { spec: { addresses: ['192.0.2.0/28'] } });
    create('communities', 'words', { spec: {} });
    start();
    expect(await names()).toEqual(['teal', 'words']);
    create('ipaddresspools', 'jade', { spec: { addresses: ['198.51.100.0/28'] } });
    await becomes(async () => (await names())?.includes('jade') === true);
  });

  test('is what there is where a right is missing', async () => {
    create('ipaddresspools', 'teal', { spec: { addresses: ['192.0.2.0/28'] } });
    for (const resource of ['secrets', 'nodes', 'communities']) {
      cluster.server.deny('list', resource);
    }
    start();
    const facts = await stored.facts();
    expect(facts?.secretsRead).toBe(false);
    expect(facts?.stored.nodes).toBeUndefined();
    expect(await names()).toEqual(['teal']);
  });

  test('is not what was there once, of a kind that may be read no more', async () => {
    create('ipaddresspools', 'teal', { spec: { addresses: ['192.0.2.0/28'] } });
    create('secrets', 'spine', { type: 'kubernetes.io/basic-auth', data: { password: 'eA==' } });
    start();
    await eventually(() => cluster.server.watching('secrets') === 1);
    expect((await stored.facts())?.stored.secrets.size).toBe(1);
    for (const resource of ['ipaddresspools', 'secrets']) {
      cluster.server.deny('list', resource);
      cluster.server.deny('watch', resource);
    }
    cluster.server.breakWatches();
    await becomes(async () => (await stored.facts())?.secretsRead === false);
    await becomes(async () => (await names())?.length === 0);
    expect((await stored.facts())?.stored.secrets.size).toBe(0);
  });

  test('is not told before all of it is known, and nobody waits longer than five seconds', async () => {
    cluster.server.inject({ verb: 'list', resource: 'communities' }, { type: 'reset' }, 100);
    start();
    const facts = stored.facts();
    await eventually(() => cluster.server.watching('ipaddresspools') === 1);
    cluster.clock.advance(seconds(5));
    expect(await facts).toBeUndefined();
  });

  test('is what is stored now, though no watch has told of it yet', async () => {
    create('ipaddresspools', 'teal', { spec: { addresses: ['192.0.2.0/28'] } });
    start();
    await names();
    for (const name of ['jade', 'plum']) {
      create('ipaddresspools', name, { spec: { addresses: ['198.51.100.0/28'] } });
      expect(await names()).toContain(name);
    }
    cluster.server.store.delete('ipaddresspools', `${NAMESPACE}/teal`);
    expect(await names()).toEqual(['jade', 'plum']);
  });

  test('is what was watched, where a list fails or takes longer than two seconds', async () => {
    create('ipaddresspools', 'teal', { spec: { addresses: ['192.0.2.0/28'] } });
    start();
    expect(await names()).toEqual(['teal']);
    cluster.server.inject({ verb: 'list', resource: 'ipaddresspools' }, { type: 'reset' });
    expect(await names()).toEqual(['teal']);
    const listed = cluster.server.count('list', 'ipaddresspools');
    cluster.server.inject({ verb: 'list', resource: 'ipaddresspools' }, { type: 'silence' });
    const late = names();
    await eventually(() => cluster.server.count('list', 'ipaddresspools') > listed);
    cluster.clock.advance(seconds(2));
    expect(await late).toEqual(['teal']);
  });

  test('is listed once for all who ask while another list is under way', async () => {
    start();
    await names();
    const before = cluster.server.count('list', 'ipaddresspools');
    await Promise.all(Array.from({ length: 50 }, () => stored.facts()));
    expect(cluster.server.count('list', 'ipaddresspools') - before).toBeLessThanOrEqual(2);
  });
});
