import { beforeEach, describe, expect, test } from 'vitest';
import { poolOf } from '../support/views.ts';
import { type RunningController, configOf } from './running-controller.ts';
import { SimulatedCluster, stamp } from './simulated-cluster.ts';

const small = poolOf('small', ['10.1.0.0/30']);

let cluster: SimulatedCluster;
let running: RunningController;
beforeEach(() => {
  cluster = new SimulatedCluster();
});

describe('starting', () => {
  test('waits for a configuration and for every Service before it decides anything', async () => {
    cluster.put('ns/a');
    running = cluster.start();
    await cluster.pass();
    expect(running.logged('event')).toEqual(['noConfig']);
    running.controller.apply(configOf(small));
    await cluster.pass();
    expect(cluster.addressesOf('ns/a')).toEqual([undefined]);
    running.controller.synced();
    await cluster.pass();
    expect(cluster.addressesOf('ns/a')).toEqual(['10.1.0.0']);
    expect(running.logged('event')).toEqual([
      'noConfig',
      'stateSynced',
      'startUpdate',
      'endUpdate',
      'ipAllocated',
      'serviceUpdated',
      'startUpdate',
      'noChange',
      'endUpdate',
    ]);
    expect(running.events.lines).toEqual(['Normal ns/a IPAllocated: Assigned IP ["10.1.0.0"]']);
  });

  test('changes no address, whichever way Services and configuration arrive', async () => {
    for (let n = 0; n < 200; n += 1) cluster.put(`ns/s${n}`, { createdAt: stamp(n) });
    const wide = poolOf('wide', ['10.0.0.0/16']);
    running = await cluster.startSettled(wide);
    const before = [...cluster.api.objects].map(([key, { view }]) => [key, view?.ingress]);
    await running.controller.stop();
    running.cache.connected = false;
    cluster.put('ns/pending', { createdAt: stamp(-1) });

    const second = cluster.start();
    second.controller.synced();
    await cluster.pass();
    second.controller.apply(configOf(wide));
    await cluster.pass();
    expect([...cluster.api.objects].map(([key, { view }]) => [key, view?.ingress])).toEqual([
      ...before,
      ['ns/pending', ['10.0.0.200']],
    ]);
    expect(second.events.lines).toHaveLength(1);
  });

  test('lets the older of two Services with one address keep it, and tells the other', async () => {
    cluster.put('ns/young', { createdAt: stamp(5), ingress: ['10.1.0.2'] });
    cluster.put('ns/old', { createdAt: stamp(1), ingress: ['10.1.0.2'] });
    cluster.put('ns/pending', { createdAt: stamp(0) });
    running = await cluster.startSettled(small);
    expect(cluster.addressesOf('ns/old', 'ns/young', 'ns/pending')).toEqual([
      '10.1.0.2',
      '10.1.0.0',
      '10.1.0.1',
    ]);
    expect(running.events.lines).toContain(
      `Normal ns/young ClearAssignment: current IP for "ns/young" not allowed by config, will attempt for new IP assignment: can't change sharing key for "ns/young", address also in use by ns/old`,
    );
  });

  test('serves waiting Services in order of age, then name', async () => {
    cluster.put('ns/c', { createdAt: stamp(2) });
    cluster.put('ns/b', { createdAt: stamp(1) });
    cluster.put('ns/a', { createdAt: stamp(2) });
    running = await cluster.startSettled(small);
    expect(cluster.addressesOf('ns/b', 'ns/a', 'ns/c')).toEqual([
      '10.1.0.0',
      '10.1.0.1',
      '10.1.0.2',
    ]);
  });
});

test('of two controllers that gave one address twice, both leave it to the older Service', async () => {
  const [first, second] = [await cluster.startSettled(small), await cluster.startSettled(small)];
  first.cache.connected = false;
  cluster.put('ns/young', { createdAt: stamp(2) });
  await cluster.pass();
  [first.cache.connected, second.cache.connected] = [true, false];
  cluster.put('ns/old', { createdAt: stamp(1) });
  await cluster.pass();
  expect(cluster.addressesOf('ns/old', 'ns/young')).toEqual(['10.1.0.0', '10.1.0.0']);

  second.cache.connected = true;
  for (const { cache } of [first, second]) cache.list();
  await cluster.pass();
  expect(cluster.addressesOf('ns/old', 'ns/young')).toEqual(['10.1.0.0', '10.1.0.1']);
  const told = [...first.events.lines, ...second.events.lines];
  expect(told.filter((line) => line.includes('ns/old '))).toHaveLength(1);
  expect(told).toContain(
    `Normal ns/young ClearAssignment: current IP for "ns/young" not allowed by config, will attempt for new IP assignment: can't change sharing key for "ns/young", address also in use by ns/old`,
  );
});

