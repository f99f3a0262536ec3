import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../../cluster/index.ts';
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

describe.each(PEER_KINDS)('%s', (kind) => {
  let scene: RouteScene;
  let site: PeerSite;

  beforeEach(() => {
    scene = new RouteScene();
    site = scene.site(kind);
  });

  afterEach(() => scene.end());

  function configuration(advertisements: string, peerAsn = THEIRS): string {
    return `
peers:
- peer-address: ${site.theirs.ipv4}
  peer-asn: ${peerAsn}
  my-asn: ${OURS}
bgp-communities:
  blackhole: 65535:666
address-pools:
- name: default
  protocol: bgp
  addresses: [203.0.113.0/24]
  bgp-advertisements: ${advertisements}
`;
  }

  test('of another AS hears nothing but ORIGIN, the AS and communities', async () => {
    const router = await scene.router(kind, site);
    const node = scene.node();
    node.configure(
      configuration(`[{localpref: 150, communities: [blackhole, '65535:65281', '64512:7']}]`),
    );
    node.announce('default/web', ['203.0.113.10', '203.0.113.2']);
    const communities = ['64512:7', '65535:65281', '65535:666'];
    await expectRoutes(router, 'ipv4', [
      routeFrom(site.ours.ipv4, '203.0.113.10/32', { communities }),
      routeFrom(site.ours.ipv4, '203.0.113.2/32', { communities }),
    ]);
    node.withdraw('default/web');
    await expectRoutes(router, 'ipv4', []);
  });

  test('of the same AS hears a preference always, 0 unless chosen, and the AS never', async () => {
    const router = await scene.router(kind, site, { asn: OURS });
    const node = scene.node();
    node.announce('default/web', ['203.0.113.10']);
    node.configure(configuration('[]', OURS));
    const from = site.ours.ipv4;
    const internal = { asPath: [], localPref: 0 };
    await expectRoutes(router, 'ipv4', [routeFrom(from, '203.0.113.10/32', internal)]);
    const life = await lifeOf(router, from);
    node.configure(configuration('[{localpref: 4294967295}]', OURS));
    await expectRoutes(router, 'ipv4', [
      routeFrom(from, '203.0.113.10/32', { ...internal, localPref: 4_294_967_295 }),
    ]);
    expect(await lifeOf(router, from)).toBe(life);
  });

  test('has an aggregate for as long as one address of it is announced', async () => {
    const router = await scene.router(kind, site);
    const node = scene.node();
    node.configure(configuration('[{aggregation-length: 26}]'));
    node.announce('default/one', ['203.0.113.1']);
    node.announce('default/two', ['203.0.113.2', '203.0.113.66']);
    const from = site.ours.ipv4;
    const [lower, upper] = ['203.0.113.0/26', '203.0.113.64/26'].map((one) => routeFrom(from, one));
    await expectRoutes(router, 'ipv4', [lower!, upper!]);
    node.withdraw('default/two');
    await expectRoutes(router, 'ipv4', [lower!]);
    node.withdraw('default/one');
    await expectRoutes(router, 'ipv4', []);
  });

  test('has the routes of all advertisements of a pool, each with its own attributes', async () => {
    const router = await scene.router(kind, site);
    const node = scene.node();
    node.configure(
      configuration(
        `[{aggregation-length: 32, localpref: 100, communities: ['65535:65282']}, {aggregation-length: 24, communities: ['64512:24']}]`,
      ),
    );
    node.announce('default/web', ['203.0.113.10']);
    await expectRoutes(router, 'ipv4', [
      routeFrom(site.ours.ipv4, '203.0.113.0/24', { communities: ['64512:24'] }),
      routeFrom(site.ours.ipv4, '203.0.113.10/32', { communities: ['65535:65282'] }),
    ]);
  });

  test('has a prefix that two advertisements tell as the last of them does', async () => {
    const router = await scene.router(kind, site);
    const node = scene.node();
    const [one, two] = [`{communities: ['64512:1']}`, `{localpref: 9, communities: ['64512:2']}`];
    node.configure(configuration(`[${one}, ${two}]`));
    node.announce('default/web', ['203.0.113.10']);
    const route = (community: string): PeerRoute =>
      routeFrom(site.ours.ipv4, '203.0.113.10/32', { communities: [community] });
    await expectRoutes(router, 'ipv4', [route('64512:2')]);
    const life = await lifeOf(router, site.ours.ipv4);
    node.configure(configuration(`[${two}, ${one}]`));
    await expectRoutes(router, 'ipv4', [route('64512:1')]);
    expect(await lifeOf(router, site.ours.ipv4)).toBe(life);
  });

  test('gets 63 communities on a route, and with 64 no route but the reason told', async () => {
    const router = await scene.router(kind, site);
    const node = scene.node();
    const communities = Array.from({ length: 63 }, (_, index) => `64512:${index + 1}`);
    const all = (list: readonly string[]): string =>
      `[{communities: [${list.map((one) => `'${one}'`).join(', ')}]}]`;
    node.configure(configuration(all(communities)));
    node.announce('default/web', ['203.0.113.10']);
    await (kind === 'bird' ? expectCounted(router, communities) : expectAll(router, communities));
    node.configure(configuration(all([...communities, '64512:64'])));
    await expectRoutes(router, 'ipv4', []);
    expect(node.withheld.get('default/web')?.map(({ reason }) => reason)).toEqual([
      'bgp-too-many-communities',
    ]);
  });

  function expectAll(router: BgpPeer, communities: readonly string[]): Promise<void> {
    const route = { communities: communities.toSorted() };
    return expectRoutes(router, 'ipv4', [routeFrom(site.ours.ipv4, '203.0.113.10/32', route)]);
  }

  /** BIRD prints no more than some forty of them, but filters by all. */
  async function expectCounted(router: BgpPeer, communities: readonly string[]): Promise<void> {
    const { length } = communities;
    const filter = `bgp_community.len = ${length} && filter(bgp_community, [(64512,1..${length})]).len = ${length}`;
    await eventually('BIRD has a route with all communities', async () =>
      (await router.command(`show route where ${filter}`)).includes('203.0.113.10/32'),
    );
  }
});
