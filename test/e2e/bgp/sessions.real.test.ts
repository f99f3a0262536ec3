import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { withText } from '../../../src/runtime/bgp/attributes.ts';
import { eventually } from '../../cluster/index.ts';
import {
  type BgpPeer,
  type NeighborSettings,
  PEER_KINDS,
  type PeerRoute,
  PeerSite,
  type RouterSettings,
  startPeer,
} from '../../support/bgp-peers/index.ts';
import { type SpeakerSettings, TestSpeaker } from '../../support/bgp-peers/speaker.ts';

const OURS = 64_512;
const THEIRS = 64_513;
const PREFIXES = { ipv4: '203.0.113.10/32', ipv6: '2001:db8:ffff::10/128' } as const;

const EXTERNAL = withText({
  origin: 'incomplete',
  asPath: [OURS],
  nextHop: 'session',
  communities: ['64512:100', '65535:65281'],
  largeCommunities: ['64512:1:2'],
});
const EXTERNAL_OF_NODE = withText({ ...EXTERNAL, nextHop: 'node' });

describe.each(PEER_KINDS)('%s', (kind) => {
  let site: PeerSite;
  let peer: BgpPeer | undefined;
  const speakers: TestSpeaker[] = [];

  beforeEach(() => {
    site = new PeerSite(kind);
  });

  afterEach(async () => {
    for (const speaker of speakers.splice(0)) speaker.stop();
    await peer?.stop();
    peer = undefined;
    site.delete();
  });

  async function route(
    neighbor: Partial<NeighborSettings>,
    router: Partial<RouterSettings> = {},
  ): Promise<BgpPeer> {
    peer = await startPeer(kind, site.namespace, {
      asn: THEIRS,
      routerId: site.theirs.ipv4,
      neighbors: [{ address: site.ours.ipv4, asn: OURS, families: ['ipv4', 'ipv6'], ...neighbor }],
      ...router,
    });
    return peer;
  }

  function speak(settings: Partial<SpeakerSettings> = {}): TestSpeaker {
    const speaker = new TestSpeaker({
      localAsn: OURS,
      peerAsn: THEIRS,
      target: { address: site.theirs.ipv4 },
      node: { ipv4: site.ours.ipv4, ipv6: site.ours.ipv6 },
      ...settings,
    });
    speakers.push(speaker);
    return speaker;
  }

  async function established(router: BgpPeer, neighbor = site.ours.ipv4): Promise<void> {
    await eventually(`${kind} has a session with ${neighbor}`, async () =>
      (await router.session(neighbor))?.state === 'established' ? true : undefined,
    );
  }

  function has(router: BgpPeer, family: 'ipv4' | 'ipv6', count = 1): Promise<readonly PeerRoute[]> {
    return eventually(`${kind} has ${count} ${family} routes`, async () => {
      const routes = await router.routes(family);
      return routes.length === count ? routes : undefined;
    });
  }

  test('hears an IPv4 and an IPv6 prefix over one session, and their end', async () => {
    const router = await route({ timers: { hold: 9, keepalive: 3 } });
    const us = speak();
    us.announce([PREFIXES.ipv4], EXTERNAL);
    us.announce([PREFIXES.ipv6], EXTERNAL_OF_NODE);
    await established(router);
    expect(await router.session(site.ours.ipv4)).toMatchObject({ holdTime: 9 });
    const common = {
      from: site.ours.ipv4,
      asPath: [OURS],
      origin: 'incomplete',
      med: undefined,
      localPref: undefined,
      communities: ['64512:100', '65535:65281'],
      largeCommunities: ['64512:1:2'],
    };
    expect(await has(router, 'ipv4')).toEqual([
      { prefix: PREFIXES.ipv4, nextHop: site.ours.ipv4, ...common },
    ]);
    expect(await has(router, 'ipv6')).toEqual([
      { prefix: PREFIXES.ipv6, nextHop: site.ours.ipv6, ...common },
    ]);
    us.announce([PREFIXES.ipv4, PREFIXES.ipv6], undefined);
    await has(router, 'ipv4', 0);
    await has(router, 'ipv6', 0);
  });

  test('hears preference and metric within one AS', async () => {
    const router = await route({}, { asn: OURS });
    const us = speak({ peerAsn: OURS });
    const attributes = { ...EXTERNAL, origin: 'igp', asPath: [], localPref: 150, med: 7 } as const;
    us.announce([PREFIXES.ipv4], withText(attributes));
    expect(await has(router, 'ipv4')).toMatchObject([
      { asPath: [], origin: 'igp', localPref: 150, med: 7, nextHop: site.ours.ipv4 },
    ]);
  });

  test('takes sessions over IPv6 with a key, and silence follows a wrong one', async () => {
    const { ipv6: address } = site.ours;
    const router = await route({ address, families: ['ipv6'], password: 's3cret' });
    const target = { address: site.theirs.ipv6 };
    const wrong = speak({ target: { ...target, password: 'secret' } });
    const lastError = await eventually('the dial is given up', () => wrong.lastError);
    expect(lastError).toBe('no connection within 10 s');
    expect(JSON.stringify(wrong.logger.lines)).not.toContain('secret');
    wrong.stop();
    expect((await router.session(address))?.state).not.toBe('established');
    const right = speak({ target: { ...target, password: 's3cret' } });
    right.announce([PREFIXES.ipv6], EXTERNAL);
    await established(router, address);
    expect(await has(router, 'ipv6')).toMatchObject([{ nextHop: address, from: address }]);
  });

  test('takes neighbors that are no more than a hop away, by TTL 255', async () => {
    const router = await route({ ttlSecurity: 1 });
    const us = speak({ target: { address: site.theirs.ipv4, ttl: 255, minTtl: 255 } });
    us.announce([PREFIXES.ipv4], EXTERNAL);
    await established(router);
    await has(router, 'ipv4');
  });

  test('keeps the routes of two neighbors apart', async () => {
    const { ipv4, ipv6 } = site.ours;
    const families = ['ipv4', 'ipv6'] as const;
    const router = await route(
      {},
      {
        neighbors: [ipv4, ipv6].map((address) => ({ address, asn: OURS, families })),
      },
    );
    const over4 = speak();
    const over6 = speak({ target: { address: site.theirs.ipv6 }, routerId: '192.0.2.2' });
    over4.announce([PREFIXES.ipv4], EXTERNAL);
    over6.announce([PREFIXES.ipv4], EXTERNAL_OF_NODE);
    expect(await has(router, 'ipv4', 2)).toMatchObject([
      { prefix: PREFIXES.ipv4, from: ipv4, nextHop: ipv4 },
      { prefix: PREFIXES.ipv4, from: ipv6, nextHop: ipv4 },
    ]);
    over4.stop('maintenance');
    expect(await has(router, 'ipv4', 1)).toMatchObject([{ from: ipv6 }]);
  });

  test('asks for all routes again if it can, and resets a session that comes back', async () => {
    const router = await route({}, { announces: ['198.18.0.0/24', '2001:db8:18::/48'] });
    const us = speak({
      capabilities: [
        { kind: 'multiprotocol', afi: 1, safi: 1, family: 'ipv4' },
        { kind: 'multiprotocol', afi: 2, safi: 1, family: 'ipv6' },
        { kind: 'routeRefresh' },
      ],
    });
    us.announce([PREFIXES.ipv4], EXTERNAL);
    await has(router, 'ipv4');
    await eventually('its own routes are here', () => us.received >= 2 || undefined);
    const { sent } = us;
    if (kind !== 'gobgp') {
      await router.requestRefresh(site.ours.ipv4);
      await eventually('the route was sent again', () => us.sent > sent || undefined);
    }
    const life = (await router.session(site.ours.ipv4))?.since;
    expect(life).toBeDefined();
    await router.reset(site.ours.ipv4);
    await eventually(
      'there is another session',
      async () => {
        const since = (await router.session(site.ours.ipv4))?.since;
        return since !== undefined && since !== life ? true : undefined;
      },
      60_000,
    );
    await has(router, 'ipv4');
  }, 90_000);

  test('takes every setting of a neighbor', async () => {
    const router = await route(
      {
        localAddress: site.theirs.ipv4,
        multihop: 3,
        extendedNextHop: true,
        timers: { hold: 9, keepalive: 3 },
        ...(kind === 'gobgp' ? {} : { bfd: { receive: 50, transmit: 50, multiplier: 3 } }),
      },
      { gracefulRestart: { restartTime: 20, staleTime: 30 } },
    );
    const us = speak();
    us.announce([PREFIXES.ipv4], EXTERNAL);
    await has(router, 'ipv4');
    expect(await router.bfdUp(site.ours.ipv4)).toBe(kind === 'gobgp' ? undefined : false);
    expect(us.peerRestart).toMatchObject({ restartTime: 20 });
  });

  test('is found again after its restart', async () => {
    const router = await route({ timers: { hold: 9, keepalive: 3 } });
    const us = speak();
    us.announce([PREFIXES.ipv4], EXTERNAL);
    await has(router, 'ipv4');
    await router.restart();
    await eventually(
      `${kind} has the route again`,
      async () => ((await router.routes('ipv4')).length === 1 ? true : undefined),
      40_000,
    );
    expect(us.logger.lines.map(({ fields }) => fields['event'])).toContain('sessionDown');
  });
});
