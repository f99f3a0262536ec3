import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EndpointStore } from '../../../src/runtime/kube/index.ts';
import { Cluster, eventually } from '../../support/fake-api-server/index.ts';
import { pass, turns } from '../watching.ts';

let cluster: Cluster;
let changes: string[];

beforeEach(async () => {
  cluster = await Cluster.start();
  changes = [];
});

afterEach(() => cluster.stop());

function slice(name: string, service: string, ...addresses: readonly string[]): void {
  const labels = service === '' ? {} : { 'kubernetes.io/service-name': service };
  const metadata = { name, namespace: 'default', labels };
  const endpoints = addresses.map((address) => ({ addresses: [address], nodeName: 'alpha' }));
  const { store } = cluster.server;
  const object = { metadata, endpoints };
  if (store.get('endpointslices', `default/${name}`)) store.replace('endpointslices', object);
  else store.create('endpointslices', object);
}

function endpoints(name: string, ip: string): void {
  const metadata = { name, namespace: 'default' };
  cluster.server.store.create('endpoints', { metadata, subsets: [{ addresses: [{ ip }] }] });
}

async function watching(
  slices: 'detect' | 'disabled',
  resource: 'endpoints' | 'endpointslices',
): Promise<EndpointStore> {
  const { client, clock, random, logger } = cluster;
  const listener = { changed: (key: string) => changes.push(key), synced: () => undefined };
  const store = new EndpointStore({ client, clock, random, logger, slices, listener });
  cluster.run(store);
  await eventually(() => cluster.server.watching(resource) === 1);
  await turns();
  return store;
}

const addresses = (store: EndpointStore, key: string): readonly string[] | undefined =>
  store.get(key)?.flatMap((view) => view.addresses);

describe('endpoints are learnt from', () => {
  beforeEach(() => {
    slice('kubernetes', 'kubernetes', '192.0.2.1');
    slice('web-1', 'web', '192.0.2.10');
    endpoints('web', '192.0.2.20');
  });

  const versions = (): readonly string[] =>
    cluster.server.seen.filter(({ verb }) => verb === 'watch').map(({ version }) => version);

  test('slices of v1 where they are served', async () => {
    const store = await watching('detect', 'endpointslices');
    expect(addresses(store, 'default/web')).toEqual(['192.0.2.10']);
    expect(versions()).toEqual(['v1']);
    const [line] = cluster.logger.lines;
    expect(line?.fields).toEqual({ op: 'New', msg: 'using endpoint slices' });
  });

  test('slices of v1beta1 where only those are served', async () => {
    cluster.server.withdraw('discovery.k8s.io/v1');
    await watching('detect', 'endpointslices');
    expect(versions()).toEqual(['v1beta1']);
  });

  test('Endpoints where slices are not served', async () => {
    cluster.server.withdraw('discovery.k8s.io/v1');
    cluster.server.withdraw('discovery.k8s.io/v1beta1');
    const store = await watching('detect', 'endpoints');
    expect(addresses(store, 'default/web')).toEqual(['192.0.2.20']);
    expect(cluster.logger.lines).toEqual([]);
  });

  test('Endpoints where slices may not be read', async () => {
    cluster.server.deny('get', 'endpointslices');
    await watching('detect', 'endpoints');
    expect(cluster.server.count('list', 'endpointslices')).toBe(0);
    expect(cluster.server.count('get', 'endpointslices')).toBe(0);
  });

  test('Endpoints where slices may be read and not watched', async () => {
    cluster.server.deny('watch', 'endpointslices');
    await watching('detect', 'endpoints');
    expect(cluster.server.count('list', 'endpointslices')).toBe(0);
  });

  test('Endpoints where slices are there but empty of the API server itself', async () => {
    cluster.server.store.delete('endpointslices', 'default/kubernetes');
    const store = await watching('detect', 'endpoints');
    expect(addresses(store, 'default/web')).toEqual(['192.0.2.20']);
  });

  test('Endpoints where slices are switched off', async () => {
    await watching('disabled', 'endpoints');
    expect(cluster.server.count('discover')).toBe(0);
  });

  test('slices still, where the server does not answer at first', async () => {
    cluster.server.inject({ verb: 'discover' }, { type: 'status', code: 500 }, 2);
    cluster.server.inject({ verb: 'get' }, { type: 'reset' }, 1);
    const starting = watching('detect', 'endpointslices');
    await pass(cluster, 20, () => cluster.server.watching('endpointslices') === 1);
    expect(addresses(await starting, 'default/web')).toEqual(['192.0.2.10']);
  });
});

