import { readFileSync, readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterEach, expect, test } from 'vitest';
import { eventually } from '../../cluster/index.ts';
import { AnnouncingNode } from '../../support/bgp-peers/announcing-node.ts';
import { type BgpPeer, PEER_KINDS, PeerSite, startPeer } from '../../support/bgp-peers/index.ts';
import { type Caller, ScriptedPeer } from '../../support/bgp-peers/scripted-peer.ts';

const PEERS = 50;
const ROUTES = 1000;
/** Of changes of all routes. */
const MOST_ROUNDS = 200;
const STUCK = '192.0.2.200';
/** Milliseconds; routers have to read and answer as well. */
const PATIENCE = 15_000;
/** Milliseconds of the main loop, with what the scripted peers do in it: half of the shortest time between keepalives. */
const LONGEST_STALL = 500;

const sites: PeerSite[] = [];
const routers: BgpPeer[] = [];
const scripted: ScriptedPeer[] = [];
let node: AnnouncingNode | undefined;

afterEach(clear);

async function clear(): Promise<void> {
  await node?.stop();
  node = undefined;
  for (const peer of scripted.splice(0)) peer.stop();
  for (const router of routers.splice(0)) await router.stop();
  for (const site of sites.splice(0)) site.delete();
}

function descriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

/** @param community - which all routes bear */
function configurationOf(addresses: readonly string[], community: string): string {
  const peers = addresses.map(
    (address) => `- {peer-address: ${address}, peer-asn: 64513, my-asn: 64512}`,
  );
  return `
peers:
${peers.join('\n')}
address-pools:
- name: default
  protocol: bgp
  addresses: [198.18.0.0/16]
  bgp-advertisements: [{communities: ['${community}']}]
`;
}

test(`${PEERS} peers have all routes soon, though one of them takes nothing`, async () => {
  const before = descriptors();
  for (const kind of PEER_KINDS) {
    const site = new PeerSite(kind);
    sites.push(site);
    routers.push(
      await startPeer(kind, site.namespace, {
        asn: 64_513,
        routerId: site.theirs.ipv4,
        neighbors: [{ address: site.ours.ipv4, asn: 64_512, families: ['ipv4'] }],
      }),
    );
  }
  const establish = (caller: Caller): unknown => caller.establish();
  for (let index = 0; index < PEERS - routers.length - 1; index += 1) {
    scripted.push(await ScriptedPeer.start(`192.0.2.${10 + index}`, establish));
  }
  const sound = [...scripted];
  const reluctant = async (caller: Caller): Promise<void> => {
    await caller.establish();
    caller.stopReading();
  };
  scripted.push(await ScriptedPeer.start(STUCK, reluctant, 4096));

  const speaker = new AnnouncingNode();
  node = speaker;
  for (let index = 0; index < ROUTES; index += 1) {
    speaker.announce(`default/web-${index}`, [`198.18.${index >> 8}.${index & 255}`]);
  }
  const addresses = [
    ...sites.map(({ theirs }) => theirs.ipv4),
    ...scripted.map(({ address }) => address),
  ];
  expect(addresses).toHaveLength(PEERS);

  let round = 0;
  /** Resolves with how long it took, in milliseconds. */
  const follow = async (): Promise<number> => {
    round += 1;
    const begin = performance.now();
    speaker.configure(configurationOf(addresses, `64512:${round}`));
    await eventually(
      'all but one have what was configured',
      () => sound.every(({ caller }) => caller !== undefined && has(caller, `64512:${round}`)),
      PATIENCE,
    );
    return performance.now() - begin;
  };

  const all = await watched(follow);
  expect(all.passed).toBeLessThan(PATIENCE);
  // Until what lies between the two is full, so that it concerns others if anything of it does.
  for (const [first] = sound; first !== undefined && round < MOST_ROUNDS;) {
    await follow();
    if ((await updatesTo(speaker, STUCK)) < (await updatesTo(speaker, first.address))) break;
  }
  expect(round).toBeLessThan(MOST_ROUNDS);
  for (const end = round + 5; round < end;) {
    const { passed, stall } = await watched(follow);
    expect(passed).toBeLessThan(5000);
    expect(stall).toBeLessThan(LONGEST_STALL);
    for (const router of routers) await routesOf(router, `64512:${round}`);
  }
  expect(speaker.logged('sessionDown')).toEqual([]);
  expect(await upOf(speaker)).toBe(PEERS);

  await clear();
  await eventually('all descriptors are closed', () => descriptors() <= before);
}, 180_000);

/**
 * How long it took, and the longest stall of the main loop meanwhile without what this thread waited for a processor, in
 * milliseconds; both are printed.
 */
async function watched(
  follow: () => Promise<number>,
): Promise<{ readonly passed: number; readonly stall: number }> {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const before = waitedForProcessor();
  delay.enable();
  const passed = await follow();
  delay.disable();
  const waited = waitedForProcessor() - before;
  const longest = delay.max / 1e6;
  const told = [passed, longest, waited].map((each) => `${each.toFixed(0)} ms`);
  process.stdout.write(
    `${PEERS} peers, ${ROUTES} routes: ${told[0]}, longest stall of the main loop ${told[1]}, others had its processor for ${told[2]}\n`,
  );
  return { passed, stall: Math.max(0, longest - waited) };
}

/** Milliseconds since this thread began. */
function waitedForProcessor(): number {
  const [, waited] = readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ');
  return Number(waited) / 1e6;
}

async function routesOf(router: BgpPeer, community: string): Promise<void> {
  await eventually(
    `${router.kind} has them`,
    async () => {
      const routes = await router.routes('ipv4');
      const isAll = routes.every(({ communities }) => communities.includes(community));
      return routes.length === ROUTES && isAll;
    },
    PATIENCE,
  );
}

async function upOf(speaker: AnnouncingNode): Promise<number> {
  const rows = (await speaker.metrics()).split('\n');
  return rows.filter((row) => /^metallb_bgp_session_up\{.* 1$/.test(row)).length;
}

async function updatesTo(speaker: AnnouncingNode, address: string): Promise<number> {
  const row = `metallb_bgp_updates_total{peer="${address}:179"} `;
  const found = (await speaker.metrics()).split('\n').find((line) => line.startsWith(row));
  return Number(found?.slice(row.length));
}

/** Whether the last word on every route is this community. */
function has({ heard }: Caller, community: string): boolean {
  const told = new Set<string>();
  for (const message of heard) {
    if (message.type !== 'update' || message.attributes?.communities[0] !== community) continue;
    for (const { text } of message.announced) told.add(text);
  }
  return told.size === ROUTES;
}
