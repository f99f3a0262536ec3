import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AnnouncingNode } from '../../../support/bgp-peers/announcing-node.ts';
import {
  OURS,
  RouteScene,
  THEIRS,
  expectRoutes,
  lifeOf,
  routeFrom,
} from '../../../support/bgp-peers/route-scene.ts';
import { PEER_KINDS, type PeerRoute, type PeerSite } from '../../../support/bgp-peers/index.ts';

const V4 = '203.0.113.10/32';
const V6 = '2001:db8:ffff::10/128';

describe.each(PEER_KINDS)('%s', (kind) => {
  let scene: RouteScene;
  let site: PeerSite;

  beforeEach(() => {
    scene = new RouteScene();
    site = scene.site(kind);
  });

  afterEach(() => scene.end());

  function configuration(advertisements: string, peerAsn: number): string {
    return `
peers:
- {peer-address: ${site.theirs.ipv4}, peer-asn: ${peerAsn}, my-asn: ${OURS}}
bgp-communities:
  no-export: 65535:65281
address-pools:
- name: default
  protocol: bgp
  addresses: [203.0.113.0/24, '2001:db8:ffff::/64']
  bgp-advertisements: ${advertisements}
`;
  }

  function announcing(advertisements: string, peerAsn = THEIRS): AnnouncingNode {
    const node = scene.node({ mode: 'frr', addresses: [site.ours.ipv4, site.ours.ipv6] });
    node.configure(configuration(advertisements, peerAsn));
    node.announce('default/web', ['203.0.113.10', '2001:db8:ffff::10']);
    return node;
  }

  /** The same of both families. */
  function both(v4: string, v6: string, more: Partial<PeerRoute>): readonly [PeerRoute, PeerRoute] {
    const { ipv4, ipv6 } = site.ours;
    const attributes = { origin: 'igp', med: 0, ...more } as const;
    return [routeFrom(ipv4, v4, attributes), routeFrom(ipv4, v6, { ...attributes, nextHop: ipv6 })];
  }

  test('of another AS hears IGP, metric 0, and the communities of all advertisements', async () => {
    const router = await scene.router(kind, site);
    announcing(
      `[{communities: [no-export]}, {localpref: 7, communities: ['64512:2', '64512:10']}]`,
    );
    const communities = ['64512:10', '64512:2', '65535:65281'];
    const [v4, v6] = both(V4, V6, { communities });
    await expectRoutes(router, 'ipv4', [v4]);
    await expectRoutes(router, 'ipv6', [v6]);
  });

  test('of the same AS hears preference 100, or the highest that is chosen', async () => {
    const router = await scene.router(kind, site, { asn: OURS });
    const node = announcing('[]', OURS);
    const usual = both(V4, V6, { asPath: [], localPref: 100 });
    await expectRoutes(router, 'ipv4', [usual[0]]);
    await expectRoutes(router, 'ipv6', [usual[1]]);
    const life = await lifeOf(router, site.ours.ipv4);
    node.configure(
      configuration(`[{localpref: 300, communities: ['64512:1']}, {localpref: 50}]`, OURS),
    );
    const chosen = both(V4, V6, { asPath: [], localPref: 300, communities: ['64512:1'] });
    await expectRoutes(router, 'ipv4', [chosen[0]]);
    await expectRoutes(router, 'ipv6', [chosen[1]]);
    expect(await lifeOf(router, site.ours.ipv4)).toBe(life);
  });

  test('has an aggregate of each family beside the addresses', async () => {
    const router = await scene.router(kind, site);
    announcing(`[{communities: ['64512:1']}, {aggregation-length: 24, aggregation-length-v6: 64}]`);
    const hosts = both(V4, V6, { communities: ['64512:1'] });
    const nets = both('203.0.113.0/24', '2001:db8:ffff::/64', {});
    await expectRoutes(router, 'ipv4', [nets[0], hosts[0]]);
    await expectRoutes(router, 'ipv6', [nets[1], hosts[1]]);
  });
});
