import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../../cluster/index.ts';
import {
  OURS,
  RouteScene,
  expectRoutes,
  lifeOf,
  routeFrom,
} from '../../../support/bgp-peers/route-scene.ts';
import { PEER_KINDS, type PeerSite } from '../../../support/bgp-peers/index.ts';

const PREFIX = '203.0.113.10/32';

let scene: RouteScene;

beforeEach(() => {
  scene = new RouteScene();
});

afterEach(() => scene.end());

function configuration(site: PeerSite, ours: number, theirs: number): string {
  return `
peers:
- {peer-address: ${site.theirs.ipv4}, peer-asn: ${theirs}, my-asn: ${ours}}
address-pools:
- {name: default, protocol: bgp, addresses: [203.0.113.0/24]}
`;
}

describe.each(PEER_KINDS)('%s', (kind) => {
  test.each([
    ['external with numbers of four octets at both ends', 4_200_000_001, 65_536],
    ['external with the first number of four octets', 65_536, 4_200_000_001],
    ['external with the last number of two octets', 65_535, 4_294_967_294],
  ])('takes a session that is %s', async (_, ours, theirs) => {
    const site = scene.site(kind);
    const from = site.ours.ipv4;
    const router = await scene.router(kind, site, { asn: theirs, neighbor: { asn: ours } });
    const node = scene.node();
    node.announce('default/web', ['203.0.113.10']);
    node.configure(configuration(site, ours, theirs));
    await expectRoutes(router, 'ipv4', [routeFrom(from, PREFIX, { asPath: [ours] })]);
  });

  test('takes a session within an AS of four octets', async () => {
    const asn = 4_200_000_001;
    const site = scene.site(kind);
    const router = await scene.router(kind, site, { asn, neighbor: { asn } });
    const node = scene.node();
    node.configure(configuration(site, asn, asn));
    node.announce('default/web', ['203.0.113.10']);
    const internal = { asPath: [], localPref: 0 };
    await expectRoutes(router, 'ipv4', [routeFrom(site.ours.ipv4, PREFIX, internal)]);
  });

  test('of an AS that is not the configured one gets no session, and the reason is told', async () => {
    const site = scene.site(kind);
    const router = await scene.router(kind, site, { asn: 65_541 });
    const node = scene.node();
    node.configure(configuration(site, OURS, 65_542));
    const failure = await eventually('the session fails', () =>
      node.logger.lines.map(({ fields }) => fields).find(({ error }) => error !== undefined),
    );
    expect(failure['error']).toContain('unexpected peer ASN 65541, want 65542');
    expect(node.logged('sessionUp')).toEqual([]);
    expect((await router.session(site.ours.ipv4))?.state).not.toBe('established');
  });
});

describe.each(['frr', 'bird'] as const)('%s without the capability of four octets', (kind) => {
  const old = { fourOctetAsn: false, families: ['ipv4'] } as const;

  test('hears the AS of this end in two octets', async () => {
    const site = scene.site(kind);
    const router = await scene.router(kind, site, { neighbor: old });
    const node = scene.node();
    node.configure(configuration(site, OURS, 64_513));
    node.announce('default/web', ['203.0.113.10']);
    await expectRoutes(router, 'ipv4', [routeFrom(site.ours.ipv4, PREFIX)]);
    await lifeOf(router, site.ours.ipv4);
  });

  test('gets no session with an AS of four octets, and the reason is told', async () => {
    const ours = 4_200_000_001;
    const site = scene.site(kind);
    // What the router takes this end for, so that it has no reason of its own to refuse: FRR reads the capability nonetheless.
    const asn = kind === 'frr' ? ours : 23_456;
    const router = await scene.router(kind, site, { neighbor: { ...old, asn } });
    const node = scene.node();
    node.configure(configuration(site, ours, 64_513));
    const failure = await eventually('the session fails', () =>
      node.logger.lines.map(({ fields }) => fields).find(({ error }) => error !== undefined),
    );
    expect(failure['error']).toContain('peer does not support 4-byte ASNs');
    expect((await router.session(site.ours.ipv4))?.state).not.toBe('established');
    expect(await router.routes('ipv4')).toEqual([]);
  });
});

test('FRR without the capability of four octets is served in FRR mode, with AS_TRANS', async () => {
  const site = scene.site('frr');
  // It reads what the capability of this end says nonetheless, and so leaves AS4_PATH aside.
  const neighbor = { fourOctetAsn: false, families: ['ipv4'], asn: 4_200_000_001 } as const;
  const router = await scene.router('frr', site, { neighbor });
  const node = scene.node({ mode: 'frr' });
  node.configure(configuration(site, neighbor.asn, 64_513));
  node.announce('default/web', ['203.0.113.10']);
  await expectRoutes(router, 'ipv4', [
    routeFrom(site.ours.ipv4, PREFIX, { asPath: [23_456], origin: 'igp', med: 0 }),
  ]);
});
