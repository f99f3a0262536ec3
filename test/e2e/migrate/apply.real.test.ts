import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installation, NAMESPACE, eventually } from '../../cluster/index.ts';
import { ResourceSite, WEB } from '../resources/site.ts';
import { CustomResources } from '../resources/custom-resources.ts';
import { type Ending, MigrateCommand } from './command.ts';
import { stateOf } from './state.ts';

const SERVICES = 12;
const PASSWORD = 'not-to-be-shown';
const ANNOTATION = 'metallb.universe.tf/address-pool';
const CONFIG = `
peers:
- {my-asn: 64500, peer-asn: 64501, peer-address: 192.0.2.9, hold-time: 30s, password: ${PASSWORD}}
address-pools:
- name: default
  protocol: layer2
  addresses: [192.0.2.200-192.0.2.219]
- name: Harbor West
  protocol: layer2
  auto-assign: false
  addresses: [192.0.2.220-192.0.2.229]
`;

let site: ResourceSite;
let installation: Installation;
let person: MigrateCommand;
let before: Picture;

/** Address and announcing node of every Service. */
type Picture = Readonly<Record<string, readonly [string, string]>>;

async function picture(): Promise<Picture> {
  const found: Record<string, readonly [string, string]> = {};
  for (const [name, addresses] of await site.services.addresses()) {
    if (name !== 'kubernetes') found[name] = [addresses.join(), await site.announcer(name)];
  }
  return found;
}

async function annotation(): Promise<string | undefined> {
  return (await site.services.get('harbor')).metadata?.annotations?.[ANNOTATION];
}

function expectNoPassword({ printed, complained }: Ending): void {
  expect(printed + complained).not.toContain(PASSWORD);
}

beforeAll(async () => {
  site = await ResourceSite.open();
  const { plane, nodes } = site.cluster;
  installation = await Installation.apply(plane, 'v0.12.1', { images: 'ours' });
  await installation.configure(CONFIG);
  await site.cluster.podsReady(NAMESPACE, 'app=metallb', nodes.length + 1);
  person = new MigrateCommand(plane);
  for (let n = 0; n < SERVICES; n += 1) await site.services.create(`web-${n}`, { spec: WEB });
  await site.services.create('harbor', { annotations: { [ANNOTATION]: 'Harbor West' }, spec: WEB });
  for (let n = 0; n < SERVICES; n += 1) await site.services.assigned(`web-${n}`);
  await site.services.assigned('harbor', '192.0.2.220');
  before = await eventually(
    'the announcers have settled',
    async () => {
      const now = await picture();
      return new Set(Object.values(now).map(([, node]) => node)).size === nodes.length
        ? now
        : undefined;
    },
    60_000,
  );
}, 240_000);

afterAll(async () => {
  await site.close();
});

test('where the programs may not read resources nothing reports agreement: apply says so and undoes what it did', async () => {
  const state = await stateOf(site.cluster.plane);
  const ending = await person.run('apply', '--timeout', '10s');
  expect(ending).toMatchObject({ code: 1 });
  expect(ending.complained).toMatch(
    /within 10 s no agreement was reported by the controller, the speaker on n1/,
  );
  expect(ending.complained).toContain('everything that was done is undone');
  expectNoPassword(ending);
  expect(await stateOf(site.cluster.plane)).toEqual(state);
}, 120_000);

test('apply on a running cluster puts the resources into force, and no Service moves', async () => {
  await CustomResources.of(site.cluster.plane).grant();
  const ending = await person.run('apply', '--rewrite-annotations');
  expect(ending).toMatchObject({ code: 0 });
  expect(ending.printed).toContain('agreement is reported by all 3 programs');
  expect(ending.printed).toContain(`all ${SERVICES + 1} Services keep their addresses`);
  expectNoPassword(ending);
  expect(await annotation()).toBe('harbor-west');
  expect(await picture()).toEqual(before);

  const verified = await person.run('verify', '-o', 'json');
  expect(verified.code).toBe(0);
  expect(JSON.parse(verified.printed)).toMatchObject({
    outcome: 'done',
    agree: true,
    services: { kept: SERVICES + 1, moved: [], gone: [] },
    reported: ['the controller', 'the speaker on n1', 'the speaker on n2'],
  });
}, 400_000);

test('rollback has a ConfigMap in force again that yielded, once all programs have heard of it, and apply goes on from there', async () => {
  const back = await person.run('rollback');
  expect(back, back.complained).toMatchObject({ code: 0 });
  expect(back.printed).toContain('the ConfigMap is in force again');
  expect(await annotation()).toBe('Harbor West');
  expect(await picture()).toEqual(before);
  const again = await person.run('apply', '--rewrite-annotations');
  expect(again, again.complained).toMatchObject({ code: 0 });
  expect(await annotation()).toBe('harbor-west');
  expect(await picture()).toEqual(before);
}, 120_000);

test('verify says what somebody has changed since', async () => {
  await site.resources.change('IPAddressPool', 'default', {
    addresses: ['192.0.2.200-192.0.2.218'],
  });
  const ending = await eventually('a program tells the difference', async () => {
    const found = await person.run('verify');
    return found.complained.includes('the controller says') ? found : undefined;
  });
  expect(ending.code).toBe(1);
  expect(ending.complained).toContain(
    'IPAddressPool "default" says something else than was applied',
  );
  expect(ending.complained).toContain('pool "default"');
  expect(await picture()).toEqual(before);
  const refused = await person.run('rollback');
  expect(refused.code).toBe(1);
  expect(refused.complained).toContain('IPAddressPool "default" was changed since');
  expect(await annotation()).toBe('harbor-west');

  await site.resources.change('IPAddressPool', 'default', {
    addresses: ['192.0.2.200-192.0.2.219'],
  });
  await site.controllerShows('metallb_config_sources_agree', 1);
}, 120_000);

test('rollback brings back a ConfigMap that was retired, and the old annotation, and no Service moves', async () => {
  await installation.configure(undefined);
  await site.controllerShows('metallb_config_sources_agree', undefined);
  await site.speakersShow('metallb_config_sources_agree', undefined);
  expect((await person.run('verify')).code).toBe(0);

  // Somebody edited a pool, though only to and fro: it is also theirs now.
  const refused = await person.run('rollback');
  expect(refused.complained).toContain('is now also managed by');
  const ending = await person.run('rollback', '--force');
  expect(ending).toMatchObject({ code: 0 });
  expectNoPassword(ending);
  expect(await annotation()).toBe('Harbor West');
  expect(await picture()).toEqual(before);
  const state = Object.keys(await stateOf(site.cluster.plane));
  expect(state.filter((path) => path.includes('metallb.io'))).toEqual([]);
  expect(state.some((path) => path.endsWith('configmaps metallb-system/config'))).toBe(true);

  await site.services.create('new', { spec: WEB });
  await site.services.assigned('new');
  await site.announcer('new');
  for (const [address] of Object.values(before)) expect(await site.reach(address)).toContain('web');
}, 240_000);
