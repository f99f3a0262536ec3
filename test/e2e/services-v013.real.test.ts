import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  type ControlPlane,
  Installation,
  type RunningProgram,
  Services,
  startControlPlane,
} from '../cluster/index.ts';

const NO_POOLS = 'address-pools: []\n';
const POOLS = `
address-pools:
- {name: gold, protocol: layer2, addresses: [198.51.100.0/28]}
- {name: silver, protocol: layer2, addresses: [203.0.113.0/28]}
`;
const FROM = 'metallb.universe.tf/ip-allocated-from-pool';
const FLAGS = ['--compat=v0.13', '--config-source=configmap', '--webhook-mode=disabled'];

let plane: ControlPlane;
let installation: Installation;
let controller: RunningProgram;
let services: Services;

beforeAll(async () => {
  plane = await startControlPlane();
  services = new Services(plane.admin);
  installation = await Installation.apply(plane);
  await installation.configure(POOLS);
  controller = await (await installation.startController({ flags: FLAGS })).ready();
});

afterEach(() => services.clear());

afterAll(async () => {
  await controller.stop();
  await plane.close();
});

async function annotationsOf(name: string): Promise<Readonly<Record<string, string>>> {
  return (await services.get(name)).metadata?.annotations ?? {};
}

test('the right to update a status is enough to name the pool, and to take the name away', async () => {
  await services.create('web', { annotations: { note: 'kept' } });
  await services.assigned('web', '198.51.100.0');
  expect(await annotationsOf('web')).toEqual({ note: 'kept', [FROM]: 'gold' });

  await services.change('web', {
    metadata: { annotations: { 'metallb.io/address-pool': 'silver' } },
  });
  await services.assigned('web', '203.0.113.0');
  expect(await annotationsOf('web')).toMatchObject({ [FROM]: 'silver' });

  await services.change('web', {
    spec: { type: 'ClusterIP', ports: [{ port: 80, nodePort: null }] },
  });
  await services.pending('web');
  expect(await annotationsOf('web')).toEqual({ note: 'kept', 'metallb.io/address-pool': 'silver' });
});

test('a controller that starts without any pool takes no address away', async () => {
  await services.create('web', { spec: { loadBalancerIP: '198.51.100.9' } });
  await services.assigned('web', '198.51.100.9');
  await services.create('other', { annotations: { 'metallb.io/address-pool': 'silver' } });
  await services.assigned('other', '203.0.113.0');
  await controller.stop();
  await installation.configure(NO_POOLS);
  controller = await installation.startController({ name: 'empty', flags: FLAGS });
  await controller.ready();

  await services.create('late');
  const { message } = await services.event('late', 'AllocationFailed');

  expect(message).toContain('no available IPs');
  await services.assigned('web', '198.51.100.9');
  await services.assigned('other', '203.0.113.0');

  const [gold = '', silver = ''] = POOLS.split('\n').filter((line) => line.startsWith('-'));
  await installation.configure(`address-pools:\n${silver}\n`);
  await services.assigned('late', '203.0.113.1');
  await services.assigned('web', '198.51.100.9');
  await services.event('web', 'notInAnyPool');
  await installation.configure(`address-pools:\n${silver}\n${gold}\n`);
  await services.create('next', { annotations: { 'metallb.io/address-pool': 'gold' } });
  await services.assigned('next', '198.51.100.0');
  await services.assigned('web', '198.51.100.9');
});
