import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BgpMode } from '../../../../src/runtime/bgp/index.ts';
import { eventually, never } from '../../../cluster/index.ts';
import type { AnnouncingNode } from '../../../support/bgp-peers/announcing-node.ts';
import { birdImports, frrMessages } from '../../../support/bgp-peers/counts.ts';
import {
  OURS,
  RouteScene,
  THEIRS,
  expectRoutes,
  lifeOf,
  routeFrom,
} from '../../../support/bgp-peers/route-scene.ts';
import type { BgpPeer, PeerRoute, PeerSite } from '../../../support/bgp-peers/index.ts';

const FAMILIES = ['ipv4', 'ipv6'] as const;

let scene: RouteScene;
let site: PeerSite;

beforeEach(() => {
  scene = new RouteScene();
  site = scene.site('peer');
});

afterEach(() => scene.end());

function nodeOf(mode: BgpMode): AnnouncingNode {
  const node = scene.node({ mode, addresses: [site.ours.ipv4, site.ours.ipv6] });
  node.configure(`
peers:
- {peer-address: ${site.theirs.ipv4}, peer-asn: ${THEIRS}, my-asn: ${OURS}}
address-pools:
- name: default
  protocol: bgp
  addresses: [203.0.113.0/24${mode === 'frr' ? ", '2001:db8:ffff::/64'" : ''}]
`);
  node.settle();
  for (let index = 1; index <= 5; index += 1) {
    const addresses = [`203.0.113.${index}`, `2001:db8:ffff::${index}`];
    node.announce(`default/web-${index}`, mode === 'frr' ? addresses : addresses.slice(0, 1));
  }
  return node;
}

function routes(mode: BgpMode): Readonly<Record<(typeof FAMILIES)[number], readonly PeerRoute[]>> {
  const more = mode === 'frr' ? ({ origin: 'igp', med: 0 } as const) : {};
  const { ipv4, ipv6 } = site.ours;
  const each = [1, 2, 3, 4, 5];
  return {
    ipv4: each.map((index) => routeFrom(ipv4, `203.0.113.${index}/32`, more)),
    ipv6:
      mode === 'frr'
        ? each.map((index) =>
            routeFrom(ipv4, `2001:db8:ffff::${index}/128`, { ...more, nextHop: ipv6 }),
          )
        : [],
  };
}

async function expectAll(router: BgpPeer, mode: BgpMode): Promise<void> {
  for (const family of FAMILIES) await expectRoutes(router, family, routes(mode)[family]);
}

/** What BIRD has read in the OPEN, a line for each capability. */
async function capabilities(router: BgpPeer): Promise<readonly string[]> {
  const text = await router.command('show', 'protocols', 'all', 'neighbor0');
  const theirs = /Neighbor capabilities\n(?<lines>(?: {6}.*\n)+)/.exec(text)?.groups?.['lines'];
  return (theirs ?? '').split('\n').map((line) => line.trim());
}

test.each([
  ['frr', ['Route refresh']],
  ['native', []],
] as const)('%s mode promises %o of refreshes', async (mode, promised) => {
  const router = await scene.router('bird', site);
  nodeOf(mode);
  await lifeOf(router, site.ours.ipv4);
  const all = await capabilities(router);
  expect(all).toContain('4-octet AS numbers');
  expect(all.filter((line) => /refresh/i.test(line))).toEqual(promised);
});

describe('FRR mode', () => {
  test('sends BIRD all routes again that asks for them, and withdraws none', async () => {
    const router = await scene.router('bird', site);
    nodeOf('frr');
    await expectAll(router, 'frr');
    const life = await lifeOf(router, site.ours.ipv4);
    expect(await birdImports(router)).toEqual({ announced: 10, withdrawn: 0 });
    await router.requestRefresh(site.ours.ipv4);
    await eventually(
      'all routes came again',
      async () => (await birdImports(router)).announced === 20,
    );
    expect(await birdImports(router)).toEqual({ announced: 20, withdrawn: 0 });
    await expectAll(router, 'frr');
    expect(await lifeOf(router, site.ours.ipv4)).toBe(life);
  });

  test('sends FRR all routes again that asks for them', async () => {
    const router = await scene.router('frr', site);
    nodeOf('frr');
    await expectAll(router, 'frr');
    const life = await lifeOf(router, site.ours.ipv4);
    // Two with routes, two ends.
    await eventually(
      'the ends have come',
      async () => (await frrMessages(router, site.ours.ipv4)).updatesRecv === 4,
    );
    // One family asks for itself.
    await router.command(`clear bgp ipv4 unicast ${site.ours.ipv4} in`);
    await eventually(
      'IPv4 came again',
      async () => (await frrMessages(router, site.ours.ipv4)).updatesRecv >= 5,
    );
    expect(await frrMessages(router, site.ours.ipv4)).toMatchObject({
      updatesRecv: 5,
      routeRefreshSent: 1,
    });
    await expectAll(router, 'frr');
    expect(await lifeOf(router, site.ours.ipv4)).toBe(life);
  });
});

describe('native mode', () => {
  test.each(['bird', 'frr'] as const)(
    'does not promise %s to send all again, and keeps the session when it is asked',
    async (kind) => {
      const router = await scene.router(kind, site);
      nodeOf('native');
      await expectAll(router, 'native');
      const life = await lifeOf(router, site.ours.ipv4);
      // Where it may not ask, its tool may say so.
      await Promise.allSettled([router.requestRefresh(site.ours.ipv4)]);
      await never(
        'another session begins',
        async () => {
          const session = await router.session(site.ours.ipv4);
          return session?.since === life ? undefined : { life, session, log: router.log() };
        },
        1000,
      );
      await expectAll(router, 'native');
    },
  );
});