test('a version of slices that an upgrade withdraws is left for another, endpoints are kept meanwhile', async () => {
  cluster.server.withdraw('discovery.k8s.io/v1');
  slice('kubernetes', 'kubernetes', '192.0.2.1');
  slice('web-1', 'web', '192.0.2.10');
  const store = await watching('detect', 'endpointslices');
  cluster.server.withdraw('discovery.k8s.io/v1beta1');
  cluster.server.offer('discovery.k8s.io/v1');
  cluster.server.store.delete('endpointslices', 'default/web-1');
  slice('web-2', 'web', '192.0.2.11');
  cluster.server.breakWatches();
  await pass(cluster, 2);
  expect(addresses(store, 'default/web')).not.toHaveLength(0);
  await pass(cluster, 30, () => addresses(store, 'default/web')?.join() === '192.0.2.11');
  expect(addresses(store, 'default/web')).toEqual(['192.0.2.11']);
  const versions = cluster.server.seen.filter(({ verb }) => verb === 'watch');
  expect(versions.at(-1)?.version).toBe('v1');
});

describe('slices', () => {
  beforeEach(() => slice('kubernetes', 'kubernetes', '192.0.2.1'));

  test('of one Service are put together', async () => {
    slice('web-1', 'web', '192.0.2.10');
    slice('web-2', 'web', '192.0.2.11', '192.0.2.12');
    const store = await watching('detect', 'endpointslices');
    expect(addresses(store, 'default/web')?.toSorted()).toEqual([
      '192.0.2.10',
      '192.0.2.11',
      '192.0.2.12',
    ]);
  });

  test('that go take their endpoints along, and their Service hears of it', async () => {
    slice('web-1', 'web', '192.0.2.10');
    slice('web-2', 'web', '192.0.2.11');
    const store = await watching('detect', 'endpointslices');
    changes = [];
    cluster.server.store.delete('endpointslices', 'default/web-1');
    await eventually(() => changes.length === 1);
    expect(changes).toEqual(['default/web']);
    expect(addresses(store, 'default/web')).toEqual(['192.0.2.11']);
    cluster.server.store.delete('endpointslices', 'default/web-2');
    await eventually(() => changes.length === 2);
    expect(store.get('default/web')).toBeUndefined();
  });

  test('that move to another Service leave the first', async () => {
    slice('s', 'web', '192.0.2.10');
    const store = await watching('detect', 'endpointslices');
    changes = [];
    slice('s', 'shop', '192.0.2.10');
    await eventually(() => changes.length === 2);
    expect(changes).toEqual(['default/web', 'default/shop']);
    expect(store.get('default/web')).toBeUndefined();
    expect(addresses(store, 'default/shop')).toEqual(['192.0.2.10']);
  });

  test('without endpoints are not the same as no slices', async () => {
    slice('web-1', 'web');
    const store = await watching('detect', 'endpointslices');
    expect(store.get('default/web')).toEqual([]);
    expect(store.get('default/other')).toBeUndefined();
  });

  test('of no Service are left aside', async () => {
    await watching('detect', 'endpointslices');
    changes = [];
    slice('stray', '', '192.0.2.10');
    slice('web-1', 'web', '192.0.2.11');
    await eventually(() => changes.length > 0);
    expect(changes).toEqual(['default/web']);
  });
});
