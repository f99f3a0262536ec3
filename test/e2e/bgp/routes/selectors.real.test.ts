import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../../cluster/index.ts';
import type { AnnouncingNode } from '../../../support/bgp-peers/announcing-node.ts';
import {
  OURS,
  RouteScene,
  THEIRS,
  expectRoutes,
  lifeOf,
  routeFrom,
} from '../../../support/bgp-peers/route-scene.ts';
import {
  type BgpPeer,
  PEER_KINDS,
  type PeerKind,
  type PeerRoute,
  type PeerSite,
} from '../../../support/bgp-peers/index.ts';
import { object, peer, pool, read } from '../../../support/resources/objects.ts';

type Json = Readonly<Record<string, unknown>>;
type Place = Readonly<Record<PeerKind, PeerSite>>;

const ONLY = '203.0.113.10/32';

let scene: RouteScene;
let sites: Place;
let routers: Readonly<Record<PeerKind, BgpPeer>>;
let node: AnnouncingNode;

/** One of each kind, all at once; the objects call them what they are. */
beforeEach(async () => {
  scene = new RouteScene();
  const made = PEER_KINDS.map((kind) => [kind, scene.site(kind)] as const);
  sites = Object.fromEntries(made) as Place;
  const started = made.map(async ([kind, site]) => [kind, await scene.router(kind, site)] as const);
  routers = Object.fromEntries(await Promise.all(started)) as typeof routers;
  node = scene.node({ compat: 'v0.13', labels: { rack: 'a' } });
});

afterEach(() => scene.end());

function apply(objects: readonly Json[], peers: Partial<Record<PeerKind, Json>> = {}): void {
  const spines = PEER_KINDS.map((kind) => {
    const spec = { myASN: OURS, peerASN: THEIRS, peerAddress: sites[kind].theirs.ipv4 };
    return peer({ ...spec, ...peers[kind] }, {}, kind);
  });
  // They meet within 203.0.113.128/25.
  const pools = [
    pool('default', { addresses: ['203.0.113.0-203.0.113.135'] }),
    pool('other', { addresses: ['203.0.113.136-203.0.114.255'] }),
  ];
  const reading = read([...pools, ...spines, ...objects], {}, 'native');
  if (reading.kind === 'refused') throw new Error(reading.message);
  node.apply(reading.config);
}

function advertisement(name: string, spec: Json): Json {
  return object('BGPAdvertisement', name, spec);
}

function inRack(rack: string): readonly Json[] {
  return [{ matchLabels: { rack } }];
}

function route(kind: PeerKind, prefix: string, communities: readonly string[] = []): PeerRoute {
  return routeFrom(sites[kind].ours.ipv4, prefix, { origin: 'igp', communities });
}

function lives(): Promise<readonly string[]> {
  return Promise.all(PEER_KINDS.map((kind) => lifeOf(routers[kind], sites[kind].ours.ipv4)));
}

test('each peer has the advertisements that name it, and those that name nobody', async () => {
  apply([
    advertisement('for-frr', { peers: ['frr'], communities: ['64512:1'] }),
    advertisement('for-two', { peers: ['bird', 'gobgp'], communities: ['64512:2'] }),
    advertisement('for-all', { aggregationLength: 25, ipAddressPools: ['default'] }),
  ]);
  node.announce('default/web', ['203.0.113.10']);
  for (const [kind, community] of [
    ['frr', '64512:1'],
    ['bird', '64512:2'],
    ['gobgp', '64512:2'],
  ] as const) {
    await expectRoutes(routers[kind], 'ipv4', [
      route(kind, '203.0.113.0/25'),
      route(kind, ONLY, [community]),
    ]);
  }
});

test('routes follow the peers of an advertisement while all sessions stay', async () => {
  apply([advertisement('some', { peers: ['frr'] })]);
  node.announce('default/web', ['203.0.113.10']);
  await expectRoutes(routers.frr, 'ipv4', [route('frr', ONLY)]);
  const before = await lives();
  apply([advertisement('some', { peers: ['gobgp', 'nobody'] })]);
  await expectRoutes(routers.gobgp, 'ipv4', [route('gobgp', ONLY)]);
  await expectRoutes(routers.frr, 'ipv4', []);
  await expectRoutes(routers.bird, 'ipv4', []);
  apply([advertisement('some', {})]);
  for (const kind of PEER_KINDS) await expectRoutes(routers[kind], 'ipv4', [route(kind, ONLY)]);
  expect(await lives()).toEqual(before);
});

