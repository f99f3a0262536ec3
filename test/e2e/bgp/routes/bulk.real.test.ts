import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Family, ipFromBits, ipToBits, parseIp } from '../../../../src/runtime/net/index.ts';
import { eventually } from '../../../cluster/index.ts';
import type { AnnouncingNode } from '../../../support/bgp-peers/announcing-node.ts';
import { frrUpdates } from '../../../support/bgp-peers/counts.ts';
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
  type PeerRoute,
  type PeerSite,
} from '../../../support/bgp-peers/index.ts';

const FIRST = { ipv4: '198.18.0.0', ipv6: '2001:db8:ffff::' } as const;
const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];

let scene: RouteScene;
let site: PeerSite;

beforeEach(() => {
  scene = new RouteScene();
  site = scene.site('peer');
});

afterEach(() => scene.end());

function configure(node: AnnouncingNode, pools: string, advertisements = '[]'): void {
  node.configure(`
peers:
- {peer-address: ${site.theirs.ipv4}, peer-asn: ${THEIRS}, my-asn: ${OURS}}
address-pools:
- name: default
  protocol: bgp
  addresses: ${pools}
  bgp-advertisements: ${advertisements}
`);
}

function addresses(family: Family, count: number): readonly string[] {
  const first = ipToBits(parseIp(FIRST[family])!);
  return Array.from({ length: count }, (_, index) => ipFromBits(first + BigInt(index), family));
}

function routesTo(family: Family, count: number, communities: readonly string[]): PeerRoute[] {
  const { ipv4, ipv6 } = site.ours;
  const more = { origin: 'igp', med: 0, communities } as const;
  const length = family === 'ipv4' ? 32 : 128;
  return addresses(family, count)
    .map((address) => `${address}/${length}`)
    .toSorted()
    .map((prefix) =>
      routeFrom(ipv4, prefix, { ...more, nextHop: family === 'ipv4' ? ipv4 : ipv6 }),
    );
}

function counted(router: BgpPeer, count: number): Promise<boolean> {
  return eventually(`FRR has ${count} routes`, async () => {
    const text = await router.command('show bgp ipv4 unicast summary json');
    const { peers } = JSON.parse(text) as { peers: Record<string, { pfxRcd: number }> };
    return peers[site.ours.ipv4]?.pfxRcd === count;
  });
}

test('ten thousand addresses reach FRR in twenty messages at most, and leave it again', async (context) => {
  const router = await scene.router('frr', site);
  const node = scene.node();
  configure(node, '[198.18.0.0/16]');
  const life = await lifeOf(router, site.ours.ipv4);
  const all = addresses('ipv4', 10_000);
  const began = performance.now();
  for (const [index, address] of all.entries()) node.announce(`default/web-${index}`, [address]);
  await counted(router, all.length);
  const took = Math.round(performance.now() - began);
  const messages = await frrUpdates(router, site.ours.ipv4);
  await context.annotate(`${messages} UPDATE messages, all of them there after ${took} ms`);
  expect(messages).toBeGreaterThan(0);
  expect(messages).toBeLessThanOrEqual(20);
  expect((await router.routes('ipv4')).map(({ prefix }) => prefix)).toEqual(
    all.map((address) => `${address}/32`).toSorted(),
  );
  for (const index of all.keys()) node.withdraw(`default/web-${index}`);
  await counted(router, 0);
  expect((await frrUpdates(router, site.ours.ipv4)) - messages).toBeLessThanOrEqual(20);
  expect(await lifeOf(router, site.ours.ipv4)).toBe(life);
});

test.each(PEER_KINDS)('%s has a thousand of both families whole, in every change', async (kind) => {
  const router = await scene.router(kind, site);
  const node = scene.node({ mode: 'frr', addresses: [site.ours.ipv4, site.ours.ipv6] });
  const pools = "[198.18.0.0/16, '2001:db8:ffff::/64']";
  configure(node, pools);
  const count = 1000;
  const [v4, v6] = [addresses('ipv4', count), addresses('ipv6', count)];
  for (const index of v4.keys()) node.announce(`default/web-${index}`, [v4[index]!, v6[index]!]);
  for (const family of FAMILIES) await expectRoutes(router, family, routesTo(family, count, []));
  const life = await lifeOf(router, site.ours.ipv4);
  configure(node, pools, `[{communities: ['64512:1', '65535:65281']}]`);
  const communities = ['64512:1', '65535:65281'];
  for (const family of FAMILIES) {
    await expectRoutes(router, family, routesTo(family, count, communities));
  }
  for (const index of v4.keys()) if (index >= 10) node.withdraw(`default/web-${index}`);
  for (const family of FAMILIES) {
    await expectRoutes(router, family, routesTo(family, 10, communities));
  }
  expect(await lifeOf(router, site.ours.ipv4)).toBe(life);
});
