import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installation, NAMESPACE, eventually } from '../../cluster/index.ts';
import { ResourceSite, WEB } from './site.ts';

const SERVICES = 12;
const CONFIG = `
address-pools:
- name: default
  protocol: layer2
  addresses: [192.0.2.200-192.0.2.219]
`;

let site: ResourceSite;
let installation: Installation;

beforeAll(async () => {
  site = await ResourceSite.open();
  installation = await Installation.apply(site.cluster.plane, 'v0.12.1', { images: 'ours' });
  await installation.configure(CONFIG);
  await site.cluster.podsReady(NAMESPACE, 'app=metallb', site.cluster.nodes.length + 1);
  for (let n = 0; n < SERVICES; n += 1) await site.services.create(`web-${n}`, { spec: WEB });
  for (let n = 0; n < SERVICES; n += 1) await site.services.assigned(`web-${n}`);
}, 240_000);

afterAll(async () => {
  await site.close();
});

async function picture(): Promise<Record<string, readonly [string, string]>> {
  const found: Record<string, readonly [string, string]> = {};
  for (const [name, addresses] of await site.services.addresses()) {
    if (name !== 'kubernetes') found[name] = [addresses.join(), await site.announcer(name)];
  }
  return found;
}

test('an install of v0.12 moves to the resources in place: no address and no announcer changes', async () => {
  // Speakers that started together have found each other by now.
  const before = await eventually(
    'the announcers have settled',
    async () => {
      const nodes = new Set(Object.values(await picture()).map(([, node]) => node));
      return nodes.size === site.cluster.nodes.length ? await picture() : undefined;
    },
    60_000,
  );

  await site.install('.');
  await site.complete();
  await site.resources.create('IPAddressPool', 'default', {
    addresses: ['192.0.2.200-192.0.2.219'],
  });
  await site.resources.create('L2Advertisement', 'default', { ipAddressPools: ['default'] });
  await site.controllerShows('metallb_config_sources_agree', 1);
  await site.speakersShow('metallb_config_sources_agree', 1);
  expect(await picture()).toEqual(before);

  await installation.configure(undefined);
  await site.controllerShows('metallb_config_sources_agree', undefined);
  await site.services.create('new', { spec: WEB });
  await site.services.assigned('new');
  await site.announcer('new');
  await site.services.delete('new');
  expect(await picture()).toEqual(before);
  for (const [address] of Object.values(before)) expect(await site.reach(address)).toContain('web');
}, 240_000);
