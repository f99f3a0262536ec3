import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type ControlPlane,
  Installation,
  NAMESPACE,
  type RunningProgram,
  Services,
  eventsAbout,
  eventually,
  startControlPlane,
} from '../cluster/index.ts';

const pool = (name: string, addresses: string): string =>
  `- name: ${name}\n  protocol: layer2\n  addresses: [${addresses}]\n`;
const SMALL = `address-pools:\n${pool('small', '198.51.100.0/31')}`;
const STALE = 'metallb_k8s_client_config_stale_bool';
const LOADED = 'metallb_k8s_client_config_loaded_bool';

let plane: ControlPlane;
let installation: Installation;
let controller: RunningProgram;
let services: Services;

beforeAll(async () => {
  plane = await startControlPlane();
  services = new Services(plane.admin);
  installation = await Installation.apply(plane);
  controller = await (await installation.startController()).ready();
});

beforeEach(async () => {
  await services.clear();
  await installation.configure(SMALL);
  await stale(0);
});

afterEach(async () => {
  await services.clear();
});

afterAll(async () => {
  await controller.stop();
  await plane.close();
});

describe('an edit of the ConfigMap', () => {
  test('that adds a pool serves the Services that waited', async () => {
    for (const name of ['a', 'b', 'c']) await services.create(name);
    await services.assigned('a');
    await services.event('c', 'AllocationFailed');

    await installation.configure(SMALL + pool('more', '203.0.113.0/30'));

    await services.assigned('c', '203.0.113.0');
  });

  test('that renames and widens a pool moves nobody', async () => {
    await services.create('web', { spec: { loadBalancerIP: '198.51.100.1' } });
    await services.assigned('web', '198.51.100.1');

    await installation.configure(`address-pools:\n${pool('wide', '198.51.100.0/24')}`);

    await eventually('the pool is known by its new name', async () => {
      const metrics = await controller.metrics();
      return metrics.get('metallb_allocator_addresses_in_use_total{pool="wide"}');
    });
    await services.assigned('web', '198.51.100.1');
    expect([...(await controller.metrics()).keys()].join()).not.toContain('pool="small"');
  });

  test('with a typo changes nothing and says where and what was meant', async () => {
    await installation.configure(SMALL.replace('addresses:', 'adresses:'));
    await stale(1);

    await services.create('web');

    await services.assigned('web', '198.51.100.0');
    expect((await controller.metrics()).get(LOADED)).toBe(1);
    const event = await eventually('an Event on the ConfigMap', async () =>
      (await eventsAbout(plane.admin, NAMESPACE, 'config')).findLast(
        ({ type, message }) => type === 'Warning' && message?.includes('adresses') === true,
      ),
    );
    expect(event.message).toMatch(/line 4\b/);
    expect(event.message).toMatch(/column \d+/);
    expect(event.message).toContain('"addresses"');
    await installation.configure(SMALL);
    await stale(0);
  });

  test('that is not YAML changes nothing', async () => {
    await services.create('web');
    await services.assigned('web');

    await installation.configure('address-pools: [\n');

    await stale(1);
    await services.assigned('web', '198.51.100.0');
  });

  test('that strands an address is refused until the address is free', async () => {
    await services.create('web');
    await services.assigned('web', '198.51.100.0');

    await installation.configure(`address-pools:\n${pool('other', '203.0.113.0/30')}`);

    await stale(1);
    await services.assigned('web', '198.51.100.0');
    await services.delete('web');
    await stale(0);
    await services.create('next');
    await services.assigned('next', '203.0.113.0');
  });
});

describe('a ConfigMap that goes away', () => {
  test('leaves the last configuration in force', async () => {
    await installation.configure(undefined);
    await stale(1);

    await services.create('web');

    await services.assigned('web', '198.51.100.0');
  });
});

async function stale(expected: number): Promise<void> {
  await eventually(`${STALE} is ${expected}`, async () => {
    const found = (await controller.metrics()).get(STALE);
    if (found !== expected) throw new Error(`it is ${String(found)}`);
    return true;
  });
}
