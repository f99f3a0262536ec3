import { describe, expect, test } from 'vitest';
import {
  type AnnouncedService,
  type BgpRules,
  type SessionRoutes,
  routesFor,
} from '../../src/runtime/bgp/index.ts';
import type { Config, Labels } from '../../src/runtime/model/index.ts';
import {
  advertisedPool,
  advertisement,
  announced,
  bgpConfig,
  internalPeer,
  peer,
  shownRoutes,
} from '../support/bgp.ts';
import { labeled } from '../support/pools.ts';
import { ip } from '../support/views.ts';

const NATIVE: BgpRules = { compat: 'v0.12', mode: 'native' };
const FRR: BgpRules = { compat: 'v0.12', mode: 'frr' };

function ask(
  config: Config,
  services: readonly AnnouncedService[],
  rules: BgpRules = NATIVE,
  labels: Labels | undefined = {},
): readonly SessionRoutes[] {
  return routesFor(config, { ...rules, labels }, services);
}

describe('attributes', () => {
  const pool = advertisedPool('lan', ['198.51.100.0/24'], advertisement());
  const config = bgpConfig([pool], [peer('outer'), internalPeer('inner')]);
  const web = announced('default/web', 'lan', '198.51.100.7');

  test('are those of v0.12 in native mode: origin incomplete, a preference of zero within the AS', () => {
    expect(shownRoutes(ask(config, [web]))).toEqual({
      outer: ['198.51.100.7/32: origin incomplete, AS path 64512, next hop of the session'],
      inner: [
        '198.51.100.7/32: origin incomplete, AS path empty, next hop of the session, local preference 0',
      ],
    });
  });

  test('have origin IGP from v0.13 on', () => {
    const [outer] = ask(config, [web], { compat: 'v0.13', mode: 'native' });

    expect(outer?.routes[0]?.attributes).toMatchObject({ origin: 'igp', asPath: [64512] });
    expect(outer?.routes[0]?.attributes).not.toHaveProperty('med');
  });

  test('are those of FRR in FRR mode: origin IGP, metric zero, a preference of 100 where none is chosen', () => {
    expect(shownRoutes(ask(config, [web], FRR))).toEqual({
      outer: ['198.51.100.7/32: origin igp, AS path 64512, next hop of the session, MED 0'],
      inner: [
        '198.51.100.7/32: origin igp, AS path empty, next hop of the session, MED 0, local preference 100',
      ],
    });
  });

  test('say whose address is the next hop where session and route are of two families', () => {
    const six = internalPeer('six', { address: ip('2001:db8::1') });
    const both = advertisedPool('lan', ['198.51.100.0/24', '2001:db8:1::/64'], advertisement());
    const dual = announced('default/web', 'lan', '198.51.100.7', '2001:db8:1::7');
    const [routes] = ask(bgpConfig([both], [six]), [dual], FRR);

    expect(
      routes?.routes.map(({ prefix, attributes }) => [prefix.text, attributes.nextHop]),
    ).toEqual([
      ['198.51.100.7/32', 'node'],
      ['2001:db8:1::7/128', 'session'],
    ]);
  });

  test('carry communities by their value, each once, the large ones apart', () => {
    const communities = [
      '65535:65281',
      '900:1',
      'large:64512:20:1',
      '64512:100',
      'large:9:1:1',
      '900:1',
    ];
    const marked = advertisedPool('lan', ['198.51.100.0/24'], advertisement({ communities }));
    const [routes] = ask(bgpConfig([marked], [peer('outer')]), [web], FRR);

    expect(routes?.routes[0]?.attributes).toMatchObject({
      communities: ['900:1', '64512:100', '65535:65281'],
      largeCommunities: ['9:1:1', '64512:20:1'],
    });
  });
});

