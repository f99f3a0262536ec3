import { describe, expect, test } from 'vitest';
import { readLegacyConfig } from '../../src/config-legacy/index.ts';
import {
  type BgpAdvertisement,
  type Config,
  type Peer,
  type Pool,
  Secret,
  type ServiceAllocation,
  differences,
  isSameConfig,
  makeSelector,
} from '../../src/runtime/model/index.ts';
import { parseIp, parsePrefix } from '../../src/runtime/net/index.ts';

const SIDES = ['the ConfigMap', 'the resources'] as const;

function read(text: string): Config {
  const reading = readLegacyConfig(text, { compat: 'v0.12', mode: 'none' });
  if (reading.kind !== 'config') throw new Error(reading.message);
  return reading.config;
}

const TEXT = `
peers:
- {my-asn: 64500, peer-asn: 64501, peer-address: 192.0.2.1, password: s3cret, bfd-profile: fast}
- {my-asn: 64500, peer-asn: 64502, peer-address: 192.0.2.2, hold-time: 30s}
bfd-profiles:
- {name: fast, receive-interval: 100}
address-pools:
- {name: teal, protocol: layer2, addresses: [198.51.100.0/28]}
- name: jade
  protocol: bgp
  addresses: [203.0.113.0/28]
  bgp-advertisements:
  - {aggregation-length: 32, communities: ['64500:1', '64500:2']}
  - {aggregation-length: 28, localpref: 50}
`;
const LEGACY = read(TEXT);

function told(change: (config: Config) => Config): readonly string[] {
  return differences(LEGACY, change(LEGACY), SIDES);
}

function withPool(name: string, change: Partial<Pool>): (config: Config) => Config {
  return (config) => ({
    ...config,
    pools: config.pools.map((pool) => (pool.name === name ? { ...pool, ...change } : pool)),
  });
}

describe('mean the same', () => {
  test.each<[name: string, change: (config: Config) => Config]>([
    ['a configuration and itself', (config) => config],
    [
      'advertisements in another order',
      (config) => withPool('jade', { bgp: config.pools[0]!.bgp.toReversed() })(config),
    ],
    [
      'communities in another order',
      (config) => {
        const [one, other] = config.pools[0]!.bgp;
        const communities = one!.communities.toReversed();
        return withPool('jade', { bgp: [{ ...one!, communities }, other!] })(config);
      },
    ],
    [
      'a length for a family that the pool does not have',
      (config) => {
        const [one, other] = config.pools[0]!.bgp;
        return withPool('jade', { bgp: [{ ...one!, aggregationLengthV6: 64 }, other!] })(config);
      },
    ],
    [
      'a layer-2 advertisement that another one makes needless',
      withPool('teal', {
        layer2: [
          { nodeSelectors: [], interfaces: [] },
          { nodeSelectors: [], interfaces: ['eth1'] },
        ],
      }),
    ],
    [
      'peers and profiles of other names, in another order',
      (config) => ({
        ...config,
        peers: config.peers.toReversed().map((peer, index) => ({
          ...peer,
          name: `peer-${index}`,
          ...(peer.bfdProfile !== undefined && { bfdProfile: 'quick' }),
        })),
        bfdProfiles: config.bfdProfiles.map((profile) => ({ ...profile, name: 'quick' })),
      }),
    ],
    ['a pool renamed that keeps its name', withPool('teal', { name: 'x', legacyName: 'teal' })],
  ])('%s', (_name, change) => {
    expect(told(change)).toEqual([]);
  });
});

describe('differ, and it is said how:', () => {
  test.each<[name: string, change: (config: Config) => Config, words: readonly string[]]>([
    [
      'a pool that is not there',
      (config) => ({ ...config, pools: config.pools.slice(0, 1) }),
      ['pool "teal" is only in the ConfigMap'],
    ],
    [
      'a pool renamed that forgot its name',
      withPool('teal', { name: 'x' }),
      ['pool "teal" is only in the ConfigMap', 'pool "x" is only in the resources'],
    ],
    [
      'other addresses',
      withPool('teal', { cidrs: LEGACY.pools[0]!.cidrs }),
      ['pool "teal": addresses 198.51.100.0/28 in the ConfigMap, 203.0.113.0/28 in the resources'],
    ],
    [
      'no advertisement',
      withPool('teal', { layer2: [] }),
      [
        'pool "teal": layer-2 advertisement on every interface of every node in the ConfigMap, none in the resources',
      ],
    ],
    [
      'an advertisement from some nodes on one interface',
      withPool('teal', {
        layer2: [
          {
            nodeSelectors: [makeSelector([{ key: 'rack', operator: 'Equals', values: ['r1'] }])],
            interfaces: ['eth1'],
          },
        ],
      }),
      [
        'pool "teal": layer-2 advertisement on every interface of every node in the ConfigMap, ' +
          'on eth1 of nodes (rack=r1) in the resources',
      ],
    ],
    [
      'an interface that is called as if it were all of them',
      withPool('teal', { layer2: [{ nodeSelectors: [], interfaces: ['every interface'] }] }),
      [
        'pool "teal": layer-2 advertisement on every interface of every node in the ConfigMap, ' +
          'on "every interface" of every node in the resources',
      ],
    ],
    [
      'no automatic assignment',
      withPool('jade', { autoAssign: false }),
      ['pool "jade": automatic assignment on in the ConfigMap, off in the resources'],
    ],
    [
      'another hold time',
      (config) => ({
        ...config,
        peers: config.peers.map((peer, index) =>
          index === 1 ? { ...peer, holdTimeSeconds: 90 } : peer,
        ),
      }),
      ['peer 192.0.2.2 port 179: hold time 30 s in the ConfigMap, 90 s in the resources'],
    ],
    [
      'another password, which is never told',
      (config) => ({
        ...config,
        peers: config.peers.map((peer, index) =>
          index === 0 ? { ...peer, password: new Secret('0ther') } : peer,
        ),
      }),
      ['peer 192.0.2.1 port 179: the passwords differ'],
    ],
    [
      'a peer that is not there',
      (config) => ({ ...config, peers: config.peers.slice(0, 1) }),
      ['peer 192.0.2.2 port 179 is only in the ConfigMap'],
    ],
  ])('%s', (_name, change, words) => {
    expect(told(change)).toEqual(words);
  });

  test('two advertisements of one route the other way round, of which the last wins', () => {
    const ordered = (...communities: readonly string[]): Config => {
      const [one] = LEGACY.pools[0]!.bgp;
      const bgp = communities.map((community) => ({ ...one!, communities: [community] }));
      return withPool('jade', { bgp })(LEGACY);
    };
    const found = differences(ordered('64500:1', '64500:2'), ordered('64500:2', '64500:1'), SIDES);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^pool "jade": BGP advertisement /);
  });

  test('a BFD profile that says something else, with the peer that uses it', () => {
    const found = told((config) => ({
      ...config,
      bfdProfiles: config.bfdProfiles.map((profile) => ({ ...profile, detectMultiplier: 9 })),
    }));
    expect(found).toContain('BFD profile "fast" is like this only in the ConfigMap');
    expect(found.some((text) => text.startsWith('peer 192.0.2.1 port 179: BFD profile'))).toBe(
      true,
    );
  });
});

