import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../cluster/index.ts';
import {
  type BgpPeer,
  PEER_KINDS,
  type PeerRoute,
  PeerSite,
  startPeer,
} from '../../support/bgp-peers/index.ts';
import { AnnouncingNode } from '../../support/bgp-peers/announcing-node.ts';

const PREFIX = '203.0.113.10/32';

describe.each(PEER_KINDS)('%s', (kind) => {
  let site: PeerSite;
  let router: BgpPeer;
  let node: AnnouncingNode;

  beforeEach(async () => {
    site = new PeerSite(kind);
    router = await startPeer(kind, site.namespace, {
      asn: 64_513,
      routerId: site.theirs.ipv4,
      neighbors: [{ address: site.ours.ipv4, asn: 64_512, families: ['ipv4', 'ipv6'] }],
    });
    node = new AnnouncingNode({ addresses: [site.ours.ipv4, site.ours.ipv6] });
  });

  afterEach(async () => {
    await node.stop();
    await router.stop();
    site.delete();
  });

  function has(count: number): Promise<readonly PeerRoute[]> {
    return eventually(`${kind} has ${count} routes`, async () => {
      const routes = await router.routes('ipv4');
      return routes.length === count ? routes : undefined;
    });
  }

  test('hears what a ConfigMap of v0.12 announces', async () => {
    node.configure(`
peers:
- peer-address: ${site.theirs.ipv4}
  peer-asn: 64513
  my-asn: 64512
address-pools:
- name: default
  protocol: bgp
  addresses: [203.0.113.0/24]
  bgp-advertisements:
  - aggregation-length: 32
    communities: ['64512:100']
`);
    node.announce('default/web', ['203.0.113.10']);
    expect(await has(1)).toMatchObject([
      { prefix: PREFIX, origin: 'incomplete', asPath: [64_512], communities: ['64512:100'] },
    ]);
    expect(await node.metric(`metallb_bgp_session_up`)).toBe(1);
    node.withdraw('default/web');
    await has(0);
  });
});
