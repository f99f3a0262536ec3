import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LanHost, eventually, never } from '../../../cluster/index.ts';
import { ProgramSite } from './site.ts';
import { RouteWatch } from './route-watch.ts';

const CONFIG = `
peers:
- {my-asn: 64512, peer-asn: 64513, peer-address: 192.0.2.60, hold-time: 3s}
address-pools:
- name: default
  protocol: bgp
  addresses: [203.0.113.0/24]
`;
const SHARED = '203.0.113.0';
const LOCAL = '203.0.113.1';
const LEAVING = '203.0.113.2';
/** Milliseconds. */
const HOLD = 3000;
/** Seconds that the router is to wait for a restart: longer than any takes, and to see the end of. */
const PATIENCE = 120;
const SHORT = 4;

let site: ProgramSite;
let watch: RouteWatch;
let first: LanHost;

/** One Service on both nodes, two on the first one alone. */
async function announce(): Promise<void> {
  const { services } = site.stage;
  const web = { selector: { app: 'web' } };
  await services.create('shared', { spec: web });
  await services.assigned('shared', SHARED);
  await services.create('local', { spec: { ...web, externalTrafficPolicy: 'Local' } });
  await services.assigned('local', LOCAL);
  await announceLeaving();
}

async function announceLeaving(): Promise<void> {
  const spec = { selector: { app: 'web' }, externalTrafficPolicy: 'Local' };
  await site.stage.services.create('leaving', { spec });
  await site.stage.services.assigned('leaving', LEAVING);
}

const OF_FIRST = [`${SHARED}/32 11`, `${LOCAL}/32 11`, `${LEAVING}/32 11`];
const OF_SECOND = [`${SHARED}/32 12`];

beforeAll(async () => {
  site = await ProgramSite.open();
  const logging = ['router bgp 64513', 'bgp log-neighbor-changes'];
  await site.router.command('configure terminal', ...logging);
  [first] = site.stage.nodes;
  await site.stage.configure(CONFIG);
  await site.stage.start();
  await announce();
  watch = new RouteWatch(site.host, join(site.stage.plane.dir, 'routes'));
  await site.paths(...OF_FIRST, ...OF_SECOND);
});

afterAll(async () => {
  await watch.stop();
  await site.close();
});

/** Starts the first speaker anew with these flags beside those of the manifest. */
async function restartWith(...flags: readonly string[]): Promise<void> {
  await site.stage.speakerOn(first).stop();
  await site.stage.edit('daemonsets/speaker', ({ args = [] }) => ({
    args: [...args.filter((each) => !each.startsWith('--bgp-')), ...flags],
  }));
  await startFirst();
}

/** Lines of the router's log that contain this. */
function said(words: string): readonly string[] {
  const lines = site.router.log().split('\n');
  return lines.filter((line) => line.includes(words));
}

/** Resolves when the first speaker has told the router all that it has. */
async function startFirst(): Promise<void> {
  const ends = (): number => said('rcvd End-of-RIB for IPv4 Unicast from 192.0.2.11').length;
  const before = ends();
  await site.stage.startSpeaker(first);
  // Routes that were kept tell nothing of the new session.
  await eventually('the router was told all', () => ends() > before);
}

test('a speaker that stops says so in one NOTIFICATION, and its routes leave', async () => {
  const told = said('%NOTIFICATION: received').length;
  await site.stage.speakerOn(first).stop('SIGTERM');
  await site.paths(...OF_SECOND);
  expect(await site.neighbor(first.address)).toMatchObject({
    lastNotificationReason: 'Cease/Administrative Shutdown',
    lastShutdownDescription: 'speaker stops',
  });
  // Its own counter, `notificationsRecv`, goes up by two for one message.
  expect(said('%NOTIFICATION: received')).toHaveLength(told + 1);
  expect(site.stage.speakerOn(first).output()).not.toContain('stopped late');
  await startFirst();
  await site.paths(...OF_FIRST, ...OF_SECOND);
});

