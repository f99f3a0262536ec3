import { beforeEach, describe, expect, test } from 'vitest';
import type { Pool, ServiceView } from '../../src/runtime/model/index.ts';
import { seconds, millis } from '../../src/runtime/platform/ports.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { ServiceApi } from '../support/service-api.ts';
import { poolOf, serviceView } from '../support/views.ts';
import { RunningController, configOf } from './running-controller.ts';

const small = poolOf('small', ['10.1.0.0/30']);

let clock: ManualClock;
let api: ServiceApi;
let running: RunningController;

beforeEach(() => {
  clock = new ManualClock();
  api = new ServiceApi(clock, new SeededRandom());
});

function start(): RunningController {
  return new RunningController(api, clock, new SeededRandom());
}

/** A controller that is configured, knows every Service, and has settled. */
async function startSettled(...pools: readonly Pool[]): Promise<RunningController> {
  running = start();
  running.controller.apply(configOf(...pools));
  running.controller.synced();
  await pass();
  return running;
}

async function pass(time = seconds(1)): Promise<void> {
  await clock.advanceAsync(time);
}

function put(key: string, over: Partial<ServiceView> = {}): void {
  api.put({ ...serviceView(key), ...api.view(key), ...over });
}

const addressesOf = (...keys: string[]): unknown[] => keys.map((key) => api.view(key)?.ingress[0]);

describe('starting', () => {
  test('waits for a configuration and for every Service before it decides anything', async () => {
    put('ns/a');
    running = start();
    await pass();
    expect(running.logged('event')).toEqual(['noConfig']);
    running.controller.apply(configOf(small));
    await pass();
    expect(addressesOf('ns/a')).toEqual([undefined]);
    running.controller.synced();
    await pass();
    expect(addressesOf('ns/a')).toEqual(['10.1.0.0']);
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
    for (let n = 0; n < 200; n += 1) put(`ns/s${n}`, { createdAt: stamp(n) });
    const wide = poolOf('wide', ['10.0.0.0/16']);
    await startSettled(wide);
    const before = [...api.objects].map(([key, { view }]) => [key, view?.ingress]);
    await running.controller.stop();
    running.cache.connected = false;
    put('ns/pending', { createdAt: stamp(-1) });

    const second = start();
    second.controller.synced();
    await pass();
    second.controller.apply(configOf(wide));
    await pass();
    expect([...api.objects].map(([key, { view }]) => [key, view?.ingress])).toEqual([
      ...before,
      ['ns/pending', ['10.0.0.200']],
    ]);
    expect(second.events.lines).toHaveLength(1);
  });

  test('lets the older of two Services with one address keep it, and tells the other', async () => {
    put('ns/young', { createdAt: stamp(5), ingress: ['10.1.0.2'] });
    put('ns/old', { createdAt: stamp(1), ingress: ['10.1.0.2'] });
    put('ns/pending', { createdAt: stamp(0) });
    await startSettled(small);
    expect(addressesOf('ns/old', 'ns/young', 'ns/pending')).toEqual([
      '10.1.0.2',
      '10.1.0.0',
      '10.1.0.1',
    ]);
    expect(running.events.lines).toContain(
      `Normal ns/young ClearAssignment: current IP for "ns/young" not allowed by config, will attempt for new IP assignment: can't change sharing key for "ns/young", address also in use by ns/old`,
    );
  });

  test('serves waiting Services in order of age, then name', async () => {
    put('ns/c', { createdAt: stamp(2) });
    put('ns/b', { createdAt: stamp(1) });
    put('ns/a', { createdAt: stamp(2) });
    await startSettled(small);
    expect(addressesOf('ns/b', 'ns/a', 'ns/c')).toEqual(['10.1.0.0', '10.1.0.1', '10.1.0.2']);
  });
});

