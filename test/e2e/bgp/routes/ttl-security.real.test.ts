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

  /** Whose segments are thrown away is not known before somebody has waited for long enough. */
  async function expectSilence(peer: BgpPeer, node: ReturnType<RouteScene['node']>): Promise<void> {
    const failed = await eventually('the first attempt fails', () =>
      node.logger.lines.find(({ fields }) => fields['op'] === 'connect'),
    );
    expect(failed.fields['error']).toMatch(SILENCE);
    expect((await peer.session(site.ours.ipv4))?.state).not.toBe('established');
  }

  test('of the router alone keeps us out', async () => {
    await expectSilence(await router(1), announcing(0));
  });

  test('of ours alone hears nothing of the router', async () => {
    await expectSilence(await router(), announcing(1));
  });
});