describe('prefixes', () => {
  test('are the addresses cut to every length that is advertised, of each family its own', () => {
    const pool = advertisedPool(
      'lan',
      ['198.51.100.0/24', '2001:db8:1::/64'],
      advertisement({ aggregationLength: 26, aggregationLengthV6: 64 }),
      advertisement({ localPref: 100 }),
    );
    const dual = announced('default/web', 'lan', '198.51.100.77', '2001:db8:1::7');
    const [routes] = ask(bgpConfig([pool], [internalPeer('inner')]), [dual], FRR);

    expect(routes?.routes.map(({ prefix }) => prefix.text)).toEqual([
      '198.51.100.64/26',
      '198.51.100.77/32',
      '2001:db8:1::/64',
      '2001:db8:1::7/128',
    ]);
  });

  test('of IPv6 are withheld in native mode, with the reason, and IPv4 goes on', () => {
    const pool = advertisedPool('lan', ['198.51.100.0/24', '2001:db8:1::/64'], advertisement());
    const dual = announced('default/web', 'lan', '198.51.100.77', '2001:db8:1::7');
    const [routes] = ask(bgpConfig([pool], [peer('outer')]), [dual]);

    expect(routes?.routes.map(({ prefix }) => prefix.text)).toEqual(['198.51.100.77/32']);
    expect(routes?.withheld).toMatchObject([
      { prefix: { text: '2001:db8:1::7/128' }, reason: 'ipv6InNativeMode' },
    ]);
  });

  test('with more than 63 communities are withheld, and with 63 they are sent', () => {
    const many = Array.from({ length: 64 }, (_, index) => `64512:${index}`);
    const services = [announced('default/web', 'lan', '198.51.100.7')];
    const [most, tooMany] = [many.slice(1), many].map((communities) => {
      const pool = advertisedPool('lan', ['198.51.100.0/24'], advertisement({ communities }));
      return ask(bgpConfig([pool], [peer('outer')]), services)[0];
    });

    expect(most?.routes).toHaveLength(1);
    expect(tooMany).toMatchObject({ routes: [], withheld: [{ reason: 'tooManyCommunities' }] });
  });

  test('of a pool that is for layer 2 only go to nobody', () => {
    const config = bgpConfig([advertisedPool('lan', ['198.51.100.0/24'])], [peer('outer')]);

    expect(ask(config, [announced('default/web', 'lan', '198.51.100.7')])).toMatchObject([
      { routes: [], withheld: [] },
    ]);
  });
});

describe('where advertisements of one pool speak of one route', () => {
  const pool = advertisedPool(
    'lan',
    ['198.51.100.0/24'],
    advertisement({ localPref: 200, communities: ['64512:1'] }),
    advertisement({ localPref: 50, communities: ['64512:2'] }),
  );
  const config = bgpConfig([pool], [internalPeer('inner')]);
  const web = announced('default/web', 'lan', '198.51.100.7');
  const chosen = (rules: BgpRules): unknown => ask(config, [web], rules)[0]?.routes[0]?.attributes;

  test('the last one counts in native mode, as in v0.12', () => {
    expect(chosen(NATIVE)).toMatchObject({ localPref: 50, communities: ['64512:2'] });
  });

  test('the first one counts from v0.13 on', () => {
    const rules = { compat: 'v0.13', mode: 'native' } as const;

    expect(chosen(rules)).toMatchObject({ localPref: 200, communities: ['64512:1'] });
  });

  test('FRR mode adds their communities up and takes the highest preference', () => {
    expect(chosen(FRR)).toMatchObject({ localPref: 200, communities: ['64512:1', '64512:2'] });
  });
});

test('where pools share an aggregate the highest preference wins, then the lowest communities, whoever comes first', () => {
  const half = (name: string, range: string, localPref: number, community: string) =>
    advertisedPool(
      name,
      [range],
      advertisement({ aggregationLength: 24, localPref, communities: [community] }),
    );
  const [a, b] = [
    announced('default/a', 'a', '198.51.101.1'),
    announced('default/b', 'b', '198.51.101.200'),
  ];
  const win = (first: readonly [number, string], second: readonly [number, string]): unknown => {
    const pools = [
      half('a', '198.51.100.0-198.51.101.99', ...first),
      half('b', '198.51.101.100-198.51.102.255', ...second),
    ];
    const config = bgpConfig(pools, [internalPeer('inner')]);
    const both = [ask(config, [a, b]), ask(config, [b, a])].map(([one]) => one?.routes);
    expect(both[0]).toEqual(both[1]);
    expect(both[0]).toHaveLength(1);
    return both[0]?.[0]?.attributes.communities;
  };

  expect(win([10, '64512:1'], [20, '64512:2'])).toEqual(['64512:2']);
  expect(win([20, '64512:1'], [10, '64512:2'])).toEqual(['64512:1']);
  expect(win([20, '64512:9'], [20, '64512:10'])).toEqual(['64512:9']);
});