const RACK = makeSelector([{ key: 'rack', operator: 'Equals', values: ['r1'] }]);
const PEER: { readonly [Key in Exclude<keyof Peer, 'name'>]-?: Peer[Key] } = {
  myASN: 64999,
  peerASN: 64999,
  address: parseIp('192.0.2.99')!,
  port: 1179,
  sourceAddress: parseIp('192.0.2.98')!,
  routerID: parseIp('192.0.2.97')!,
  holdTimeSeconds: 0,
  keepaliveTimeSeconds: 1,
  password: new Secret('0ther'),
  bfdProfile: 'absent',
  ebgpMultiHop: true,
  vrf: 'red',
  nodeSelectors: [RACK],
};
const ROUTE: BgpAdvertisement = {
  aggregationLength: 30,
  aggregationLengthV6: 64,
  localPref: 7,
  communities: ['64500:9'],
  peers: ['peer1'],
  nodeSelectors: [RACK],
};
const ALLOCATION: ServiceAllocation = {
  priority: 3,
  namespaces: ['web'],
  namespaceSelectors: [RACK],
  serviceSelectors: [RACK],
};
const OPEN = { priority: 0, namespaces: [], namespaceSelectors: [], serviceSelectors: [] };

describe('nothing that is acted upon is passed over:', () => {
  test.each(Object.entries<unknown>({ ...PEER }))('%s of a peer', (key, value) => {
    const [first, ...others] = LEGACY.peers;
    const peers = [{ ...first!, [key]: value }, ...others];
    expect(told((config) => ({ ...config, peers }))).not.toEqual([]);
  });

  test.each(Object.entries<unknown>({ ...ROUTE }))('%s of a BGP advertisement', (key, value) => {
    const jade = LEGACY.pools[0]!;
    const cidrs = [...jade.cidrs, parsePrefix('2001:db8::/64')!];
    const before = withPool('jade', { cidrs })(LEGACY);
    const [one, ...others] = jade.bgp;
    const after = withPool('jade', { cidrs, bgp: [{ ...one!, [key]: value }, ...others] })(LEGACY);
    expect(differences(before, after, SIDES)).not.toEqual([]);
  });

  test.each(Object.entries<unknown>({ ...ALLOCATION }))(
    '%s of an allocation to Services',
    (key, value) => {
      const before = withPool('jade', { serviceAllocation: OPEN })(LEGACY);
      const after = withPool('jade', { serviceAllocation: { ...OPEN, [key]: value } })(LEGACY);
      expect(differences(before, after, SIDES)).not.toEqual([]);
      expect(differences(LEGACY, before, SIDES)).not.toEqual([]);
    },
  );

  test('the order of addresses, and whether .0 and .255 are avoided', () => {
    const cidrs = [LEGACY.pools[1]!.cidrs[0]!, parsePrefix('192.0.2.64/28')!];
    const before = withPool('teal', { cidrs })(LEGACY);
    const after = withPool('teal', { cidrs: cidrs.toReversed() })(LEGACY);
    expect(differences(before, after, SIDES)).not.toEqual([]);
    expect(told(withPool('teal', { avoidBuggyIPs: true }))).not.toEqual([]);
  });
});

describe('to the letter the same', () => {
  test('is only what has the same names and passwords', () => {
    expect(isSameConfig(LEGACY, read(TEXT))).toBe(true);
    expect(isSameConfig(LEGACY, read(TEXT.replace('s3cret', '0ther')))).toBe(false);
    expect(isSameConfig(LEGACY, withPool('teal', { legacyName: 'Teal' })(LEGACY))).toBe(false);
  });
});
