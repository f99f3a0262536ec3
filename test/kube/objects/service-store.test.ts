import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ServiceStore } from '../../../src/runtime/kube/index.ts';
import type { ServiceView } from '../../../src/runtime/model/index.ts';
import { Cluster, Hold, aService, eventually } from '../../support/fake-api-server/index.ts';
import { ip } from '../../support/views.ts';
import { pass, turns } from '../watching.ts';

let cluster: Cluster;
let store: ServiceStore;
let heard: (readonly [string, ServiceView | undefined])[];

beforeEach(async () => {
  cluster = await Cluster.start();
  cluster.server.store.create('services', {
    ...aService('web'),
    metadata: {
      name: 'web',
      namespace: 'default',
      annotations: { note: 'kept' },
      managedFields: [{ manager: 'kubectl' }],
    },
  });
  heard = [];
  const { client, clock, random, logger } = cluster;
  const listener = {
    changed: (key: string, view: ServiceView | undefined) => heard.push([key, view]),
    synced: () => undefined,
  };
  store = new ServiceStore({ client, clock, random, logger, listener });
  cluster.run(store);
  await eventually(() => cluster.server.watching('services') === 1);
  await turns();
});

afterEach(() => cluster.stop());

const WEB = 'default/web';
const stored = (): { metadata: Record<string, unknown>; spec: unknown; status: unknown } =>
  cluster.server.store.get('services', WEB) as never;

function person(change: object): void {
  cluster.server.store.replace('services', { ...aService('web', change) });
}

describe('publishing addresses', () => {
  test('writes them to the status and leaves everything else as it was', async () => {
    const { spec } = stored();
    expect(await store.publish(store.get(WEB)!, [ip('192.0.2.1'), ip('2001:db8::1')])).toBe(
      'written',
    );
    expect(stored()).toMatchObject({
      metadata: { annotations: { note: 'kept' } },
      spec: spec as object,
      status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }, { ip: '2001:db8::1' }] } },
    });
    const [put] = cluster.server.seen.filter(({ verb }) => verb === 'update');
    expect(put).toMatchObject({ subresource: 'status', name: 'web' });
  });

  test('names the pool in an annotation by the same request, and removes that with them', async () => {
    const key = 'metallb.universe.tf/ip-allocated-from-pool';
    await store.publish(store.get(WEB)!, [ip('192.0.2.1')], { pool: 'gold' });
    expect(stored().metadata['annotations']).toEqual({ note: 'kept', [key]: 'gold' });
    await store.publish(store.get(WEB)!, [], { pool: undefined });
    expect(stored().metadata['annotations']).toEqual({ note: 'kept' });
    expect(cluster.server.count('update')).toBe(2);
  });

  test('none clears the status', async () => {
    await store.publish(store.get(WEB)!, [ip('192.0.2.1')]);
    await store.publish(store.get(WEB)!, []);
    expect(stored().status).toEqual({ loadBalancer: {} });
  });

  test('is in the cache before the next decision, and told once', async () => {
    cluster.server.endWatches();
    await store.publish(store.get(WEB)!, [ip('192.0.2.1')]);
    expect(store.get(WEB)?.ingress).toEqual(['192.0.2.1']);
    await pass(cluster, 5);
    expect(heard.map(([, view]) => view?.ingress)).toEqual([[], ['192.0.2.1']]);
  });

  test('is a conflict, and overwrites nothing, when the Service changed unseen', async () => {
    const view = store.get(WEB)!;
    cluster.server.endWatches();
    await turns();
    person({ loadBalancerIP: '192.0.2.77' });
    expect(await store.publish(view, [ip('192.0.2.1')])).toBe('conflict');
    expect(stored().status).toEqual({ loadBalancer: {} });
    await store.refresh(WEB);
    expect(store.get(WEB)?.loadBalancerIP).toBe('192.0.2.77');
    expect(await store.publish(store.get(WEB)!, [ip('192.0.2.77')])).toBe('written');
  });

  test('is a conflict without a request when the decision was made from an older view', async () => {
    const view = store.get(WEB)!;
    person({ loadBalancerIP: '192.0.2.77' });
    await eventually(() => store.get(WEB) !== view);
    expect(await store.publish(view, [ip('192.0.2.1')])).toBe('conflict');
    expect(cluster.server.count('update')).toBe(0);
  });

  test('goes through when only what does not matter has changed', async () => {
    const view = store.get(WEB)!;
    cluster.server.store.replace('services', {
      ...aService('web'),
      metadata: { name: 'web', namespace: 'default', annotations: { note: 'new' } },
    });
    await eventually(() => store.get(WEB) !== view);
    expect(await store.publish(view, [ip('192.0.2.1')])).toBe('written');
    expect(stored().metadata['annotations']).toEqual({ note: 'new' });
  });

  test('does not bring back a Service that was deleted meanwhile', async () => {
    const view = store.get(WEB)!;
    cluster.server.endWatches();
    await turns();
    cluster.server.store.delete('services', WEB);
    expect(await store.publish(view, [ip('192.0.2.1')])).toBe('conflict');
    await store.refresh(WEB);
    expect(cluster.server.store.list('services')).toEqual([]);
    expect(await store.publish(view, [ip('192.0.2.1')])).toBe('gone');
  });

  test('rejects when the server cannot', async () => {
    cluster.server.inject({ verb: 'update' }, { type: 'status', code: 500 });
    await expect(store.publish(store.get(WEB)!, [ip('192.0.2.1')])).rejects.toThrow('500');
    expect(store.get(WEB)?.ingress).toEqual([]);
  });

  test('whose reply was lost is found out by asking', async () => {
    cluster.server.endWatches();
    cluster.server.inject({ verb: 'update' }, { type: 'cut' });
    const view = store.get(WEB)!;
    await expect(store.publish(view, [ip('192.0.2.1')])).rejects.toThrow();
    expect(await store.publish(view, [ip('192.0.2.1')])).toBe('conflict');
    await store.refresh(WEB);
    expect(store.get(WEB)?.ingress).toEqual(['192.0.2.1']);
  });
});

describe('reading anew', () => {
  test('does not undo what the watch brought while the answer was under way', async () => {
    const hold = new Hold();
    cluster.server.inject({ verb: 'get' }, { type: 'holdReply', hold });
    const reading = store.refresh(WEB);
    await turns();
    person({ loadBalancerIP: '192.0.2.77' });
    await eventually(() => store.get(WEB)?.loadBalancerIP === '192.0.2.77');
    hold.release();
    await reading;
    expect(heard.map(([, view]) => view?.loadBalancerIP)).toEqual(['', '192.0.2.77']);
  });

  test('finds a Service gone that the watch still believes in', async () => {
    cluster.server.endWatches();
    await turns();
    cluster.server.store.delete('services', WEB);
    await store.refresh(WEB);
    expect(heard.at(-1)).toEqual([WEB, undefined]);
    await pass(cluster, 5);
    expect(heard).toHaveLength(2);
  });

  test('says nothing where nothing is new', async () => {
    await store.refresh(WEB);
    expect(heard).toHaveLength(1);
  });
});