describe('who is told', () => {
  const rack = (name: string) => [labeled({ rack: name })];
  const web = announced('default/web', 'lan', '198.51.100.7');

  test('is every peer of the node, and no peer of another node', () => {
    const pool = advertisedPool('lan', ['198.51.100.0/24'], advertisement());
    const peers = [
      peer('everywhere'),
      peer('here', { nodeSelectors: rack('a') }),
      peer('there', { nodeSelectors: rack('b') }),
    ];
    const sessions = ask(bgpConfig([pool], peers), [web], NATIVE, { rack: 'a' });

    expect(sessions.map(({ session, routes }) => [session.peer.name, routes.length])).toEqual([
      ['everywhere', 1],
      ['here', 1],
    ]);
  });

  test('is whom an advertisement names, and only from the nodes that it is for', () => {
    const pool = advertisedPool(
      'lan',
      ['198.51.100.0/24'],
      advertisement({ peers: ['left'], communities: ['64512:1'] }),
      advertisement({ peers: ['right'], communities: ['64512:2'], nodeSelectors: rack('b') }),
    );
    const config = bgpConfig([pool], [peer('left'), peer('right'), peer('none')]);
    const told = (name: string) =>
      ask(config, [web], NATIVE, { rack: name }).map(
        ({ routes }) => routes[0]?.attributes.communities,
      );

    expect(told('a')).toEqual([['64512:1'], undefined, undefined]);
    expect(told('b')).toEqual([['64512:1'], ['64512:2'], undefined]);
  });

  test('while the labels of the node are unknown is only who needs none', () => {
    const pool = advertisedPool(
      'lan',
      ['198.51.100.0/24'],
      advertisement(),
      advertisement({ communities: ['64512:2'], nodeSelectors: rack('b') }),
    );
    const peers = [peer('everywhere'), peer('there', { nodeSelectors: rack('b') })];
    const around = { ...NATIVE, labels: undefined };

    expect(shownRoutes(routesFor(bgpConfig([pool], peers), around, [web]))).toEqual({
      everywhere: ['198.51.100.7/32: origin incomplete, AS path 64512, next hop of the session'],
    });
  });
});

test('a session is known by who talks to whom, not by what the peer is called', () => {
  const peers = [
    peer('a', { sourceAddress: ip('192.0.2.9') }),
    peer('b', { address: ip('2001:db8::1'), port: 1179, vrf: 'red' }),
    peer('c'),
    peer('d', { holdTimeSeconds: 30, keepaliveTimeSeconds: 10 }),
  ];

  expect(ask(bgpConfig([], peers), []).map(({ session }) => session.key)).toEqual([
    '64513@192.0.2.1:179-64512@192.0.2.9',
    '64513@[2001:db8::1]:1179-64512@%red',
    '64513@192.0.2.1:179-64512@',
    '64513@192.0.2.1:179-64512@#2',
  ]);
});

test('a session has the BFD profile that its peer names', () => {
  const fast = {
    name: 'fast',
    receiveIntervalMs: 50,
    transmitIntervalMs: 50,
    detectMultiplier: 3,
    echoIntervalMs: 50,
    echoMode: false,
    passiveMode: false,
    minimumTTL: 254,
  };
  const config = { pools: [], peers: [peer('a', { bfdProfile: 'fast' })], bfdProfiles: [fast] };

  expect(ask(config, [], FRR)[0]?.session.bfd).toBe(fast);
});
