import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type LanHost, createPod, eventually, never, setPodReady } from '../../../cluster/index.ts';
import { valuesIn, valuesThatAre } from '../../compatibility/journal.ts';
import { ProgramSite } from './site.ts';

const CONFIG = `
peers:
- {my-asn: 64512, peer-asn: 64513, peer-address: 192.0.2.60}
address-pools:
- name: default
  protocol: bgp
  addresses: [203.0.113.0/24]
  bgp-advertisements:
  - {aggregation-length: 32, localpref: 100, communities: ['64512:100']}
`;
const RACK_ONE = CONFIG.replace(
  'peer-address: 192.0.2.60',
  "$&, node-selectors: [{match-labels: {rack: '1'}}]",
);
const TOO_MANY = Array.from({ length: 64 }, (_, index) => `'64512:${index}'`).join(', ');
const NOBODY_AND_TOO_MUCH = CONFIG.replace(
  'address-pools:',
  '- {my-asn: 64512, peer-asn: 64513, peer-address: 192.0.2.61}\n$&',
).replace("'64512:100'", TOO_MANY);
const FIRST = '203.0.113.0/32';
const WEB = { spec: { selector: { app: 'web' } } };
const LOCAL = { spec: { ...WEB.spec, externalTrafficPolicy: 'Local' } };
/** Serves on the first node; the stage has made it. */
const FIRST_POD = { namespace: 'default', name: 'web-1', address: '10.244.0.2' };

let site: ProgramSite;
let first: LanHost;
let second: LanHost;

beforeAll(async () => {
  site = await ProgramSite.open();
  [first, second] = site.stage.nodes;
  await site.stage.configure(CONFIG);
  await site.stage.start();
});

afterEach(async () => {
  await site.stage.services.clear();
  await site.paths();
});

afterAll(async () => {
  await site.close();
});

/** Lines of a speaker about an event, from its start. */
function logged(node: LanHost, event: string): readonly Readonly<Record<string, unknown>>[] {
  const lines = site.stage.speakerOn(node).lines();
  return lines.filter((line) => line['event'] === event);
}

test('a Service gets a path to each node, with the attributes of v0.12', async () => {
  await site.stage.services.create('web', WEB);
  const paths = await site.paths(`${FIRST} 11`, `${FIRST} 12`);
  expect(paths).toEqual(
    [first, second].map(({ address }) => ({
      prefix: FIRST,
      from: address,
      nextHop: address,
      asPath: [64_512],
      origin: 'incomplete',
      med: undefined,
      localPref: undefined,
      communities: ['64512:100'],
      largeCommunities: [],
    })),
  );
  // Both are used at once.
  const installed = await eventually('the kernel of the router has both', () => {
    const route = site.host.namespace.ip('route', 'show', '203.0.113.0');
    return route.split('nexthop').length === 3 ? route : undefined;
  });
  expect(installed).toContain(first.address);
  expect(installed).toContain(second.address);

  await site.stage.services.delete('web');
  await site.paths();
});

test('a Service with local policy is announced from where an endpoint is ready, and as long as one is', async () => {
  await site.stage.services.create('web', LOCAL);
  await site.paths(`${FIRST} 11`);

  await setPodReady(site.stage.plane.admin, FIRST_POD, false);
  await site.paths();
  await setPodReady(site.stage.plane.admin, FIRST_POD, true);
  await site.paths(`${FIRST} 11`);

  const secondPod = { namespace: 'default', name: 'web-2', address: '10.244.1.2' };
  const labels = { app: 'web' };
  await createPod(site.stage.plane.admin, { ...secondPod, node: second.name, labels });
  await site.paths(`${FIRST} 11`, `${FIRST} 12`);
  await setPodReady(site.stage.plane.admin, FIRST_POD, false);
  await site.paths(`${FIRST} 12`);
  await setPodReady(site.stage.plane.admin, FIRST_POD, true);
  await site.paths(`${FIRST} 11`, `${FIRST} 12`);
  await setPodReady(site.stage.plane.admin, secondPod, false);
  await site.paths(`${FIRST} 11`);
});

test('a Service with cluster policy leaves with its last ready endpoint, from all nodes', async () => {
  await site.stage.services.create('web', WEB);
  await site.paths(`${FIRST} 11`, `${FIRST} 12`);
  await setPodReady(site.stage.plane.admin, FIRST_POD, false);
  await site.paths();
  await setPodReady(site.stage.plane.admin, FIRST_POD, true);
  await site.paths(`${FIRST} 11`, `${FIRST} 12`);
});

test('a change of the policy takes the announcement to the right nodes', async () => {
  await site.stage.services.create('web', WEB);
  await site.paths(`${FIRST} 11`, `${FIRST} 12`);
  await site.stage.services.change('web', { spec: { externalTrafficPolicy: 'Local' } });
  await site.paths(`${FIRST} 11`);
  await site.stage.services.change('web', { spec: { externalTrafficPolicy: 'Cluster' } });
  await site.paths(`${FIRST} 11`, `${FIRST} 12`);
});