test('of two controllers that gave one address twice, both leave it to the older Service', async () => {
  const [first, second] = [await startSettled(small), await startSettled(small)];
  first.cache.connected = false;
  put('ns/young', { createdAt: stamp(2) });
  await pass();
  [first.cache.connected, second.cache.connected] = [true, false];
  put('ns/old', { createdAt: stamp(1) });
  await pass();
  expect(addressesOf('ns/old', 'ns/young')).toEqual(['10.1.0.0', '10.1.0.0']);

  second.cache.connected = true;
  for (const { cache } of [first, second]) cache.list();
  await pass();
  expect(addressesOf('ns/old', 'ns/young')).toEqual(['10.1.0.0', '10.1.0.1']);
  const told = [...first.events.lines, ...second.events.lines];
  expect(told.filter((line) => line.includes('ns/old '))).toHaveLength(1);
  expect(told).toContain(
    `Normal ns/young ClearAssignment: current IP for "ns/young" not allowed by config, will attempt for new IP assignment: can't change sharing key for "ns/young", address also in use by ns/old`,
  );
});

describe('waiting Services', () => {
  beforeEach(async () => {
    for (const n of [0, 1, 2, 3, 4, 5]) put(`ns/s${n}`, { createdAt: stamp(n) });
    await startSettled(small);
    running.events.take();
  });

  test('get the address of a deleted Service, the oldest first', async () => {
    expect(addressesOf('ns/s4', 'ns/s5')).toEqual([undefined, undefined]);
    api.delete('ns/s2');
    await pass();
    expect(addressesOf('ns/s4', 'ns/s5')).toEqual(['10.1.0.2', undefined]);
    expect(running.logged('event')).toContain('serviceDeleted');
    expect(running.events.take()).toEqual(['Normal ns/s4 IPAllocated: Assigned IP ["10.1.0.2"]']);
  });

  test('get the address of one that is no longer a LoadBalancer', async () => {
    put('ns/s0', { type: 'ClusterIP' });
    await pass();
    expect(addressesOf('ns/s0', 'ns/s4', 'ns/s5')).toEqual([undefined, '10.1.0.0', undefined]);
  });

  test('get addresses when the configuration grows', async () => {
    running.controller.apply(configOf(poolOf('large', ['10.1.0.0/24'])));
    await pass();
    expect(addressesOf('ns/s4', 'ns/s5')).toEqual(['10.1.0.4', '10.1.0.5']);
  });

  test('are told once that there is no address, however often they are looked at', async () => {
    put('ns/s5', { labels: { a: 'b' } });
    await pass();
    put('ns/s5', { labels: {} });
    await pass();
    expect(running.events.take()).toEqual([]);
    put('ns/s5', { addressPool: 'nope' });
    await pass();
    expect(running.events.take()).toEqual([
      'Warning ns/s5 AllocationFailed: Failed to allocate IP for "ns/s5": unknown pool "nope"',
    ]);
  });

  test('are looked at only when something was given back', async () => {
    put('ns/s0', { labels: { a: 'b' } });
    await pass();
    const before = running.processed;
    put('ns/s0', { labels: {} });
    await pass();
    expect(running.processed - before).toBe(1);
    api.delete('ns/s5');
    await pass();
    expect(running.processed - before).toBe(2);
  });
});

test('a Service pinned to a port in use gets its address when the port is given up', async () => {
  const both = [
    { protocol: 'TCP', port: 80 },
    { protocol: 'TCP', port: 443 },
  ];
  const pinned = { sharingKey: 'k', loadBalancerIP: '10.1.0.1' };
  put('ns/a', { ...pinned, ports: both, createdAt: stamp(0) });
  put('ns/b', { ...pinned, createdAt: stamp(1) });
  await startSettled(small);
  expect(addressesOf('ns/b')).toEqual([undefined]);
  put('ns/a', { ports: both.slice(1) });
  await pass();
  expect(addressesOf('ns/a', 'ns/b')).toEqual(['10.1.0.1', '10.1.0.1']);
});

describe('a new configuration', () => {
  test('that strands an address is refused, logged, and changes nothing', async () => {
    put('ns/a');
    await startSettled(small);
    const reason =
      'new config not compatible with assigned IPs: service "ns/a" cannot own ["10.1.0.0"] under new config';
    expect(running.controller.apply(configOf())).toEqual({ kind: 'refused', reason });
    expect(running.lines.at(-1)).toEqual({
      level: 'error',
      fields: { op: 'setConfig', error: reason, msg: 'applying new configuration failed' },
    });
    put('ns/b');
    await pass();
    expect(addressesOf('ns/a', 'ns/b')).toEqual(['10.1.0.0', '10.1.0.1']);
  });

  test('that renames a pool changes no address, and the figures move', async () => {
    put('ns/a');
    await startSettled(small);
    expect([...running.usage.values()]).toEqual([
      { pool: 'small', capacity: 4n, inUse: 1, services: 1 },
    ]);
    running.controller.apply(configOf(poolOf('renamed', ['10.1.0.0/24'])));
    await pass();
    expect(addressesOf('ns/a')).toEqual(['10.1.0.0']);
    expect([...running.usage.values()]).toEqual([
      { pool: 'renamed', capacity: 256n, inUse: 1, services: 1 },
    ]);
    expect(running.events.lines).toHaveLength(1);
  });
});