describe('waiting Services', () => {
  beforeEach(async () => {
    for (const n of [0, 1, 2, 3, 4, 5]) cluster.put(`ns/s${n}`, { createdAt: stamp(n) });
    running = await cluster.startSettled(small);
    running.events.take();
  });

  test('get the address of a deleted Service, the oldest first', async () => {
    expect(cluster.addressesOf('ns/s4', 'ns/s5')).toEqual([undefined, undefined]);
    cluster.api.delete('ns/s2');
    await cluster.pass();
    expect(cluster.addressesOf('ns/s4', 'ns/s5')).toEqual(['10.1.0.2', undefined]);
    expect(running.logged('event')).toContain('serviceDeleted');
    expect(running.events.take()).toEqual(['Normal ns/s4 IPAllocated: Assigned IP ["10.1.0.2"]']);
  });

  test('get the address of one that is no longer a LoadBalancer', async () => {
    cluster.put('ns/s0', { type: 'ClusterIP' });
    await cluster.pass();
    expect(cluster.addressesOf('ns/s0', 'ns/s4', 'ns/s5')).toEqual([
      undefined,
      '10.1.0.0',
      undefined,
    ]);
  });

  test('get addresses when the configuration grows', async () => {
    running.controller.apply(configOf(poolOf('large', ['10.1.0.0/24'])));
    await cluster.pass();
    expect(cluster.addressesOf('ns/s4', 'ns/s5')).toEqual(['10.1.0.4', '10.1.0.5']);
  });

  test('are told once that there is no address, however often they are looked at', async () => {
    cluster.put('ns/s5', { labels: { a: 'b' } });
    await cluster.pass();
    cluster.put('ns/s5', { labels: {} });
    await cluster.pass();
    expect(running.events.take()).toEqual([]);
    cluster.put('ns/s5', { addressPool: 'nope' });
    await cluster.pass();
    expect(running.events.take()).toEqual([
      'Warning ns/s5 AllocationFailed: Failed to allocate IP for "ns/s5": unknown pool "nope"',
    ]);
  });

  test('are looked at only when something was given back', async () => {
    cluster.put('ns/s0', { labels: { a: 'b' } });
    await cluster.pass();
    const before = running.processed;
    cluster.put('ns/s0', { labels: {} });
    await cluster.pass();
    expect(running.processed - before).toBe(1);
    cluster.api.delete('ns/s5');
    await cluster.pass();
    expect(running.processed - before).toBe(2);
  });
});

test('a Service pinned to a port in use gets its address when the port is given up', async () => {
  const both = [
    { protocol: 'TCP', port: 80 },
    { protocol: 'TCP', port: 443 },
  ];
  const pinned = { sharingKey: 'k', loadBalancerIP: '10.1.0.1' };
  cluster.put('ns/a', { ...pinned, ports: both, createdAt: stamp(0) });
  cluster.put('ns/b', { ...pinned, createdAt: stamp(1) });
  running = await cluster.startSettled(small);
  expect(cluster.addressesOf('ns/b')).toEqual([undefined]);
  cluster.put('ns/a', { ports: both.slice(1) });
  await cluster.pass();
  expect(cluster.addressesOf('ns/a', 'ns/b')).toEqual(['10.1.0.1', '10.1.0.1']);
});

describe('a new configuration', () => {
  test('that strands an address is refused, logged, and changes nothing', async () => {
    cluster.put('ns/a');
    running = await cluster.startSettled(small);
    const reason =
      'new config not compatible with assigned IPs: service "ns/a" cannot own ["10.1.0.0"] under new config';
    expect(running.controller.apply(configOf())).toEqual({ kind: 'refused', reason });
    expect(running.lines.at(-1)).toEqual({
      level: 'error',
      fields: { op: 'setConfig', error: reason, msg: 'applying new configuration failed' },
    });
    cluster.put('ns/b');
    await cluster.pass();
    expect(cluster.addressesOf('ns/a', 'ns/b')).toEqual(['10.1.0.0', '10.1.0.1']);
  });

  test('that renames a pool changes no address, and the figures move', async () => {
    cluster.put('ns/a');
    running = await cluster.startSettled(small);
    expect([...running.usage.values()]).toMatchObject([
      { pool: 'small', capacity: 4n, inUse: 1, services: 1 },
    ]);
    running.controller.apply(configOf(poolOf('renamed', ['10.1.0.0/24'])));
    await cluster.pass();
    expect(cluster.addressesOf('ns/a')).toEqual(['10.1.0.0']);
    expect([...running.usage.values()]).toMatchObject([
      { pool: 'renamed', capacity: 256n, inUse: 1, services: 1 },
    ]);
    expect(running.events.lines).toHaveLength(1);
  });
});
