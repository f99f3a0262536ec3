import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  Capture,
  Lan,
  type LanHost,
  NAMESPACE,
  type RunningProgram,
  eventsAbout,
  eventually,
} from '../../cluster/index.ts';
import { Requests } from '../compatibility/rights.ts';
import { Stage } from '../compatibility/stage.ts';
import { CustomResources } from './custom-resources.ts';

const SERVICES = 200;
const ROUNDS = 10;
/** An announcement is repeated for five seconds. legacy.md §5 */
const REPEATED = 6000;
const PASSWORD = 'not-to-be-shown';
const AGREE = 'metallb_config_sources_agree';
/** A legal name of an object would sort `Harbor` behind `apex`: the order of allocation must not follow. */
const CONFIG = `
peers:
- my-asn: 64500
  peer-asn: 64501
  peer-address: 192.0.2.9
  hold-time: 30s
  password: ${PASSWORD}
address-pools:
- name: apex
  protocol: layer2
  addresses: [198.51.100.0/25]
- name: Harbor
  protocol: layer2
  addresses: [203.0.113.0/25]
- name: routed
  protocol: bgp
  auto-assign: false
  addresses: [198.51.100.128/25]
  bgp-advertisements:
  - {aggregation-length: 32, localpref: 100, communities: ['64500:7']}
`;

let lan: Lan;
let client: LanHost;
let stage: Stage;
let resources: CustomResources;
let capture: Capture;

function programs(): readonly RunningProgram[] {
  return [stage.controller, ...stage.speakers.values()];
}

/** Waits until every program shows the gauge with this value, or does not show it. */
async function agreement(value: 0 | 1 | undefined, within?: number): Promise<void> {
  for (const program of programs()) {
    await eventually(
      `the sources ${value === 1 ? 'agree' : 'differ or are alone'}`,
      async () => (await program.metrics()).get(AGREE) === value || undefined,
      within,
    );
  }
}

async function addresses(): Promise<string> {
  return JSON.stringify([...(await stage.services.addresses())].sort());
}

/** Which node announces what. */
async function announced(): Promise<string> {
  const found: string[] = [];
  for (const [node, speaker] of stage.speakers) {
    for (const [sample, value] of await speaker.metrics()) {
      if (sample.startsWith('metallb_speaker_announced{') && value === 1) {
        found.push(`${node.name} ${sample}`);
      }
    }
  }
  return found.sort().join('\n');
}

function statusWrites(): number {
  const requests = Requests.of(stage.plane, 'controller').each;
  return requests.filter((request) => request.startsWith('update services/status')).length;
}

async function applyResources(): Promise<void> {
  await resources.create('IPAddressPool', 'apex', { addresses: ['198.51.100.0/25'] });
  await resources.create(
    'IPAddressPool',
    'harbor',
    { addresses: ['203.0.113.0/25'] },
    { annotations: { 'metal-lb.io/legacy-name': 'Harbor' } },
  );
  await resources.create('IPAddressPool', 'routed', {
    addresses: ['198.51.100.128/25'],
    autoAssign: false,
  });
  await resources.create('L2Advertisement', 'all', { ipAddressPools: ['apex', 'harbor'] });
  await resources.create('BGPAdvertisement', 'routed', {
    ipAddressPools: ['routed'],
    localPref: 100,
    communities: ['64500:7'],
  });
  await resources.create('BGPPeer', 'spine', {
    myASN: 64500,
    peerASN: 64501,
    peerAddress: '192.0.2.9',
    holdTime: '30s',
    passwordSecret: { name: 'spine' },
  });
}

beforeAll(async () => {
  lan = new Lan();
  client = lan.add({ name: 'client', number: 50 });
  stage = await Stage.raise(lan, { release: 'v0.12.1', tens: 10 });
  resources = await CustomResources.install(stage.plane);
  await resources.grant();
  await stage.configure(CONFIG);
  // Otherwise each address is announced anew every two minutes, switches or not.
  await stage.edit('daemonsets/speaker', ({ args = [] }) => ({
    args: [...args, '--announce-interval=0'],
  }));
  await stage.start();
  const web = { spec: { selector: { app: 'web' } } };
  for (let n = 0; n < SERVICES; n += 1) await stage.services.create(`web-${n}`, web);
  for (let n = 0; n < SERVICES; n += 1) await stage.services.assigned(`web-${n}`);
  await eventually('every Service is announced', async () => {
    return (await announced()).split('\n').length === SERVICES || undefined;
  });
  capture = await Capture.start(client, stage.plane.dir);
}, 180_000);

afterAll(async () => {
  await capture.stop();
  await stage.close();
  lan.close();
});

test('CRDs without objects change nothing, and nobody speaks of agreement', async () => {
  await agreement(undefined);
  const events = await eventsAbout(stage.plane.admin, NAMESPACE, 'config');
  expect(events.filter(({ reason }) => reason?.startsWith('ConfigSources'))).toEqual([]);
});

test('resources that say the same are used, and every program tells so on the ConfigMap', async () => {
  await resources.createPassword('spine', PASSWORD);
  await applyResources();
  await agreement(1);
  await eventually('every program has told', async () => {
    const events = await eventsAbout(stage.plane.admin, NAMESPACE, 'config');
    const told = events.filter(({ reason }) => reason === 'ConfigSourcesAgree');
    return told.length === programs().length ? told : undefined;
  });
  const [event] = await eventsAbout(stage.plane.admin, NAMESPACE, 'config');
  expect(event?.message).toMatch(/ConfigMap \S+ at \d+ and IPAddressPool\/apex@\d+/);
});

