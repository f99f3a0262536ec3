import { beforeEach, describe, expect, test } from 'vitest';
import type { Pool } from '../../../src/runtime/model/index.ts';
import { seconds } from '../../../src/runtime/platform/ports.ts';
import { poolOf } from '../../support/views.ts';
import { type RunningController, configOf } from '../running-controller.ts';
import { SimulatedCluster, stamp } from '../simulated-cluster.ts';

const first = poolOf('first', ['10.1.0.0/24']);
const second = poolOf('second', ['10.2.0.0/24']);
const third = poolOf('third', ['10.3.0.0/24', '2001:db8::/120']);

let cluster: SimulatedCluster;
let running: RunningController;
let writes: string[];

beforeEach(() => {
  cluster = new SimulatedCluster({ compat: 'v0.13' });
  writes = [];
  cluster.api.onWrite = (key) => writes.push(key);
});

function carries(key: string, ...ingress: string[]): void {
  cluster.put(key, { ingress, hasLoadBalancerStatus: true });
}

async function apply(...pools: readonly Pool[]): Promise<void> {
  expect(running.controller.apply(configOf(...pools))).toEqual({ kind: 'accepted' });
  await cluster.pass();
}

describe('in a cluster without pools (experiment A)', () => {
  beforeEach(async () => {
    carries('ns/a', '10.1.0.7');
    carries('ns/b', '10.2.0.7');
    cluster.put('ns/cloud', { hasLoadBalancerStatus: true });
    cluster.put('ns/former', { type: 'ClusterIP', hasLoadBalancerStatus: true });
    running = await cluster.startSettled();
  });

  test('a starting controller touches no status, for however long', async () => {
    await cluster.pass(seconds(100_000));
    await apply();
    expect(writes).toEqual([]);
    expect(running.events.lines).toEqual([]);
  });

  test('every Service has the address it had once the pools are there', async () => {
    await apply(first, second);
    expect(cluster.addressesOf('ns/a', 'ns/b')).toEqual(['10.1.0.7', '10.2.0.7']);
    expect(running.usage.get('second')).toMatchObject({ services: 1 });
    expect(writes).not.toContain('ns/a');
    expect(writes).not.toContain('ns/b');
  });

  test('a Service that waits is told', async () => {
    cluster.put('ns/new');
    await cluster.pass();
    expect(running.events.lines).toEqual([
      'Warning ns/new AllocationFailed: Failed to allocate IP for "ns/new": no available IPs',
    ]);
  });
});

