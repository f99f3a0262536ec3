import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../../cluster/index.ts';
import { type BgpPeer, PEER_KINDS, type PeerSite } from '../../../support/bgp-peers/index.ts';
import {
  OURS,
  RouteScene,
  THEIRS,
  expectRoutes,
  routeFrom,
} from '../../../support/bgp-peers/route-scene.ts';

const PREFIX = '203.0.113.10/32';
const SILENCE = /^(no (connection|OPEN) within 10 s|nothing heard for 3 s)$/;

describe.each(PEER_KINDS)('TTL security with %s', (kind) => {
  let scene: RouteScene;
  let site: PeerSite;

  beforeEach(() => {
    scene = new RouteScene();
    site = scene.site(kind);
  });
  afterEach(() => scene.end());

  function router(ttlSecurity?: number): Promise<BgpPeer> {
    return scene.router(kind, site, {
      ...(ttlSecurity !== undefined && { neighbor: { ttlSecurity } }),
    });
  }

  function announcing(ttlSecurity: number): ReturnType<RouteScene['node']> {
    const node = scene.node({ ttlSecurity });
    node.configure(`
peers:
- {peer-address: ${site.theirs.ipv4}, peer-asn: ${THEIRS}, my-asn: ${OURS}, hold-time: 3s}
address-pools:
- {name: default, protocol: bgp, addresses: [203.0.113.0/26]}
`);
    node.announce('default/web', ['203.0.113.10']);
    return node;
  }

  test('brings up a session where both ask for it', async () => {
    const peer = await router(1);
    announcing(1);
    await expectRoutes(peer, 'ipv4', [routeFrom(site.ours.ipv4, PREFIX)]);
  });

  async function expectNoSession(
    peer: BgpPeer,
    node: ReturnType<RouteScene['node']>,
  ): Promise<void> {
    await eventually(
      'two attempts fail',
      () => {
        const failed = node.logger.lines.filter(({ fields }) => fields['op'] === 'connect');
        return failed.length >= 2 ? true : undefined;
      },
      40_000,
    );
    expect(node.logged('sessionUp')).toEqual([]);
    expect((await peer.session(site.ours.ipv4))?.state).not.toBe('established');
  }

  test('of ours alone hears nothing of the router', async () => {
    const node = announcing(1);
    await expectNoSession(await router(), node);
    const failed = node.logger.lines.filter(({ fields }) => fields['op'] === 'connect');
    for (const { fields } of failed) expect(fields['error']).toMatch(SILENCE);
  }, 60_000);
});
