import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterEach, expect, test } from 'vitest';
import { eventually } from '../../cluster/index.ts';
import { AnnouncingNode } from '../../support/bgp-peers/announcing-node.ts';
import { type BgpPeer, PEER_KINDS, PeerSite, startPeer } from '../../support/bgp-peers/index.ts';
import { type Caller, ScriptedPeer } from '../../support/bgp-peers/scripted-peer.ts';

const PEERS = 50;
const ROUTES = 1000;
const STUCK = '192.0.2.200';
/** Milliseconds; routers have to read and answer as well. */
const PATIENCE = 15_000;
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

  const follows = async (community: string): Promise<number> => {
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const begin = performance.now();
    speaker.configure(configurationOf(addresses, community));
    await eventually(
      'all but one have what was configured',
      () => sound.every(({ caller }) => caller !== undefined && has(caller, community)),
      PATIENCE,
    );
    delay.disable();
    const passed = performance.now() - begin;
    const stall = delay.max / 1e6;
    const figures = `${passed.toFixed(0)} ms, longest stall of the main loop ${stall.toFixed(0)} ms`;
    process.stdout.write(`${sound.length} peers, ${ROUTES} routes: ${figures}\n`);
    expect(stall).toBeLessThan(LONGEST_STALL);
    for (const router of routers) {
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
    return passed;
  };

  await follows('64512:0');
  // What is stuck fills up, and concerns nobody else.
  for (let round = 1; round <= 10; round += 1) {
    expect(await follows(`64512:${round}`)).toBeLessThan(5000);
  }
  expect(speaker.logged('sessionDown')).toEqual([]);
  expect(await valueOf(speaker, 'metallb_bgp_pending_prefixes_total', STUCK)).toBe(ROUTES);
  expect(await upOf(speaker)).toBe(PEERS);

  await clear();
  await eventually('all descriptors are closed', () => descriptors() <= before);
}, 120_000);

async function upOf(speaker: AnnouncingNode): Promise<number> {
  const rows = (await speaker.metrics()).split('\n');
  return rows.filter((row) => /^metallb_bgp_session_up\{.* 1$/.test(row)).length;
}

async function valueOf(speaker: AnnouncingNode, name: string, address: string): Promise<number> {
  const row = `${name}{peer="${address}:179"} `;
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
