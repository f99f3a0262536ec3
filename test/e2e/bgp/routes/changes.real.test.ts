import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../../cluster/index.ts';
import type { AnnouncingNode } from '../../../support/bgp-peers/announcing-node.ts';
import { birdImports, frrUpdates } from '../../../support/bgp-peers/counts.ts';
import {
  OURS,
  RouteScene,
  THEIRS,
  expectRoutes,
  lifeOf,
  routeFrom,
} from '../../../support/bgp-peers/route-scene.ts';
import type { PeerSite } from '../../../support/bgp-peers/index.ts';

let scene: RouteScene;
let site: PeerSite;

beforeEach(() => {
  scene = new RouteScene();
  site = scene.site('peer');
});

afterEach(() => scene.end());

function configuration(advertisements = '[]', more = ''): string {
  return `
peers:
- {peer-address: ${site.theirs.ipv4}, peer-asn: ${THEIRS}, my-asn: ${OURS}}
address-pools:
- name: default
  protocol: bgp
  addresses: [203.0.113.0/24, 198.18.0.0/16]
  bgp-advertisements: ${advertisements}
${more}
`;
}

function announceServices(node: AnnouncingNode, count: number): readonly string[] {
  const addresses = Array.from({ length: count }, (_, index) => `203.0.113.${index + 1}`);
  for (const [index, address] of addresses.entries()) {
    node.announce(`default/web-${index}`, [address]);
  }
  return addresses;
}

function routesTo(
  addresses: readonly string[],
  communities: readonly string[] = [],
): ReturnType<typeof routeFrom>[] {
  return addresses
    .map((address) => `${address}/32`)
    .toSorted()
    .map((prefix) => routeFrom(site.ours.ipv4, prefix, { communities }));
}

test('a change to one Service sends that change and nothing else', async () => {
  const router = await scene.router('frr', site);
  const node = scene.node();
  node.configure(configuration());
  const addresses = announceServices(node, 100);
  node.settle();
  await expectRoutes(router, 'ipv4', routesTo(addresses));
  const life = await lifeOf(router, site.ours.ipv4);
  // Both ends of a family come after the routes.
  const before = await eventually('the ends have come', async () => {
    const count = await frrUpdates(router, site.ours.ipv4);
    return count >= 3 ? count : undefined;
  });
  node.announce('default/web-7', ['203.0.113.200']);
  const moved = addresses.map((one, index) => (index === 7 ? '203.0.113.200' : one));
  await expectRoutes(router, 'ipv4', routesTo(moved));
  // One for the new prefix, one for the old.
  expect(await frrUpdates(router, site.ours.ipv4)).toBe(before + 2);
  node.announce('default/web-7', ['203.0.113.200']);
  node.announce('default/another', ['203.0.113.200']);
  node.withdraw('default/web-7');
  node.withdraw('default/web-0');
  await expectRoutes(router, 'ipv4', routesTo(moved.slice(1)));
  expect(await frrUpdates(router, site.ours.ipv4)).toBe(before + 3);
  expect(await lifeOf(router, site.ours.ipv4)).toBe(life);
});

test('a change of what does not concern the peer sends nothing and resets nothing', async () => {
  const router = await scene.router('frr', site);
  const node = scene.node();
  node.configure(configuration());
  node.announce('default/web', ['203.0.113.1']);
  node.settle();
  await expectRoutes(router, 'ipv4', routesTo(['203.0.113.1']));
  const life = await lifeOf(router, site.ours.ipv4);
  const before = await eventually('the ends have come', async () => {
    const count = await frrUpdates(router, site.ours.ipv4);
    return count >= 3 ? count : undefined;
  });
  const layer2 = '- {name: other, protocol: layer2, addresses: [198.51.100.128/25]}';
  node.configure(configuration('[]', layer2));
  node.configure(configuration('[{aggregation-length: 32}]', layer2));
  node.place({ rack: 'b' }, [site.ours.ipv4, site.ours.ipv6]);
  // Sent last, and so heard last.
  node.announce('default/last', ['203.0.113.2']);
  await expectRoutes(router, 'ipv4', routesTo(['203.0.113.1', '203.0.113.2']));
  expect(await frrUpdates(router, site.ours.ipv4)).toBe(before + 1);
  expect(await lifeOf(router, site.ours.ipv4)).toBe(life);
});

test('other attributes of a hundred prefixes withdraw none of them', async () => {
  const router = await scene.router('bird', site);
  const node = scene.node();
  node.configure(configuration());
  const addresses = announceServices(node, 100);
  await expectRoutes(router, 'ipv4', routesTo(addresses));
  expect(await birdImports(router)).toEqual({ announced: 100, withdrawn: 0 });
  node.configure(configuration(`[{communities: ['64512:1']}]`));
  await expectRoutes(router, 'ipv4', routesTo(addresses, ['64512:1']));
  expect(await birdImports(router)).toEqual({ announced: 200, withdrawn: 0 });
  for (const index of addresses.keys()) node.withdraw(`default/web-${index}`);
  await expectRoutes(router, 'ipv4', []);
  expect(await birdImports(router)).toEqual({ announced: 200, withdrawn: 100 });
});

test('other lengths of aggregation announce the new prefix before the old ones are withdrawn', async () => {
  const router = await scene.router('bird', site);
  await router.command('debug', 'neighbor0', '{', 'routes', '}');
  const node = scene.node();
  node.configure(configuration());
  const addresses = announceServices(node, 3);
  await expectRoutes(router, 'ipv4', routesTo(addresses));
  const said = router.log().length;
  node.configure(configuration('[{aggregation-length: 24}]'));
  await expectRoutes(router, 'ipv4', [routeFrom(site.ours.ipv4, '203.0.113.0/24')]);
  const lines = router.log().slice(said).split('\n');
  const added = lines.findIndex((line) => /> added .*203\.0\.113\.0\/24/.test(line));
  const removed = lines.findIndex((line) => /> removed .*203\.0\.113\.1\/32/.test(line));
  expect(added).toBeGreaterThanOrEqual(0);
  expect(removed).toBeGreaterThan(added);
});
