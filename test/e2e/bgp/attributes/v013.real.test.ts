import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BgpMode } from '../../../../src/runtime/bgp/index.ts';
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
import { object, peer, pool, read } from '../../../support/resources/objects.ts';

type Json = Readonly<Record<string, unknown>>;

const V4 = '203.0.113.10/32';

describe.each(PEER_KINDS)('%s', (kind) => {
  let scene: RouteScene;
  let site: PeerSite;

  beforeEach(() => {
    scene = new RouteScene();
    site = scene.site(kind);
  });

  afterEach(() => scene.end());

  function spine(spec: Json = {}): Json {
    return peer({ myASN: OURS, peerASN: THEIRS, peerAddress: site.theirs.ipv4, ...spec });
  }

  /** A node of v0.13 that has these resources beside the peer and a pool of both families. */
  function node(mode: BgpMode, ...objects: readonly Json[]): AnnouncingNode {
    const addresses = ['203.0.113.0/24', ...(mode === 'frr' ? ['2001:db8:ffff::/64'] : [])];
    const reading = read([pool('default', { addresses }), ...objects], {}, mode);
    if (reading.kind === 'refused') throw new Error(reading.message);
    const { ipv4, ipv6 } = site.ours;
    const made = scene.node({ compat: 'v0.13', mode, addresses: [ipv4, ipv6] });
    made.apply(reading.config);
    return made;
  }

  function route(prefix: string, more: Partial<PeerRoute> = {}): PeerRoute {
    return routeFrom(site.ours.ipv4, prefix, { origin: 'igp', ...more });
  }

  /** What a router of the same AS hears. */
  function internal(prefix: string, localPref: number, more: Partial<PeerRoute> = {}): PeerRoute {
    return route(prefix, { asPath: [], localPref, ...more });
  }

  test('hears ORIGIN IGP of v0.13, and communities by their aliases', async () => {
    const router = await scene.router(kind, site);
    const communities = ['vpn', '65535:65281', '64512:9'];
    const community = object('Community', 'aliases', {
      communities: [{ name: 'vpn', value: '64512:4000' }],
    });
    const announcing = node(
      'native',
      spine(),
      community,
      object('BGPAdvertisement', 'all', { communities, localPref: 300 }),
    );
    announcing.announce('default/web', ['203.0.113.10']);
    await expectRoutes(router, 'ipv4', [
      route(V4, { communities: ['64512:4000', '64512:9', '65535:65281'] }),
    ]);
  });

  test('of the same AS hears preference 0 of native mode', async () => {
    const router = await scene.router(kind, site, { asn: OURS });
    const announcing = node('native', spine({ peerASN: OURS }), object('BGPAdvertisement', 'all'));
    announcing.announce('default/web', ['203.0.113.10']);
    await expectRoutes(router, 'ipv4', [internal(V4, 0)]);
  });

  test('hears large communities and both families of FRR mode', async () => {
    const router = await scene.router(kind, site);
    const communities = ['large:4200000001:2:3', 'large:64512:4294967295:0', '64512:100'];
    const announcing = node('frr', spine(), object('BGPAdvertisement', 'all', { communities }));
    announcing.announce('default/web', ['203.0.113.10', '2001:db8:ffff::10']);
    const more = {
      med: 0,
      communities: ['64512:100'],
      largeCommunities: ['4200000001:2:3', '64512:4294967295:0'],
    };
    await expectRoutes(router, 'ipv4', [route(V4, more)]);
    await expectRoutes(router, 'ipv6', [
      route('2001:db8:ffff::10/128', { ...more, nextHop: site.ours.ipv6 }),
    ]);
  });

  test('of the same AS hears preference 100 of FRR mode unless one is chosen', async () => {
    const router = await scene.router(kind, site, { asn: OURS });
    const announcing = node(
      'frr',
      spine({ peerASN: OURS }),
      object('BGPAdvertisement', 'hosts', { aggregationLength: 32, aggregationLengthV6: 128 }),
      object('BGPAdvertisement', 'nets', {
        aggregationLength: 24,
        aggregationLengthV6: 64,
        localPref: 200,
      }),
    );
    announcing.announce('default/web', ['203.0.113.10', '2001:db8:ffff::10']);
    await expectRoutes(router, 'ipv4', [
      internal('203.0.113.0/24', 200, { med: 0 }),
      internal(V4, 100, { med: 0 }),
    ]);
    const nextHop = site.ours.ipv6;
    await expectRoutes(router, 'ipv6', [
      internal('2001:db8:ffff::/64', 200, { med: 0, nextHop }),
      internal('2001:db8:ffff::10/128', 100, { med: 0, nextHop }),
    ]);
  });

  test('has a prefix that two advertisements tell by the first in native mode, by both in FRR mode', async () => {
    const advertisements = [
      object('BGPAdvertisement', 'b', { communities: ['64512:1'] }),
      object('BGPAdvertisement', 'a', { communities: ['64512:2'] }),
    ];
    const router = await scene.router(kind, site);
    const native = node('native', spine(), ...advertisements);
    native.announce('default/web', ['203.0.113.10']);
    await expectRoutes(router, 'ipv4', [route(V4, { communities: ['64512:2'] })]);
    await native.stop();
    await expectRoutes(router, 'ipv4', []);
    const frr = node('frr', spine(), ...advertisements.toReversed());
    frr.announce('default/web', ['203.0.113.10']);
    await expectRoutes(router, 'ipv4', [
      route(V4, { med: 0, communities: ['64512:1', '64512:2'] }),
    ]);
    await lifeOf(router, site.ours.ipv4);
  });

  test('keeps an IPv6 aggregate for as long as one address of it is announced', async () => {
    const router = await scene.router(kind, site);
    const announcing = node(
      'frr',
      spine(),
      object('BGPAdvertisement', 'nets', { aggregationLengthV6: 120 }),
    );
    announcing.announce('default/one', ['2001:db8:ffff::1']);
    announcing.announce('default/two', ['2001:db8:ffff::2', '2001:db8:ffff::100']);
    const [low, high] = ['2001:db8:ffff::/120', '2001:db8:ffff::100/120'].map((prefix) =>
      route(prefix, { med: 0, nextHop: site.ours.ipv6 }),
    );
    await expectRoutes(router, 'ipv6', [low!, high!]);
    announcing.withdraw('default/one');
    announcing.announce('default/two', ['2001:db8:ffff::2']);
    await expectRoutes(router, 'ipv6', [low!]);
    announcing.withdraw('default/two');
    await expectRoutes(router, 'ipv6', []);
    expect(announcing.withheld.get('default/two') ?? []).toEqual([]);
  });
});