describe('while pools are applied one by one (experiment B)', () => {
  beforeEach(() => {
    carries('ns/a', '10.1.0.0');
    carries('ns/b', '10.2.0.0');
    carries('ns/c', '10.3.0.0', '2001:db8::');
    cluster.put('ns/c', { clusterIPs: ['198.51.100.1', '2001:db8:1::1'] });
    cluster.put('ns/new', { createdAt: stamp(-5) });
  });

  test('nobody moves, and the newcomer gets what is nobody’s', async () => {
    running = await cluster.startSettled();
    await apply(first);
    await cluster.pass(seconds(200));
    await apply(first, second);
    await cluster.pass(seconds(200));
    await apply(first, second, third);
    expect(cluster.addressesOf('ns/a', 'ns/b', 'ns/new')).toEqual([
      '10.1.0.0',
      '10.2.0.0',
      '10.1.0.1',
    ]);
    expect(cluster.api.view('ns/c')?.ingress).toEqual(['10.3.0.0', '2001:db8::']);
    expect(writes).toEqual(['ns/new']);
    expect([...running.usage.values()].map(({ services }) => services)).toEqual([2, 1, 1]);
  });

  test('one that moves into a new pool leaves the addresses there to those who carry them', async () => {
    cluster.put('ns/old', { createdAt: stamp(-9), addressPool: 'second' });
    carries('ns/old', '203.0.113.1');
    running = await cluster.startSettled(first);
    await apply(first, second);
    expect(cluster.addressesOf('ns/old', 'ns/b')).toEqual(['10.2.0.1', '10.2.0.0']);
  });

  test('an address that is being written for one Service is not given to another', async () => {
    carries('ns/a', '10.1.0.1');
    running = await cluster.startSettled(first);
    const { cache } = running;
    const publish = cache.publish.bind(cache);
    let letThrough = (): void => undefined;
    const held = new Promise<void>((resolve) => (letThrough = resolve));
    cache.publish = async (...parameters) => {
      if (parameters[0].key === 'ns/a') await held;
      return publish(...parameters);
    };
    cluster.put('ns/a', { loadBalancerIP: '10.1.0.9' });
    await cluster.pass();
    cluster.put('ns/rival', { loadBalancerIP: '10.1.0.9', createdAt: stamp(1) });
    await cluster.pass();
    await apply(first, second);
    expect(cluster.addressesOf('ns/rival')).toEqual([undefined]);
    letThrough();
    await cluster.pass();
    expect(cluster.addressesOf('ns/a', 'ns/rival')).toEqual(['10.1.0.9', undefined]);
  });

  test('whose pool is missing is told so, once', async () => {
    running = await cluster.startSettled(first, third);
    cluster.put('ns/b', { labels: { a: 'b' } });
    await cluster.pass();
    const about = running.events.lines.filter((line) => line.includes('ns/b'));
    expect(about).toEqual([
      'Warning ns/b notInAnyPool: current IP ["10.2.0.0"] is in no pool: kept for now, and replaced unless a pool with it arrives within minutes',
    ]);
  });

  test('a Service gets another address where no pool with its own ever arrives', async () => {
    running = await cluster.startSettled(first, third);
    await cluster.pass(seconds(290));
    expect(cluster.addressesOf('ns/b')).toEqual(['10.2.0.0']);
    await apply(first, third);
    await cluster.pass(seconds(20));
    expect(cluster.addressesOf('ns/b')).toEqual(['10.1.0.2']);
    expect(running.events.lines).toContain(
      'Normal ns/b ClearAssignment: current IP for "ns/b" not allowed by config, will attempt for new IP assignment: ["10.2.0.0"] is not allowed in config',
    );
    expect(cluster.clock.pending).toBe(0);
  });

  test('a Service moves at once to what it asks of the pools that are there', async () => {
    running = await cluster.startSettled(first);
    cluster.put('ns/b', { addressPool: 'first' });
    await cluster.pass();
    expect(cluster.addressesOf('ns/b')).toEqual(['10.1.0.2']);
  });

  test.each([
    { addressPool: 'second' },
    { loadBalancerIP: '10.2.0.0' },
    { loadBalancerIP: '10.2.0.9' },
    { loadBalancerIP: 'junk' },
  ])('a Service that asks for %j of a pool on its way stays', async (wish) => {
    cluster.put('ns/b', wish);
    running = await cluster.startSettled(first);
    expect(cluster.addressesOf('ns/b')).toEqual(['10.2.0.0']);
  });

  test('before v0.13 a Service moves, as it always did', async () => {
    const old = new SimulatedCluster();
    old.put('ns/b', { ingress: ['10.2.0.0'], hasLoadBalancerStatus: true });
    await old.startSettled(first);
    expect(old.addressesOf('ns/b')).toEqual(['10.1.0.0']);
  });
});

describe('after a restart (experiment C)', () => {
  test('no waiting Service takes an address that another one carries, whoever is seen first', async () => {
    cluster.put('ns/a-waits', { createdAt: stamp(-9) });
    running = cluster.start();
    running.controller.apply(configOf(first));
    await cluster.pass();
    carries('ns/z', '10.1.0.0');
    await cluster.pass();
    expect(writes).toEqual([]);
    running.controller.synced();
    await cluster.pass();
    expect(cluster.addressesOf('ns/a-waits', 'ns/z')).toEqual(['10.1.0.1', '10.1.0.0']);
  });

  test('with every pool there, every address is kept and nothing is written (experiment E)', async () => {
    carries('ns/a', '10.1.0.5');
    carries('ns/b', '10.2.0.5');
    running = await cluster.startSettled(first, second);
    expect(writes).toEqual([]);
    expect(running.events.lines).toEqual([]);
  });
});

test('a pool in use cannot be taken away (experiment D)', async () => {
  cluster.put('ns/a');
  running = await cluster.startSettled(first);
  expect(running.controller.apply(configOf(second))).toMatchObject({ kind: 'refused' });
  expect(cluster.addressesOf('ns/a')).toEqual(['10.1.0.0']);
});
