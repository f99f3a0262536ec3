import { beforeEach, describe, expect, test } from 'vitest';
import { Allocator } from '../../../src/runtime/allocator/index.ts';
import { type Outcome, converge } from '../../../src/runtime/controller/converge.ts';
import type { Compat, ServiceView } from '../../../src/runtime/model/index.ts';
import { poolOf, serviceView } from '../../support/views.ts';
import { type RunningController, configOf } from '../running-controller.ts';
import { SimulatedCluster } from '../simulated-cluster.ts';

const harbor = poolOf('harbor', ['10.1.0.0/29']);
const marina = poolOf('marina-west', ['10.2.0.0/29'], {
  legacyName: 'Marina West',
  autoAssign: false,
});

function look(over: Partial<ServiceView>, compat: Compat = 'v0.13'): Outcome {
  const allocator = new Allocator(compat);
  allocator.setPools([harbor, marina]);
  return converge(serviceView('ns/a', over), allocator, compat);
}

const events = ({ remarks }: Outcome): string[] =>
  remarks.map(({ type, reason, message }) => `${type} ${reason}: ${message}`);

describe('a Service that asks for an address and for a pool', () => {
  const both = { loadBalancerIP: '10.1.0.3', addressPool: 'marina-west' };
  const refusal =
    'Warning AllocationFailed: Failed to allocate IP for "ns/a": requested loadBalancer IP(s) ["10.1.0.3"] is not compatible with requested address pool marina-west';

  test('waits where the one is not in the other, and is told', () => {
    const outcome = look(both);
    expect(outcome).toMatchObject({ addresses: [], waiting: true });
    expect(events(outcome)).toEqual([refusal]);
  });

  test('holds nothing while it waits', () => {
    const allocator = new Allocator('v0.13');
    allocator.setPools([harbor, marina]);
    converge(serviceView('ns/a', both), allocator, 'v0.13');
    expect(allocator.usage()).toMatchObject([{ inUse: 0 }, { inUse: 0 }]);
  });

  test('loses the address it carries where it is not in that pool', () => {
    const outcome = look({ ...both, ingress: ['10.1.0.3'] });
    expect(outcome).toMatchObject({ addresses: [], waiting: true });
    expect(events(outcome)).toEqual([refusal]);
  });

  test('gets the address before v0.13', () => {
    expect(look(both, 'v0.12').addresses).toEqual(['10.1.0.3']);
  });

  test('gets it where the one is in the other, and keeps it', () => {
    const agreed = { loadBalancerIP: '10.2.0.3', addressPool: 'marina-west' };
    expect(look(agreed).addresses).toEqual(['10.2.0.3']);
    const kept = look({ ...agreed, ingress: ['10.2.0.3'] });
    expect(kept).toMatchObject({ addresses: ['10.2.0.3'], remarks: [] });
  });
});

test.each<Compat>(['v0.10', 'v0.12', 'v0.13'])(
  'under %s a pool that was renamed by a migration answers to both names',
  (compat) => {
    for (const addressPool of ['Marina West', 'marina-west']) {
      expect(look({ addressPool }, compat).addresses).toEqual(['10.2.0.0']);
      const kept = look({ addressPool, ingress: ['10.2.0.5'] }, compat);
      expect(kept).toMatchObject({ addresses: ['10.2.0.5'], remarks: [], lines: [] });
    }
    expect(events(look({ addressPool: 'marina west' }, compat))[0]).toContain(
      'unknown pool "marina west"',
    );
  },
);

test('annotations that contradict each other are reported', () => {
  const outcome = look({ disputed: ['address-pool', 'allow-shared-ip'] });
  expect(outcome.addresses).toEqual(['10.1.0.0']);
  expect(events(outcome).slice(0, 2)).toEqual([
    'Warning conflictingAnnotations: annotations metallb.io/address-pool and metallb.universe.tf/address-pool differ: the first one counts',
    'Warning conflictingAnnotations: annotations metallb.io/allow-shared-ip and metallb.universe.tf/allow-shared-ip differ: the first one counts',
  ]);
});

test('what is wrong with an annotation is told by the name it was given', () => {
  const key = 'metallb.io/loadBalancerIPs';
  const outcome = look({ loadBalancerIPs: 'junk', loadBalancerIPsKey: key });
  expect(events(outcome)[0]).toContain('invalid metallb.io/loadBalancerIPs: "junk"');
});

describe('the annotation that names the pool', () => {
  let cluster: SimulatedCluster;
  let running: RunningController;
  let writes: number;
  beforeEach(() => {
    cluster = new SimulatedCluster({ compat: 'v0.13' });
    writes = 0;
    cluster.api.onWrite = () => (writes += 1);
  });
  const named = (): string | undefined => cluster.api.view('ns/a')?.allocatedFrom;

  test('comes with the address and goes with it, in the same writes', async () => {
    cluster.put('ns/a');
    running = await cluster.startSettled(harbor, marina);
    expect([named(), writes]).toEqual(['harbor', 1]);
    cluster.put('ns/a', { addressPool: 'Marina West' });
    await cluster.pass();
    expect(named()).toBe('marina-west');
    writes = 0;
    cluster.put('ns/a', { type: 'ClusterIP' });
    await cluster.pass();
    expect([named(), writes]).toEqual([undefined, 1]);
  });

  test('causes no write of its own for a Service with an address', async () => {
    const carried = { ingress: ['10.1.0.5'], hasLoadBalancerStatus: true };
    cluster.put('ns/a', carried);
    cluster.put('ns/b', { ...carried, ingress: ['10.1.0.6'], allocatedFrom: 'old-name' });
    running = await cluster.startSettled(harbor);
    running.controller.apply(configOf(poolOf('renamed', ['10.1.0.0/29'])));
    await cluster.pass();
    expect(writes).toBe(0);
  });

  test('is taken from a Service whose address went without us', async () => {
    cluster.put('ns/a', { type: 'ClusterIP', allocatedFrom: 'harbor' });
    running = await cluster.startSettled(harbor);
    expect([named(), writes]).toEqual([undefined, 1]);
  });

  test('is not fought for where the server keeps it', async () => {
    cluster.put('ns/a', { type: 'ClusterIP', allocatedFrom: 'harbor' });
    const replaceStatus = cluster.api.replaceStatus.bind(cluster.api);
    cluster.api.replaceStatus = (key, version, ingress) => replaceStatus(key, version, ingress);
    running = await cluster.startSettled(harbor);
    await cluster.pass();
    expect([named(), writes]).toEqual(['harbor', 1]);
  });

  test('is not written before v0.13', async () => {
    const old = new SimulatedCluster();
    old.put('ns/a');
    await old.startSettled(harbor);
    expect(old.api.view('ns/a')).not.toHaveProperty('allocatedFrom');
  });
});
