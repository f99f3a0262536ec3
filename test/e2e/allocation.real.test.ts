import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type ControlPlane,
  Installation,
  type RunningProgram,
  Services,
  eventually,
  startControlPlane,
} from '../cluster/index.ts';

const CONFIG = `
address-pools:
- name: everyone
  protocol: layer2
  addresses:
  - 198.51.100.0/28
- name: reserved
  protocol: layer2
  auto-assign: false
  addresses:
  - 203.0.113.0/30
- name: twofold
  protocol: layer2
  auto-assign: false
  addresses:
  - 2001:db8:1::/126
  - 203.0.113.8/30
`;
const POOL = 'metallb.universe.tf/address-pool';
const SHARED = 'metallb.universe.tf/allow-shared-ip';
const PINNED = 'metallb.universe.tf/loadBalancerIPs';

let plane: ControlPlane;
let controller: RunningProgram;
let services: Services;

beforeAll(async () => {
  plane = await startControlPlane({ dualStack: true });
  services = new Services(plane.admin);
  const installation = await Installation.apply(plane);
  await installation.configure(CONFIG);
  controller = await (await installation.startController()).ready();
});

afterEach(async () => {
  await services.clear();
  await eventually(
    'every address is free',
    async () => (await inUse('everyone')) === 0 || undefined,
  );
});

afterAll(async () => {
  await controller.stop();
  await plane.close();
});

describe('a Service without wishes', () => {
  test('gets the lowest free address, and an Event says which', async () => {
    await services.create('web');

    expect(await services.assigned('web')).toEqual(['198.51.100.0']);
    expect(await services.event('web', 'IPAllocated')).toMatchObject({
      type: 'Normal',
      message: 'Assigned IP ["198.51.100.0"]',
      source: { component: 'metallb-controller' },
      involvedObject: { kind: 'Service', namespace: 'default', name: 'web' },
    });
  });

  test('gives its address back when it is no longer of type LoadBalancer', async () => {
    await services.create('web');
    await services.assigned('web', '198.51.100.0');

    await services.change('web', {
      spec: { type: 'ClusterIP', ports: [{ port: 80, nodePort: null }] },
    });

    await services.pending('web');
    await services.create('next');
    await services.assigned('next', '198.51.100.0');
  });

  test('is told once, however often it is looked at', async () => {
    await services.create('web');
    await services.assigned('web');
    for (const note of ['a', 'b', 'c']) {
      await services.change('web', { metadata: { labels: { note } } });
    }
    await services.create('later');
    await services.event('later', 'IPAllocated');

    const told = (await services.events('web')).filter(({ reason }) => reason === 'IPAllocated');

    expect(told.map(({ count }) => count)).toEqual([1]);
  });
});

describe('a Service that asks for an address', () => {
  test('gets the one in spec.loadBalancerIP, and moves when that changes', async () => {
    await services.create('web', { spec: { loadBalancerIP: '198.51.100.9' } });
    await services.assigned('web', '198.51.100.9');

    await services.change('web', { spec: { loadBalancerIP: '203.0.113.2' } });

    await services.assigned('web', '203.0.113.2');
  });

  test('gets the one in its annotation', async () => {
    await services.create('web', { annotations: { [PINNED]: '198.51.100.7' } });

    await services.assigned('web', '198.51.100.7');
  });

  test('waits, and is told by whom it is held, when it is taken', async () => {
    await services.create('early', { spec: { loadBalancerIP: '198.51.100.9' } });
    await services.assigned('early', '198.51.100.9');

    await services.create('late', { spec: { loadBalancerIP: '198.51.100.9' } });

    const { type, message } = await services.event('late', 'AllocationFailed');
    expect(type).toBe('Warning');
    expect(message).toContain(
      `can't change sharing key for "default/late", address also in use by default/early`,
    );
    await services.delete('early');
    await services.assigned('late', '198.51.100.9');
  });

  test('is told when what it asks for is no address, and nobody else is held up', async () => {
    await services.create('odd', { annotations: { [PINNED]: '"; drop table, 198.51.100.300' } });
    await services.create('web');

    await services.assigned('web', '198.51.100.0');
    const { message } = await services.event('odd', 'AllocationFailed');
    expect(message).toContain('invalid metallb.universe.tf/loadBalancerIPs');
  });
});

