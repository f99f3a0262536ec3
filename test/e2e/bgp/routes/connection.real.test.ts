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
import { PEER_KINDS, type PeerSite } from '../../../support/bgp-peers/index.ts';

const PREFIX = '203.0.113.10/32';

describe.each(PEER_KINDS)('%s', (kind) => {
  let scene: RouteScene;
  let site: PeerSite;

  beforeEach(() => {
    scene = new RouteScene();
    site = scene.site(kind);
  });

  afterEach(() => scene.end());

  function configuration(...peers: readonly string[]): string {
    const each = peers.map((peer) => `- {peer-asn: ${THEIRS}, my-asn: ${OURS}, ${peer}}`);
    return `
peers:
${each.join('\n')}
address-pools:
- {name: default, protocol: bgp, addresses: [203.0.113.0/24]}
`;
  }

  function failures(node: AnnouncingNode, peer: string): readonly unknown[] {
    return node.logger.lines
      .map(({ fields }) => fields)
      .filter((fields) => fields['op'] === 'connect' && fields['peer'] === peer)
      .map(({ error }) => error);
  }

  test('takes a password that was mistyped once it is right, over IPv4 and IPv6', async () => {
    const { ipv4, ipv6 } = site.ours;
    const families = ['ipv4'] as const;
    const neighbors = [
      { address: ipv4, asn: OURS, families, password: 'correct-horse' },
      { address: ipv6, asn: OURS, families, password: 'battery-staple' },
    ];
    const router = await scene.router(kind, site, { neighbors });
    const node = scene.node({ addresses: [ipv4, ipv6] });
    const peers = (four: string, six: string): string =>
      configuration(
        `peer-address: ${site.theirs.ipv4}, password: ${four}`,
        `peer-address: '${site.theirs.ipv6}', password: ${six}`,
      );
    node.announce('default/web', ['203.0.113.10']);
    node.configure(peers('correct-hose', 'battery-stable'));
    for (const peer of [`${site.theirs.ipv4}:179`, `[${site.theirs.ipv6}]:179`]) {
      const [first] = await eventually(`the dial to ${peer} is given up`, () => {
        const found = failures(node, peer);
        return found.length > 0 ? found : undefined;
      });
      expect(first).toBe('no connection within 10 s');
    }
    expect(await router.routes('ipv4')).toEqual([]);
    // One of them first: the other one goes on failing.
    node.configure(peers('correct-horse', 'battery-stable'));
    await expectRoutes(router, 'ipv4', [routeFrom(ipv4, PREFIX)]);
    node.configure(peers('correct-horse', 'battery-staple'));
    const both = [routeFrom(ipv4, PREFIX), routeFrom(ipv6, PREFIX, { nextHop: ipv4 })];
    await expectRoutes(
      router,
      'ipv4',
      both.toSorted((a, b) => (a.from < b.from ? -1 : 1)),
    );
    expect(JSON.stringify(node.logger.lines)).not.toMatch(/correct|battery/);
  });

  test('loses the routes when the password becomes wrong, and has them again after', async () => {
    const router = await scene.router(kind, site, {
      neighbor: { password: 'right', timers: { hold: 9, keepalive: 3 } },
    });
    const node = scene.node();
    const peers = (password: string): string =>
      configuration(`peer-address: ${site.theirs.ipv4}, password: ${password}`);
    node.configure(peers('right'));
    node.announce('default/web', ['203.0.113.10']);
    await expectRoutes(router, 'ipv4', [routeFrom(site.ours.ipv4, PREFIX)]);
    node.configure(peers('wrong'));
    await expectRoutes(router, 'ipv4', []);
    node.configure(peers('right'));
    await expectRoutes(router, 'ipv4', [routeFrom(site.ours.ipv4, PREFIX)]);
  }, 60_000);

  test('is called from the source address, which becomes the next hop', async () => {
    const source = '203.0.113.254';
    site.namespace.ip('route', 'add', `${source}/32`, 'via', site.ours.ipv4);
    const router = await scene.router(kind, site, { neighbor: { address: source, multihop: 2 } });
    const node = scene.node();
    node.announce('default/web', ['203.0.113.10']);
    node.configure(configuration(`peer-address: ${site.theirs.ipv4}, source-address: ${source}`));
    const peer = `${site.theirs.ipv4}:179`;
    const [first] = await eventually('the dial fails', () => {
      const found = failures(node, peer);
      return found.length > 0 ? found : undefined;
    });
    expect(first).toBe(`dial "${peer}": Address "${source}" doesn't exist on this host`);
    execFileSync('ip', ['address', 'add', `${source}/32`, 'dev', site.ours.link]);
    await expectRoutes(router, 'ipv4', [routeFrom(source, PREFIX)]);
  });

  test('is called from the source address over IPv6', async () => {
    const source = site.ours.ipv6.replace('::1', '::11');
    execFileSync('ip', ['address', 'add', `${source}/64`, 'dev', site.ours.link, 'nodad']);
    const router = await scene.router(kind, site, { neighbor: { address: source } });
    const node = scene.node({ addresses: [site.ours.ipv4] });
    node.announce('default/web', ['203.0.113.10']);
    node.configure(
      configuration(`peer-address: '${site.theirs.ipv6}', source-address: '${source}'`),
    );
    await expectRoutes(router, 'ipv4', [routeFrom(source, PREFIX, { nextHop: site.ours.ipv4 })]);
  });

  test('is found at another port than 179', async () => {
    const router = await scene.router(kind, site, { port: 1790 });
    const node = scene.node();
    node.announce('default/web', ['203.0.113.10']);
    node.configure(configuration(`peer-address: ${site.theirs.ipv4}, peer-port: 1790`));
    await expectRoutes(router, 'ipv4', [routeFrom(site.ours.ipv4, PREFIX)]);
    expect(await node.metrics()).toContain(
      `metallb_bgp_session_up{peer="${site.theirs.ipv4}:1790"} 1`,
    );
  });
});

test.each([
  ['as configured', ', router-id: 10.1.2.3', 'ipv4', '10.1.2.3'],
  ['as its address over IPv4', '', 'ipv4', undefined],
  ['as the first IPv4 address of its interface over IPv6', '', 'ipv6', undefined],
] as const)('FRR knows the router id of this end, %s', async (_, more, transport, id) => {
  const scene = new RouteScene();
  const site = scene.site('frr');
  try {
    const address = site.ours[transport];
    const router = await scene.router('frr', site, { neighbor: { address } });
    const node = scene.node();
    node.configure(`
peers:
- {peer-asn: ${THEIRS}, my-asn: ${OURS}, peer-address: '${site.theirs[transport]}'${more}}
`);
    await lifeOf(router, address);
    const json = await router.command(`show bgp neighbors ${address} json`);
    const found = JSON.parse(json) as Record<string, { remoteRouterId: string }>;
    expect(found[address]?.remoteRouterId).toBe(id ?? site.ours.ipv4);
  } finally {
    await scene.end();
  }
});
