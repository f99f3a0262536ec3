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
import { PEER_KINDS, type PeerSite } from '../../../support/bgp-peers/index.ts';

const PREFIX = '203.0.113.10/32';
/** RFC 8326 §5 */
const GRACEFUL_SHUTDOWN = '65535:0';
/** Milliseconds. */
const DRAIN = 3000;

describe.each(PEER_KINDS)('%s', (kind) => {
  let scene: RouteScene;
  let site: PeerSite;

  beforeEach(() => {
    scene = new RouteScene();
    site = scene.site(kind);
  });

  afterEach(() => scene.end());

  function draining(peerAsn: number): AnnouncingNode {
    const node = scene.node({ drain: DRAIN });
    node.configure(`
peers:
- {peer-address: ${site.theirs.ipv4}, peer-asn: ${peerAsn}, my-asn: ${OURS}}
address-pools:
- name: default
  protocol: bgp
  addresses: [203.0.113.0/24]
  bgp-advertisements: [{localpref: 200, communities: ['64512:1']}]
`);
    node.announce('default/web', ['203.0.113.10']);
    return node;
  }

  test.each([
    ['another', THEIRS, { asPath: [OURS] }, {}],
    ['the same', OURS, { asPath: [], localPref: 200 }, { localPref: 0 }],
  ])('of %s AS is asked for other paths before the session ends', async (_, asn, more, drained) => {
    const router = await scene.router(kind, site, { asn });
    const node = draining(asn);
    const from = site.ours.ipv4;
    const communities = ['64512:1'];
    await expectRoutes(router, 'ipv4', [routeFrom(from, PREFIX, { ...more, communities })]);
    const life = await lifeOf(router, from);
    const began = performance.now();
    const stopped = node.stop();
    await expectRoutes(router, 'ipv4', [
      routeFrom(from, PREFIX, {
        ...more,
        ...drained,
        communities: [...communities, GRACEFUL_SHUTDOWN],
      }),
    ]);
    expect(await lifeOf(router, from)).toBe(life);
    await stopped;
    expect(performance.now() - began).toBeGreaterThanOrEqual(DRAIN);
    await expectRoutes(router, 'ipv4', []);
  });
});