describe('a Service that asks for a pool', () => {
  test('gets an address of that pool, though the pool gives none on its own', async () => {
    await services.create('web', { annotations: { [POOL]: 'reserved' } });

    await services.assigned('web', '203.0.113.0');
  });

  test('is told when there is no such pool', async () => {
    await services.create('web', { annotations: { [POOL]: 'nowhere' } });

    const { message } = await services.event('web', 'AllocationFailed');
    expect(message).toBe('Failed to allocate IP for "default/web": unknown pool "nowhere"');
  });

  test('waits while the pool is exhausted and gets the first address that is freed', async () => {
    const names = ['a', 'b', 'c', 'd'];
    for (const name of names) {
      await services.create(name, { annotations: { [POOL]: 'reserved' } });
      await services.assigned(name);
    }

    await services.create('e', { annotations: { [POOL]: 'reserved' } });

    const { message } = await services.event('e', 'AllocationFailed');
    expect(message).toBe(
      'Failed to allocate IP for "default/e": no available IPs in pool "reserved" for ipv4 IPFamily',
    );
    expect(await inUse('reserved')).toBe(4);
    const [freed = ''] = await services.assigned('c');
    await services.delete('c');
    await services.assigned('e', freed);
  });
});

describe('Services with one sharing key', () => {
  const sharing = { [SHARED]: 'dns' };
  const spec = { loadBalancerIP: '198.51.100.5' };

  test('share an address on different ports', async () => {
    await services.create('tcp', { annotations: sharing, ports: [['TCP', 53]], spec });
    await services.create('udp', { annotations: sharing, ports: [['UDP', 53]], spec });

    await services.assigned('tcp', '198.51.100.5');
    await services.assigned('udp', '198.51.100.5');
    expect(await inUse('everyone')).toBe(1);
  });

  test('do not share a port', async () => {
    await services.create('tcp', { annotations: sharing, ports: [['TCP', 53]], spec });
    await services.assigned('tcp', '198.51.100.5');

    await services.create('again', { annotations: sharing, ports: [['TCP', 53]], spec });

    const { message } = await services.event('again', 'AllocationFailed');
    expect(message).toContain('port TCP/53 is already in use on "198.51.100.5"');
  });
});

describe('a Service of two families', () => {
  const spec = { ipFamilyPolicy: 'RequireDualStack' };

  test('gets one address of each from one pool, in the order of the pool', async () => {
    await services.create('web', { annotations: { [POOL]: 'twofold' }, spec });

    await services.assigned('web', '2001:db8:1::', '203.0.113.8');
    const { message } = await services.event('web', 'IPAllocated');
    expect(message).toBe('Assigned IP ["2001:db8:1::" "203.0.113.8"]');
  });

  test('gets the two addresses of its annotation', async () => {
    await services.create('web', {
      annotations: { [PINNED]: '2001:db8:1::3, 203.0.113.11' },
      spec,
    });

    const found = await services.assigned('web');
    expect(found.toSorted()).toEqual(['2001:db8:1::3', '203.0.113.11']);
  });

  test('gets nothing from pools of one family', async () => {
    await services.create('web', { spec });

    const { message } = await services.event('web', 'AllocationFailed');
    expect(message).toBe('Failed to allocate IP for "default/web": no available IPs');
  });

  test('may also be of IPv6 alone', async () => {
    const annotations = { [POOL]: 'twofold' };
    await services.create('web', { annotations, spec: { ipFamilies: ['IPv6'] } });

    await services.assigned('web', '2001:db8:1::');
  });
});

async function inUse(pool: string): Promise<number | undefined> {
  return (await controller.metrics()).get(
    `metallb_allocator_addresses_in_use_total{pool="${pool}"}`,
  );
}
