import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
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

  function configuration(peers: readonly string[], addresses: readonly string[]): string {
    const each = peers.map(
      (address) => `- {peer-address: '${address}', peer-asn: ${THEIRS}, my-asn: ${OURS}}`,
    );
    return `
peers:
${each.join('\n')}
address-pools:
- name: default
  protocol: bgp
  addresses: [${addresses.map((one) => `'${one}'`).join(', ')}]
`;
  }

  function frr(from: string, prefix: string, nextHop: string): PeerRoute {
    return routeFrom(from, prefix, { nextHop, origin: 'igp', med: 0 });
  }

  function withheld(node: AnnouncingNode): readonly string[] {
    return (node.withheld.get('default/web') ?? []).map(({ reason }) => reason);
  }

  test('has both families over both transports, with the own address of each as next hop', async () => {
    const { ipv4, ipv6 } = site.ours;
    const families = ['ipv4', 'ipv6'] as const;
    const neighbors = [ipv4, ipv6].map((address) => ({ address, asn: OURS, families }));
    const router = await scene.router(kind, site, { neighbors });
    const node = scene.node({ mode: 'frr', addresses: [ipv6, ipv4] });
    node.configure(
      configuration([site.theirs.ipv4, site.theirs.ipv6], ['203.0.113.0/24', '2001:db8:ffff::/64']),
    );
    node.announce('default/web', ['203.0.113.10', '2001:db8:ffff::10']);
    const sorted = [ipv4, ipv6].toSorted();
    await expectRoutes(
      router,
      'ipv4',
      sorted.map((from) => frr(from, V4, ipv4)),
    );
    await expectRoutes(
      router,
      'ipv6',
      sorted.map((from) => frr(from, V6, ipv6)),
    );
    expect(withheld(node)).toEqual([]);
  });

  test('has IPv4 over IPv6 in native mode while the node has an IPv4 address', async () => {
    const { ipv4, ipv6 } = site.ours;
    // BIRD has no routes whose next hop is on no link of its own.
    const another = '203.0.113.250';
    execFileSync('ip', ['address', 'add', `${another}/31`, 'dev', site.ours.link]);
    site.namespace.ip('address', 'add', '203.0.113.251/31', 'dev', 'eth0');
    const router = await scene.router(kind, site, {
      neighbors: [{ address: ipv6, asn: OURS, families: ['ipv4', 'ipv6'] }],
    });
    const node = scene.node({ addresses: [ipv6] });
    node.configure(configuration([site.theirs.ipv6], ['203.0.113.0/24']));
    node.announce('default/web', ['203.0.113.10']);
    const life = await lifeOf(router, ipv6);
    const refusal = ['bgp-no-next-hop'];
    await eventually('it is said that nothing is sent', () => withheld(node).length > 0);
    expect(withheld(node)).toEqual(refusal);
    expect(await router.routes('ipv4')).toEqual([]);
    node.place({}, [ipv6, ipv4]);
    await expectRoutes(router, 'ipv4', [routeFrom(ipv6, V4, { nextHop: ipv4 })]);
    expect(withheld(node)).toEqual([]);
    node.place({}, [ipv6, another]);
    await expectRoutes(router, 'ipv4', [routeFrom(ipv6, V4, { nextHop: another })]);
    node.place({}, [ipv6]);
    await expectRoutes(router, 'ipv4', []);
    expect(withheld(node)).toEqual(refusal);
    expect(await lifeOf(router, ipv6)).toBe(life);
  });

  test('has IPv6 over IPv4 in FRR mode while the node has an IPv6 address', async () => {
    const { ipv4, ipv6 } = site.ours;
    const router = await scene.router(kind, site);
    const node = scene.node({ mode: 'frr', addresses: [ipv4] });
    node.configure(configuration([site.theirs.ipv4], ['203.0.113.0/24', '2001:db8:ffff::/64']));
    node.announce('default/web', ['203.0.113.10', '2001:db8:ffff::10']);
    const life = await lifeOf(router, ipv4);
    await expectRoutes(router, 'ipv4', [frr(ipv4, V4, ipv4)]);
    expect(await router.routes('ipv6')).toEqual([]);
    await eventually('it is said that IPv6 is not sent', () => withheld(node).length > 0);
    expect(withheld(node)).toEqual(['bgp-no-next-hop']);
    node.place({}, [ipv4, ipv6]);
    await expectRoutes(router, 'ipv6', [frr(ipv4, V6, ipv6)]);
    node.place({}, [ipv4]);
    await expectRoutes(router, 'ipv6', []);
    await expectRoutes(router, 'ipv4', [frr(ipv4, V4, ipv4)]);
    expect(await lifeOf(router, ipv4)).toBe(life);
  });

  test('that takes IPv4 only has no IPv6, and it is said why', async () => {
    const { ipv4, ipv6 } = site.ours;
    const router = await scene.router(kind, site, { neighbor: { families: ['ipv4'] } });
    const node = scene.node({ mode: 'frr', addresses: [ipv4, ipv6] });
    node.configure(configuration([site.theirs.ipv4], ['203.0.113.0/24', '2001:db8:ffff::/64']));
    node.announce('default/web', ['203.0.113.10', '2001:db8:ffff::10']);
    await expectRoutes(router, 'ipv4', [frr(ipv4, V4, ipv4)]);
    await eventually('it is said that IPv6 is not sent', () => withheld(node).length > 0);
    expect(withheld(node)).toEqual(['bgp-family-not-agreed']);
  });
});
