import { beforeEach, describe, expect, test } from 'vitest';
import { millis } from '../../../src/runtime/platform/ports.ts';
import { poolOf } from '../../support/views.ts';
import { type RunningController, configOf } from '../running-controller.ts';
import { SimulatedCluster, stamp } from '../simulated-cluster.ts';
import { choosyPool, labeled } from '../../support/pools.ts';

const till = choosyPool('till', ['10.1.0.0/30'], {
  namespaceSelectors: [labeled({ team: 'till' })],
});
const open = poolOf('open', ['10.9.0.0/24']);

let cluster: SimulatedCluster;
let running: RunningController;
beforeEach(() => {
  cluster = new SimulatedCluster({ compat: 'v0.13' });
});

function namespaces(labels: Record<string, Record<string, string>>): void {
  for (const [name, those] of Object.entries(labels)) {
    running.controller.namespaceChanged(name, those);
  }
}

test('namespaces are asked for only once a pool in force selects them', async () => {
  running = await cluster.startSettled(
    open,
    choosyPool('named', ['10.2.0.0/30'], { namespaces: ['a'] }),
  );
  expect(running.needsNamespaces).toBe(false);
  running.controller.apply(configOf(open, till));
  expect(running.needsNamespaces).toBe(true);
});

describe('until the labels of its namespace are known', () => {
  test('a Service keeps what it carries in a pool that may not serve it', async () => {
    cluster.put('shop/a', { ingress: ['10.1.0.1'], hasLoadBalancerStatus: true });
    running = await cluster.startSettled(open, till);
    expect(cluster.addressesOf('shop/a')).toEqual(['10.1.0.1']);
    expect(running.usage.get('till')).toMatchObject({ services: 1 });
    expect(running.events.lines).toEqual([]);
    namespaces({ shop: {} });
    await cluster.pass();
    expect(cluster.addressesOf('shop/a')).toEqual(['10.9.0.0']);
    expect(running.events.lines).toEqual([
      'Normal shop/a ClearAssignment: current IP for "shop/a" not allowed by config, will attempt for new IP assignment: pool till not compatible for ip assignment',
      'Normal shop/a IPAllocated: Assigned IP ["10.9.0.0"]',
    ]);
  });

  test('a new one waits without a word, rather than get an address of the wrong pool', async () => {
    cluster.put('till/a');
    cluster.put('shop/a', { createdAt: stamp(1) });
    cluster.put('shop/named', { addressPool: 'open', createdAt: stamp(2) });
    cluster.put('shop/asks', { loadBalancerIP: '10.1.0.3', createdAt: stamp(3) });
    running = await cluster.startSettled(open, till);
    expect(cluster.addressesOf('till/a', 'shop/a', 'shop/asks')).toEqual(Array(3).fill(undefined));
    expect(cluster.addressesOf('shop/named')).toEqual(['10.9.0.0']);
    expect(running.events.lines).toHaveLength(1);
    namespaces({ till: { team: 'till' }, shop: {} });
    await cluster.pass();
    expect(cluster.addressesOf('till/a', 'shop/a')).toEqual(['10.1.0.0', '10.9.0.1']);
    expect(running.events.lines).toContain(
      'Warning shop/asks AllocationFailed: Failed to allocate IP for "shop/asks": pool till not compatible for ip assignment',
    );
  });

  test('an address of a pool that may serve it is not given to one that is sure to be served', async () => {
    cluster.put('shop/a', { ingress: ['10.1.0.0'], hasLoadBalancerStatus: true });
    const carried = { ingress: ['10.9.0.7'], hasLoadBalancerStatus: true };
    cluster.put('till/old', { ...carried, createdAt: stamp(-9), addressPool: 'till' });
    running = cluster.start();
    running.controller.apply(configOf(till, open));
    namespaces({ till: { team: 'till' } });
    running.controller.synced();
    await cluster.pass();
    expect(cluster.addressesOf('till/old', 'shop/a')).toEqual(['10.1.0.1', '10.1.0.0']);
  });

  test('a carried address that has to change is nobody else’s meanwhile', async () => {
    const one = choosyPool('one', ['10.1.0.0/31'], {
      namespaceSelectors: [labeled({ team: 'till' })],
    });
    const wish = { loadBalancerIP: '10.1.0.1' };
    cluster.put('till/a', { ingress: ['10.9.0.0'], hasLoadBalancerStatus: true, ...wish });
    cluster.put('shop/b', { addressPool: 'open', createdAt: stamp(1) });
    running = await cluster.startSettled(open, one);
    expect(cluster.addressesOf('till/a', 'shop/b')).toEqual(['10.9.0.0', '10.9.0.1']);
    const looks = running.processed;
    await cluster.pass();
    expect(running.processed).toBe(looks);
    namespaces({ till: { team: 'till' } });
    await cluster.pass();
    expect(cluster.addressesOf('till/a')).toEqual(['10.1.0.1']);
  });

  test('a Service is told where there is no right to know them', async () => {
    cluster.put('till/a');
    running = await cluster.startSettled(open, till);
    running.controller.namespacesReadable(false);
    await cluster.pass();
    expect(running.events.lines).toEqual([
      'Warning till/a AllocationFailed: Failed to allocate IP for "till/a": pool till selects namespaces, and their labels are not known: the controller has no right to list them',
    ]);
    running.controller.namespacesReadable(true);
    namespaces({ till: { team: 'till' } });
    await cluster.pass();
    expect(cluster.addressesOf('till/a')).toEqual(['10.1.0.0']);
  });
});