test(`${ROUNDS} switches there and back move nothing of ${SERVICES} Services`, async () => {
  const before = { addresses: await addresses(), announced: await announced() };
  const written = statusWrites();
  // Whatever is heard from here on is of the switches.
  await new Promise((resolve) => setTimeout(resolve, REPEATED));
  const mark = capture.mark;

  for (let round = 0; round < ROUNDS; round += 1) {
    await resources.delete('L2Advertisement', 'all');
    await agreement(0);
    await resources.create('L2Advertisement', 'all', { ipAddressPools: ['apex', 'harbor'] });
    await agreement(1);
  }

  expect(await addresses()).toBe(before.addresses);
  expect(await announced()).toBe(before.announced);
  expect(statusWrites()).toBe(written);
  const moved = [...(await stage.services.addresses()).values()]
    .flat()
    .filter((address) => capture.arp(address, mark).some(({ solicited }) => !solicited));
  expect(moved).toEqual([]);
}, 120_000);

test('a new Service gets the same address whichever source is in force', async () => {
  const web = { spec: { selector: { app: 'web' } } };
  await stage.services.create('from-resources', web);
  const [one = ''] = await stage.services.assigned('from-resources');
  await stage.services.delete('from-resources');
  await resources.delete('L2Advertisement', 'all');
  await agreement(0);
  await stage.services.create('from-config-map', web);
  const [other = ''] = await stage.services.assigned('from-config-map');
  await stage.services.delete('from-config-map');
  await resources.create('L2Advertisement', 'all', { ipAddressPools: ['apex', 'harbor'] });
  await agreement(1);

  expect(other).toBe(one);
});

test('a password that differs is told, and neither of the two', async () => {
  const path = `/api/v1/namespaces/${NAMESPACE}/secrets/spine`;
  await stage.plane.admin.patch(path, { stringData: { password: 'another-secret' } });
  await agreement(0);
  await eventually('the difference is told', async () => {
    const events = await eventsAbout(stage.plane.admin, NAMESPACE, 'config');
    return events.find(({ message }) => message?.includes('the passwords differ'));
  });
  await stage.plane.admin.patch(path, { stringData: { password: PASSWORD } });
  await agreement(1);

  const events = await eventsAbout(stage.plane.admin, NAMESPACE, 'config');
  const said =
    JSON.stringify(events) +
    programs()
      .map((program) => program.output())
      .join();
  expect(said).not.toMatch(/not-to-be-shown|another-secret/);
});

test('the annotation puts resources into force that say something else', async () => {
  await resources.create('IPAddressPool', 'extra', {
    addresses: ['192.0.2.200-192.0.2.210'],
    autoAssign: false,
  });
  await agreement(0);
  await stage.services.create('extra', {
    annotations: { 'metallb.universe.tf/address-pool': 'extra' },
    spec: { selector: { app: 'web' } },
  });
  await stage.services.event('extra', 'AllocationFailed');
  const path = `/api/v1/namespaces/${NAMESPACE}/configmaps/config`;
  const annotate = async (value: string | null): Promise<unknown> =>
    stage.plane.admin.patch(path, {
      metadata: { annotations: { 'metal-lb.io/config-source': value } },
    });

  await annotate('resources');
  await stage.services.assigned('extra', '192.0.2.200');
  await stage.services.delete('extra');
  await resources.delete('IPAddressPool', 'extra');
  await agreement(1);
  await annotate(null);
});

test('rights that are taken away leave the ConfigMap in force, and nothing forbidden is tried in a loop', async () => {
  const before = { addresses: await addresses(), announced: await announced() };
  await resources.revoke();
  // A watch that stands goes on; what ends it finds that there is no right any more.
  await stage.plane.stopApiServer('SIGTERM');
  await stage.plane.startApiServer();
  await agreement(undefined, 60_000);

  for (const account of ['controller', 'speaker'] as const) {
    const refused = Requests.of(stage.plane, account).forbidden.each;
    expect(refused.length).toBeLessThanOrEqual(2 * 2 * 10);
  }
  expect(await addresses()).toBe(before.addresses);
  expect(await announced()).toBe(before.announced);
  await resources.grant();
  await agreement(1, 60_000);
}, 180_000);

test('CRDs that leave while the programs run leave the ConfigMap in force', async () => {
  const before = { addresses: await addresses(), announced: await announced() };
  await resources.uninstall();
  await agreement(undefined, 60_000);

  expect(await addresses()).toBe(before.addresses);
  expect(await announced()).toBe(before.announced);
}, 90_000);

test('CRDs that arrive while the programs run are found, and resources taken once they say the same', async () => {
  const before = { addresses: await addresses(), announced: await announced() };
  resources = await CustomResources.install(stage.plane);
  await applyResources();
  // Looked for after 5 s, 10 s and so on, at most every three minutes.
  await agreement(1, 120_000);

  expect(await addresses()).toBe(before.addresses);
  expect(await announced()).toBe(before.announced);
}, 150_000);