test('the log tells of peers, sessions and advertisements in the words of v0.12', async () => {
  await site.stage.services.create('web', WEB);
  await site.paths(`${FIRST} 11`, `${FIRST} 12`);
  expect(logged(second, 'peerAdded')).toMatchObject([
    { level: 'info', peer: '192.0.2.60', msg: 'peer configured, starting BGP session' },
  ]);
  const session = { peer: '192.0.2.60:179', localASN: 64_512, peerASN: 64_513 };
  expect(logged(second, 'sessionUp')).toMatchObject([
    { level: 'info', ...session, msg: 'BGP session established' },
  ]);
  expect(logged(second, 'updatedAdvertisements').at(-1)).toMatchObject({
    ...{ level: 'info', service: 'default/web', pool: 'default', protocol: 'bgp', numAds: 1 },
    ...{ ips: ['203.0.113.0'], msg: 'making advertisements using BGP' },
  });
  const metrics = await site.stage.speakerOn(second).metrics();
  expect(metrics.get('metallb_bgp_session_up{peer="192.0.2.60:179"}')).toBe(1);
  expect(metrics.get('metallb_bgp_announced_prefixes_total{peer="192.0.2.60:179"}')).toBe(1);

  await site.router.command(`clear bgp ${second.address}`);
  await eventually('the session is back', () => logged(second, 'sessionUp').length === 2);
  expect(logged(second, 'peerNotification')).toMatchObject([
    {
      ...{ level: 'error', ...session, msg: 'peer sent notification, closing session' },
      error: 'got BGP notification code 0x0604 (Administrative Reset)',
    },
  ]);
  expect(logged(second, 'sessionDown')).toMatchObject([
    { level: 'warn', ...session, msg: 'BGP session down' },
  ]);
  await site.paths(`${FIRST} 11`, `${FIRST} 12`);
});

test('a peer that selects nodes by labels has sessions with these alone, as labels come and go', async () => {
  await site.stage.labelNode(first, { rack: '1' });
  await site.stage.labelNode(second, { rack: '2' });
  await site.stage.services.create('web', WEB);
  await site.paths(`${FIRST} 11`, `${FIRST} 12`);
  const { connectionsEstablished: before } = await site.neighbor(first.address);

  await site.stage.configure(RACK_ONE);
  await site.paths(`${FIRST} 11`);
  expect(logged(second, 'peerRemoved').at(-1)).toMatchObject({
    ...{ level: 'info', peer: '192.0.2.60', reason: 'filteredByNodeSelector' },
    msg: 'peer deconfigured, closing BGP session',
  });
  await site.stage.labelNode(second, { rack: '1' });
  await site.paths(`${FIRST} 11`, `${FIRST} 12`);
  await site.stage.labelNode(second, { rack: '3' });
  await site.paths(`${FIRST} 11`);
  expect(logged(second, 'nodeLabelsChanged').length).toBeGreaterThanOrEqual(2);
  await site.stage.configure(CONFIG);
  await site.paths(`${FIRST} 11`, `${FIRST} 12`);

  // Nothing of this was about the first node.
  expect((await site.neighbor(first.address)).connectionsEstablished).toBe(before);
});

test('a peer that leaves the configuration is told so, and comes back with it', async () => {
  await site.stage.services.create('web', WEB);
  await site.paths(`${FIRST} 11`, `${FIRST} 12`);
  await site.stage.configure(CONFIG.replace(/^- \{my-asn.*$/m, '').replace('peers:', 'peers: []'));
  await site.paths();
  expect(logged(first, 'peerRemoved').at(-1)).toMatchObject({ reason: 'removedFromConfig' });
  expect((await site.neighbor(first.address)).lastNotificationReason).toBe(
    'Cease/Peer De-configured',
  );
  await never(
    'a session with a peer that is not configured',
    async () => {
      return (await site.router.session(first.address))?.state === 'established';
    },
    1000,
  );
  await site.stage.configure(CONFIG);
  await site.paths(`${FIRST} 11`, `${FIRST} 12`);
});

test('of the values of the log that people filter on, every one of BGP was seen', async () => {
  const seen = (): Set<string> =>
    valuesIn([first, second].map((node) => site.stage.speakerOn(node)));
  await site.stage.services.create('web', WEB);
  await site.stage.configure(NOBODY_AND_TOO_MUCH);
  await eventually(
    'a call to nobody fails',
    () => (seen().has('op=connect') ? true : undefined),
    30_000,
  );
  await eventually('a route that cannot be sent is told of', () =>
    seen().has('op=updateAds') ? true : undefined,
  );
  expect(valuesThatAre('bgp').filter((value) => !seen().has(value))).toEqual([]);
}, 60_000);
