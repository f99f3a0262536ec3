import { beforeEach, describe, expect, test } from 'vitest';
import { poolOf } from '../../support/views.ts';
import type { RunningController } from '../running-controller.ts';
import { SimulatedCluster, stamp } from '../simulated-cluster.ts';

const SHARED = '10.1.0.5';

let cluster: SimulatedCluster;
let running: RunningController;

beforeEach(async () => {
  cluster = new SimulatedCluster({ compat: 'v0.13' });
  put('ns/a', 80);
  put('ns/b', 53);
  running = await cluster.startSettled(poolOf('first', ['10.1.0.0/24']));
  expect(cluster.addressesOf('ns/a', 'ns/b')).toEqual([SHARED, SHARED]);
  running.events.take();
});

function put(key: string, port: number): void {
  const ports = [{ protocol: 'TCP', port }];
  cluster.put(key, { ports, sharingKey: 'k', loadBalancerIP: SHARED, createdAt: stamp(port) });
}

describe('a Service that gave up sharing', () => {
  beforeEach(async () => {
    cluster.put('ns/b', { sharingKey: '' });
    await cluster.pass();
  });

  test('keeps the address beside the others, and is told', () => {
    expect(cluster.addressesOf('ns/a', 'ns/b')).toEqual([SHARED, SHARED]);
    expect(running.events.lines).toEqual([
      `Warning ns/b svcCannotShareKey: current IP for "ns/b" is kept: can't change sharing key for "ns/b", address also in use by ns/a`,
    ]);
  });

  test('has it to itself once the others are gone', async () => {
    cluster.api.delete('ns/a');
    await cluster.pass();
    put('ns/c', 123);
    await cluster.pass();
    expect(cluster.addressesOf('ns/b', 'ns/c')).toEqual([SHARED, undefined]);
  });
});