describe('when a namespace is labeled anew', () => {
  beforeEach(async () => {
    cluster.put('till/a');
    running = cluster.start();
    running.controller.apply(configOf(till, open));
    namespaces({ till: { team: 'till' }, shop: {} });
    running.controller.synced();
    await cluster.pass();
    running.events.take();
  });

  test('its Services lose what they may no longer have', async () => {
    expect(cluster.addressesOf('till/a')).toEqual(['10.1.0.0']);
    namespaces({ till: { team: 'other' } });
    await cluster.pass();
    expect(cluster.addressesOf('till/a')).toEqual(['10.9.0.0']);
    expect(running.events.take()).toEqual([
      expect.stringContaining('ClearAssignment'),
      expect.stringContaining('IPAllocated'),
    ]);
  });

  test('Services that waited for that get their address', async () => {
    cluster.put('shop/b', { addressPool: 'till' });
    await cluster.pass();
    expect(running.events.take()).toEqual([expect.stringContaining('not compatible')]);
    namespaces({ shop: { team: 'till' } });
    await cluster.pass();
    expect(cluster.addressesOf('shop/b')).toEqual(['10.1.0.1']);
  });

  test('no other Service is looked at, and none for the same labels again', async () => {
    const looks = running.processed;
    namespaces({ elsewhere: { team: 'till' }, till: { team: 'till' } });
    await cluster.pass();
    expect(running.processed).toBe(looks);
  });
});

test('a Service whose own labels change is judged again', async () => {
  const edge = choosyPool('edge', ['10.1.0.0/30'], {
    serviceSelectors: [labeled({ tier: 'edge' })],
  });
  cluster.put('shop/a', { labels: { tier: 'edge' } });
  running = await cluster.startSettled(open, edge);
  expect(cluster.addressesOf('shop/a')).toEqual(['10.1.0.0']);
  cluster.put('shop/a', { labels: {} });
  await cluster.pass();
  expect(cluster.addressesOf('shop/a')).toEqual(['10.9.0.0']);
});

test('a move whose answer was lost is not forgotten when the labels are as they were', async () => {
  cluster.put('till/a');
  running = cluster.start();
  running.controller.apply(configOf(till, open));
  namespaces({ till: { team: 'till' }, shop: {} });
  running.controller.synced();
  await cluster.pass();
  const { cache } = running;
  cache.connected = false;
  cluster.api.weather = { slowest: 0, refused: 0, lost: 1 };
  namespaces({ till: {} });
  await cluster.pass(millis(1));
  expect(cluster.addressesOf('till/a')).toEqual(['10.9.0.0']);
  cluster.api.weather = { slowest: 0, refused: 0, lost: 0 };
  namespaces({ till: { team: 'till' } });
  cluster.put('shop/b');
  cache.connected = true;
  cache.learn('shop/b', cluster.api.objects.get('shop/b')!);
  cache.connected = false;
  await cluster.pass();
  expect(cluster.addressesOf('till/a', 'shop/b')).toEqual(['10.9.0.0', '10.9.0.1']);
});