describe('writing', () => {
  test('goes on after failures, later each time, with one Event in the end', async () => {
    put('ns/a');
    api.weather = { slowest: 0, refused: 1, lost: 0 };
    await startSettled(small);
    expect(running.failed).toBeGreaterThan(4);
    expect(running.failed).toBeLessThan(12);
    expect(running.events.lines).toEqual([]);
    expect(running.logged('op')).toContain('updateServiceStatus');
    api.weather = { slowest: 0, refused: 0, lost: 0 };
    await pass(seconds(60));
    expect(addressesOf('ns/a')).toEqual(['10.1.0.0']);
    expect(running.events.lines).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  test('survives a Service that changed or went meanwhile', async () => {
    await startSettled(small);
    api.weather = { slowest: 20, refused: 0, lost: 0 };
    put('ns/a');
    put('ns/b');
    await pass(millis(25));
    put('ns/a', { labels: { changed: 'yes' } });
    api.delete('ns/b');
    await pass();
    expect(addressesOf('ns/a')).toEqual([expect.stringMatching(/^10\.1\.0\.[01]$/)]);
    expect(api.view('ns/a')?.labels).toEqual({ changed: 'yes' });
    expect([...running.usage.values()]).toMatchObject([{ inUse: 1, services: 1 }]);
    expect(clock.pending).toBe(0);
  });

  test('keeps sixteen requests under way and no more', async () => {
    for (let n = 0; n < 40; n += 1) put(`ns/s${n}`);
    api.weather = { slowest: 10, refused: 0, lost: 0 };
    running = start();
    let underWay = 0;
    let most = 0;
    const publish = running.cache.publish.bind(running.cache);
    running.cache.publish = async (view, addresses) => {
      most = Math.max(most, (underWay += 1));
      const result = await publish(view, addresses);
      underWay -= 1;
      return result;
    };
    running.controller.apply(configOf(poolOf('wide', ['10.0.0.0/16'])));
    running.controller.synced();
    await pass();
    expect(most).toBe(16);
    expect([...api.objects.values()].every(({ view }) => view?.ingress.length === 1)).toBe(true);
  });

  test('a status that was wiped by hand is written again', async () => {
    put('ns/a');
    await startSettled(small);
    put('ns/a', { ingress: [], hasLoadBalancerStatus: false });
    await pass();
    expect(addressesOf('ns/a')).toEqual(['10.1.0.0']);
  });

  test('a status without addresses on another type of Service is cleared', async () => {
    put('ns/a', { type: 'NodePort', hasLoadBalancerStatus: true });
    await startSettled(small);
    expect(api.view('ns/a')?.hasLoadBalancerStatus).toBe(false);
  });
});

test('stopping lets the writes under way finish and begins no other', async () => {
  api.weather = { slowest: 50, refused: 0, lost: 0 };
  for (let n = 0; n < 40; n += 1) put(`ns/s${n}`);
  await pass();
  running = start();
  running.controller.apply(configOf(poolOf('wide', ['10.0.0.0/16'])));
  running.controller.synced();
  await pass(millis(1));
  let stopped = false;
  const stopping = running.controller.stop().then(() => (stopped = true));
  await settle();
  expect(stopped).toBe(false);
  await pass();
  await stopping;
  const written = [...api.objects.values()].filter(({ view }) => view?.ingress.length === 1);
  expect(written).toHaveLength(16);
});

/** A creation time so many minutes into 2026. */
function stamp(minutes: number): string {
  return new Date(Date.UTC(2026, 0, 1) + minutes * 60_000).toISOString().replace('.000', '');
}
