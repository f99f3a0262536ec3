import { describe, expect, test } from 'vitest';
import { type Compat, isServed } from '../../../src/runtime/model/index.ts';
import { poolOf } from '../../support/views.ts';
import { SimulatedCluster, stamp } from '../simulated-cluster.ts';

const small = poolOf('small', ['10.1.0.0/30']);
const OTHER = 'example.org/other';
const OURS = 'example.org/ours';

test.each<[Compat, string, string | undefined, boolean]>([
  ['v0.13', '', undefined, true],
  ['v0.13', '', OTHER, false],
  ['v0.13', OURS, OURS, true],
  ['v0.13', OURS, OTHER, false],
  ['v0.13', OURS, undefined, false],
  ['v0.12', '', undefined, true],
  ['v0.12', '', OTHER, true],
  ['v0.10', '', OTHER, true],
  ['v0.12', OURS, OURS, true],
  ['v0.12', OURS, OTHER, false],
  ['v0.12', OURS, undefined, false],
])(
  'under %s with --lb-class=%j a Service of class %j is served: %s',
  (compat, asked, its, served) => {
    const view = its === undefined ? {} : { loadBalancerClass: its };
    expect(isServed(view, compat, asked)).toBe(served);
  },
);

describe('a Service of another class', () => {
  test('gets no address, and what another controller gave it stays', async () => {
    const cluster = new SimulatedCluster({ compat: 'v0.13' });
    cluster.put('ns/pending', { loadBalancerClass: OTHER });
    cluster.put('ns/served', {
      loadBalancerClass: OTHER,
      ingress: ['203.0.113.9'],
      hasLoadBalancerStatus: true,
    });
    cluster.put('ns/named', { loadBalancerClass: OTHER, hasLoadBalancerStatus: true });
    cluster.put('ns/ours');
    const writes: string[] = [];
    cluster.api.onWrite = (key) => writes.push(key);
    const running = await cluster.startSettled(small);
    await cluster.pass();
    expect(writes).toEqual(['ns/ours']);
    expect(running.events.lines).toEqual(['Normal ns/ours IPAllocated: Assigned IP ["10.1.0.0"]']);
  });

  test('stands in nobody’s way with an address of our pools', async () => {
    const cluster = new SimulatedCluster({ compat: 'v0.13' });
    const carried = { ingress: ['10.1.0.0'], hasLoadBalancerStatus: true };
    cluster.put('ns/other', { loadBalancerClass: OTHER, createdAt: stamp(0), ...carried });
    cluster.put('ns/ours', { createdAt: stamp(1), ...carried });
    const running = await cluster.startSettled(small);
    expect(cluster.addressesOf('ns/other', 'ns/ours')).toEqual(['10.1.0.0', '10.1.0.0']);
    expect(running.usage.get('small')).toMatchObject({ inUse: 1, services: 1 });
  });
});

describe('a Service that changes hands', () => {
  test('gives its address back when it takes another class', async () => {
    const cluster = new SimulatedCluster({ compat: 'v0.13' });
    cluster.put('ns/a');
    const running = await cluster.startSettled(poolOf('one', ['10.1.0.0/32']));
    cluster.put('ns/next', { createdAt: stamp(5) });
    await cluster.pass();
    expect(cluster.addressesOf('ns/a', 'ns/next')).toEqual(['10.1.0.0', undefined]);
    cluster.put('ns/a', { loadBalancerClass: OTHER });
    await cluster.pass();
    expect(cluster.addressesOf('ns/next')).toEqual(['10.1.0.0']);
    expect(running.usage.get('one')).toMatchObject({ inUse: 1, services: 1 });
  });

  test('is cleared when it ceases to be a LoadBalancer, which takes its class away', async () => {
    const cluster = new SimulatedCluster({ compat: 'v0.13', lbClass: OURS });
    cluster.put('ns/a', { loadBalancerClass: OURS });
    await cluster.startSettled(small);
    expect(cluster.addressesOf('ns/a')).toEqual(['10.1.0.0']);
    const { loadBalancerClass, ...rest } = cluster.api.view('ns/a')!;
    expect(loadBalancerClass).toBe(OURS);
    cluster.api.put({ ...rest, type: 'ClusterIP' });
    await cluster.pass();
    expect(cluster.addressesOf('ns/a')).toEqual([undefined]);
  });

  test('gets an address when it comes to us', async () => {
    const cluster = new SimulatedCluster({ compat: 'v0.13', lbClass: OURS });
    cluster.put('ns/a', { type: 'ClusterIP' });
    await cluster.startSettled(small);
    cluster.put('ns/a', { type: 'LoadBalancer', loadBalancerClass: OURS });
    await cluster.pass();
    expect(cluster.addressesOf('ns/a')).toEqual(['10.1.0.0']);
  });
});