test('a speaker that is killed has its routes withdrawn at once, by the end of its connection', async () => {
  const began = performance.now();
  await site.stage.speakerOn(first).stop('SIGKILL');
  await site.paths(...OF_SECOND);
  expect(performance.now() - began).toBeLessThan(HOLD);
  await startFirst();
  await site.paths(...OF_FIRST, ...OF_SECOND);
});

test('a node that is cut off has its routes withdrawn when the hold time is over', async () => {
  const { connectionsDropped } = await site.neighbor(first.address);
  execFileSync('ip', ['link', 'set', first.port, 'down']);
  await site.paths(...OF_SECOND);
  const after = await site.neighbor(first.address);
  expect(after.connectionsDropped).toBe(connectionsDropped + 1);
  expect(after.lastNotificationReason).toBe('Hold Timer Expired');
  const ended = await eventually('the speaker notices', () =>
    site.stage
      .speakerOn(first)
      .lines()
      .find((line) => line['event'] === 'sessionDown'),
  );
  expect(ended['reason']).toBe('nothing heard for 3 s');
  execFileSync('ip', ['link', 'set', first.port, 'up']);
  await site.paths(...OF_FIRST, ...OF_SECOND);
});

test('a speaker that drains is avoided before its session ends', async () => {
  await restartWith('--bgp-drain=3s');
  const ending = site.stage.speakerOn(first).stop('SIGTERM');
  const told = await eventually('the router is asked to prefer others', async () => {
    const routes = await site.router.routes('ipv4');
    const own = routes.filter(({ from }) => from === first.address);
    return own.length === 3 && own.every(({ communities }) => communities.includes('65535:0'))
      ? own
      : undefined;
  });
  expect(told).toHaveLength(3);
  await eventually(
    'the kernel of the router leaves the node',
    () => !site.host.namespace.ip('route', 'show', SHARED).includes(first.address),
  );
  expect((await site.router.session(first.address))?.state).toBe('established');
  // Where there is no other node it is the best one yet.
  expect(site.host.namespace.ip('route', 'show', LOCAL)).toContain(first.address);
  await ending;
  await site.paths(...OF_SECOND);
  await restartWith();
});

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'routes outlast a restart after %s, and what is not wanted any more goes when it is over',
  async (signal) => {
    await restartWith(`--bgp-graceful-restart=${PATIENCE}s`);
    const mark = watch.mark;
    const { services } = site.stage;
    await site.stage.speakerOn(first).stop(signal);
    await eventually(
      'the session is gone',
      async () => (await site.router.session(first.address))?.state !== 'established',
    );
    await services.delete('leaving');
    await never(
      'a route that goes while the speaker is away',
      async () => (await site.router.routes('ipv4')).length !== 4,
      2000,
    );
    await startFirst();
    await site.paths(`${SHARED}/32 11`, `${LOCAL}/32 11`, ...OF_SECOND);
    expect(watch.removed(LOCAL, mark)).toEqual([]);
    expect(watch.removed(SHARED, mark)).toEqual([]);
    expect(watch.removed(LEAVING, mark)).toHaveLength(1);
    await announceLeaving();
    await site.paths(...OF_FIRST, ...OF_SECOND);
  },
);

test('a restart without a change withdraws nothing and announces nothing new', async () => {
  await restartWith(`--bgp-graceful-restart=${PATIENCE}s`);
  const mark = watch.mark;
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    await site.stage.speakerOn(first).stop(signal);
    await startFirst();
    await site.paths(...OF_FIRST, ...OF_SECOND);
  }
  for (const each of [SHARED, LOCAL, LEAVING]) expect(watch.removed(each, mark)).toEqual([]);
});

test('routes of a speaker that does not come back go when its time is over', async () => {
  await restartWith(`--bgp-graceful-restart=${SHORT}s`);
  await site.stage.speakerOn(first).stop('SIGTERM');
  const began = performance.now();
  await never(
    'a route that goes before the time',
    async () => (await site.router.routes('ipv4')).length !== 4,
    SHORT * 1000 - 1000,
  );
  await site.paths(...OF_SECOND);
  expect(performance.now() - began).toBeLessThan(SHORT * 1000 + 3000);
  await startFirst();
  await site.paths(...OF_FIRST, ...OF_SECOND);
});