test('routes follow the labels of the node while all sessions stay', async () => {
  apply([
    advertisement('in-a', { nodeSelectors: inRack('a'), communities: ['64512:1'] }),
    advertisement('in-b', { nodeSelectors: inRack('b'), communities: ['64512:2'] }),
  ]);
  node.announce('default/web', ['203.0.113.10']);
  for (const kind of PEER_KINDS) {
    await expectRoutes(routers[kind], 'ipv4', [route(kind, ONLY, ['64512:1'])]);
  }
  const before = await lives();
  node.place({ rack: 'b' });
  for (const kind of PEER_KINDS) {
    await expectRoutes(routers[kind], 'ipv4', [route(kind, ONLY, ['64512:2'])]);
  }
  node.place({ rack: 'c' });
  for (const kind of PEER_KINDS) await expectRoutes(routers[kind], 'ipv4', []);
  expect(await lives()).toEqual(before);
});

test('a peer that no longer selects the node is told so, and the others stay', async () => {
  apply([advertisement('all', {})], { bird: { nodeSelectors: inRack('a') } });
  node.announce('default/web', ['203.0.113.10']);
  for (const kind of PEER_KINDS) await expectRoutes(routers[kind], 'ipv4', [route(kind, ONLY)]);
  const [frr, , gobgp] = await lives();
  node.place({ rack: 'b' });
  await expectRoutes(routers.bird, 'ipv4', []);
  await eventually('BIRD says why', () => routers.bird.log().includes('Peer de-configured'));
  expect(node.logged('peerRemoved')).toMatchObject([
    { peer: sites.bird.theirs.ipv4, reason: 'filteredByNodeSelector' },
  ]);
  node.place({ rack: 'a' });
  await expectRoutes(routers.bird, 'ipv4', [route('bird', ONLY)]);
  const after = await lives();
  expect([after[0], after[2]]).toEqual([frr, gobgp]);
});

test('pools go to the peers of their own advertisements', async () => {
  apply([
    advertisement('default', { ipAddressPools: ['default'], peers: ['frr', 'bird'] }),
    advertisement('other', { ipAddressPools: ['other'], peers: ['bird', 'gobgp'] }),
  ]);
  node.announce('default/web', ['203.0.113.10']);
  node.announce('default/api', ['203.0.113.140'], 'other');
  const [web, api] = [ONLY, '203.0.113.140/32'];
  await expectRoutes(routers.frr, 'ipv4', [route('frr', web)]);
  await expectRoutes(routers.bird, 'ipv4', [route('bird', web), route('bird', api)]);
  await expectRoutes(routers.gobgp, 'ipv4', [route('gobgp', api)]);
});

test('addresses of two pools in one aggregate have the same attributes in any order', async () => {
  apply([
    advertisement('default', {
      ipAddressPools: ['default'],
      aggregationLength: 25,
      communities: ['64512:9'],
    }),
    advertisement('other', {
      ipAddressPools: ['other'],
      aggregationLength: 25,
      communities: ['64512:3'],
    }),
  ]);
  const services = [
    ['default/web', '203.0.113.130', 'default'],
    ['default/api', '203.0.113.140', 'other'],
  ] as const;
  for (const order of [services, services.toReversed()]) {
    for (const [service, address, from] of order) node.announce(service, [address], from);
    for (const kind of PEER_KINDS) {
      await expectRoutes(routers[kind], 'ipv4', [route(kind, '203.0.113.128/25', ['64512:3'])]);
    }
    node.withdraw('default/api');
    for (const kind of PEER_KINDS) {
      await expectRoutes(routers[kind], 'ipv4', [route(kind, '203.0.113.128/25', ['64512:9'])]);
    }
    node.withdraw('default/web');
    for (const kind of PEER_KINDS) await expectRoutes(routers[kind], 'ipv4', []);
  }
});
