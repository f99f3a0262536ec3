import { beforeEach, describe, expect, test } from 'vitest';
import { millis, seconds } from '../../src/runtime/platform/ports.ts';
import { settle } from '../support/manual-clock.ts';
import { poolOf } from '../support/views.ts';
import { type RunningController, configOf } from './running-controller.ts';
import { SimulatedCluster } from './simulated-cluster.ts';

const small = poolOf('small', ['10.1.0.0/30']);

let cluster: SimulatedCluster;
let running: RunningController;
beforeEach(() => {
  cluster = new SimulatedCluster();
});

describe('writing', () => {
  test('goes on after failures, later each time, with one Event in the end', async () => {
    cluster.put('ns/a');
    cluster.api.weather = { slowest: 0, refused: 1, lost: 0 };
    running = await cluster.startSettled(small);
    expect(running.failed).toBeGreaterThan(4);
    expect(running.failed).toBeLessThan(12);
    expect(running.events.lines).toEqual([]);
    expect(running.logged('op')).toContain('updateServiceStatus');
    cluster.api.weather = { slowest: 0, refused: 0, lost: 0 };
    await cluster.pass(seconds(60));
    expect(cluster.addressesOf('ns/a')).toEqual(['10.1.0.0']);
    expect(running.events.lines).toHaveLength(1);
    expect(cluster.clock.pending).toBe(0);
  });

  test('survives a Service that changed or went meanwhile', async () => {
    running = await cluster.startSettled(small);
    cluster.api.weather = { slowest: 20, refused: 0, lost: 0 };
    cluster.put('ns/a');
    cluster.put('ns/b');
    await cluster.pass(millis(25));
    cluster.put('ns/a', { labels: { changed: 'yes' } });
    cluster.api.delete('ns/b');
    await cluster.pass();
    expect(cluster.addressesOf('ns/a')).toEqual([expect.stringMatching(/^10\.1\.0\.[01]$/)]);
    expect(cluster.api.view('ns/a')?.labels).toEqual({ changed: 'yes' });
    expect([...running.usage.values()]).toMatchObject([{ inUse: 1, services: 1 }]);
    expect(cluster.clock.pending).toBe(0);
  });

  test('whose answer was lost keeps its address from others until the truth is known', async () => {
    cluster.put('ns/a');
    running = await cluster.startSettled(small);
    const { api } = cluster;
    const { cache } = running;
    cluster.put('ns/b');
    await settle();
    cache.connected = false;
    api.weather = { slowest: 0, refused: 0, lost: 1 };
    await cluster.pass(millis(1));
    expect(cluster.addressesOf('ns/b')).toEqual(['10.1.0.1']);

    api.weather = { slowest: 0, refused: 0, lost: 0 };
    api.delete('ns/a');
    cluster.put('ns/c');
    for (const key of ['ns/a', 'ns/c']) {
      cache.connected = true;
      cache.learn(key, api.objects.get(key)!);
      cache.connected = false;
      await cluster.pass(millis(20));
    }
    expect(cluster.addressesOf('ns/c')).toEqual(['10.1.0.2']);
    cache.connected = true;
    cache.list();
    await cluster.pass();
    expect(cluster.addressesOf('ns/b', 'ns/c')).toEqual(['10.1.0.1', '10.1.0.2']);
  });

  test('keeps sixteen requests under way and no more', async () => {
    for (let n = 0; n < 40; n += 1) cluster.put(`ns/s${n}`);
    cluster.api.weather = { slowest: 10, refused: 0, lost: 0 };
    running = cluster.start();
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
    await cluster.pass();
    expect(most).toBe(16);
    expect([...cluster.api.objects.values()].every(({ view }) => view?.ingress.length === 1)).toBe(
      true,
    );
  });

  test('a status that was wiped by hand is written again', async () => {
    cluster.put('ns/a');
    running = await cluster.startSettled(small);
    cluster.put('ns/a', { ingress: [], hasLoadBalancerStatus: false });
    await cluster.pass();
    expect(cluster.addressesOf('ns/a')).toEqual(['10.1.0.0']);
  });

  test('a status of tens of thousands of addresses is replaced at once', async () => {
    const many = (first: number): string[] =>
      Array.from({ length: 40_000 }, (_, n) => `10.${first}.${n >> 8}.${n & 255}`);
    running = await cluster.startSettled(small);
    cluster.put('ns/a', { ingress: many(1), hasLoadBalancerStatus: true });
    cluster.put('ns/a', { ingress: many(2), hasLoadBalancerStatus: true });
    await cluster.pass();
    expect(cluster.api.view('ns/a')?.ingress).toEqual(['10.1.0.0']);
    expect(running.events.lines[0]).toContain('invalid ips length 40000');
  });

  test('a status without addresses on another type of Service is cleared', async () => {
    cluster.put('ns/a', { type: 'NodePort', hasLoadBalancerStatus: true });
    running = await cluster.startSettled(small);
    expect(cluster.api.view('ns/a')?.hasLoadBalancerStatus).toBe(false);
  });
});

test('stopping lets the writes under way finish and begins no other', async () => {
  cluster.api.weather = { slowest: 50, refused: 0, lost: 0 };
  for (let n = 0; n < 40; n += 1) cluster.put(`ns/s${n}`);
  await cluster.pass();
  running = cluster.start();
  running.controller.apply(configOf(poolOf('wide', ['10.0.0.0/16'])));
  running.controller.synced();
  await cluster.pass(millis(1));
  let stopped = false;
  const stopping = running.controller.stop().then(() => (stopped = true));
  await settle();
  expect(stopped).toBe(false);
  await cluster.pass();
  await stopping;
  const written = [...cluster.api.objects.values()].filter(
    ({ view }) => view?.ingress.length === 1,
  );
  expect(written).toHaveLength(16);
});
