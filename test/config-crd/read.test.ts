import { describe, expect, test } from 'vitest';
import { readLegacyConfig } from '../../src/config-legacy/index.ts';
import { differences, isSameConfig } from '../../src/runtime/model/index.ts';
import {
  configOf,
  everywhere,
  object,
  peer,
  pool,
  problemsOf,
  read,
} from '../support/resources/objects.ts';

describe('what both dialects say comes out the same:', () => {
  test.each<[what: string, legacy: string, objects: readonly object[]]>([
    [
      'a layer-2 pool',
      'address-pools: [{name: teal, protocol: layer2, addresses: [192.0.2.0/24], avoid-buggy-ips: true}]',
      [
        pool('teal', { addresses: ['192.0.2.0/24'], avoidBuggyIPs: true }),
        object('L2Advertisement', 'l2', { ipAddressPools: ['teal'] }),
      ],
    ],
    [
      'a BGP pool with an alias',
      'bgp-communities: {quiet: "64500:9"}\naddress-pools: [{name: teal, protocol: bgp, addresses: [192.0.2.0/24], ' +
        'bgp-advertisements: [{communities: ["64500:10", quiet], localpref: 7, aggregation-length: 24}]}]',
      [
        pool('teal'),
        object('Community', 'words', { communities: [{ name: 'quiet', value: '64500:9' }] }),
        object('BGPAdvertisement', 'route', {
          communities: ['64500:10', 'quiet'],
          localPref: 7,
          aggregationLength: 24,
        }),
      ],
    ],
    [
      'an AddressPool',
      'address-pools: [{name: teal, protocol: bgp, addresses: [192.0.2.0/24], auto-assign: false}]',
      [
        object('AddressPool', 'teal', {
          protocol: 'bgp',
          addresses: ['192.0.2.0/24'],
          autoAssign: false,
        }),
      ],
    ],
    [
      'a peer with a profile, selectors and a third of a hold time',
      'bfd-profiles: [{name: fast, echo-mode: true}]\npeers: [{my-asn: 64500, peer-asn: 64501, peer-address: 192.0.2.1, ' +
        'hold-time: 100s, bfd-profile: fast, password: x, node-selectors: [{match-labels: {rack: r1}}, ' +
        '{match-expressions: [{key: zone, operator: NotIn, values: [b, a]}]}]}]',
      [
        object('BFDProfile', 'fast', { echoMode: true }),
        peer(
          {
            holdTime: '1m40s',
            bfdProfile: 'fast',
            password: 'x',
            nodeSelectors: [
              { matchLabels: { rack: 'r1' } },
              { matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a', 'b'] }] },
            ],
          },
          {},
          'peer1',
        ),
      ],
    ],
    [
      'no hold timer and a keepalive of nothing',
      'peers: [{my-asn: 64500, peer-asn: 64501, peer-address: 192.0.2.1, hold-time: 0s}, ' +
        '{my-asn: 64500, peer-asn: 64502, peer-address: 192.0.2.2, keepalive-time: 500ms}]',
      [
        peer({ holdTime: '30s' }, { 'metal-lb.io/hold-time': '0s' }, 'peer1'),
        peer(
          { peerASN: 64502, peerAddress: '192.0.2.2' },
          { 'metal-lb.io/keepalive-time': '500ms' },
          'peer2',
        ),
      ],
    ],
  ])('%s', (_, legacy, objects) => {
    const reading = readLegacyConfig(legacy, { compat: 'v0.12', mode: 'none' });
    if (reading.kind === 'refused') throw new Error(reading.message);
    const config = configOf(...objects);
    expect(differences(reading.config, config, ['the ConfigMap', 'the resources'])).toEqual([]);
    expect(isSameConfig(reading.config, config)).toBe(true);
  });
});

test('extras for FRR are refused, blank ones are none', () => {
  expect(read([], { bgpExtras: ' \n' }).kind).toBe('config');
  expect(read([], { bgpExtras: 'router bgp 1' })).toMatchObject({
    kind: 'refused',
    transient: false,
    problems: [
      {
        reason: 'bgp-extras',
        path: 'data.extras',
        object: { kind: 'ConfigMap', name: 'bgpextras' },
      },
    ],
  });
});

test('a password comes from the Secret named, and is in no text', () => {
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'md5' },
    type: 'kubernetes.io/basic-auth',
    data: { password: Buffer.from('sesame').toString('base64') },
  };
  const config = configOf(secret, peer({ passwordSecret: { name: 'md5', namespace: 'other' } }));
  expect(config.peers[0]?.password?.reveal()).toBe('sesame');
  const wrong = read([{ ...secret, type: 'Opaque' }, peer({ passwordSecret: { name: 'md5' } })]);
  expect(JSON.stringify([config, wrong])).not.toContain('sesame');
});

test('a v1beta1 peer whose kept fields come back has its Secret again', () => {
  const kept = { 'metal-lb.io/v1beta2-fields': '{"passwordSecret":{"name":"md5"},"vrf":"blue"}' };
  const older = { ...peer({}, kept), apiVersion: 'metallb.io/v1beta1' };
  expect(problemsOf([older])).toEqual([
    'parsing peer spine: secret ref not found for peer config "metallb-system"/"spine"',
  ]);
});

test('a pool keeps its legacy name, its priority and its namespaces', () => {
  const [teal] = configOf(
    everywhere,
    pool(
      'teal',
      { addresses: ['192.0.2.0/24'], serviceAllocation: { namespaces: ['b', 'a'] } },
      { annotations: { 'metal-lb.io/legacy-name': 'Teal Pool' } },
    ),
  ).pools;
  expect(teal).toMatchObject({
    legacyName: 'Teal Pool',
    serviceAllocation: { priority: 0, namespaces: ['a', 'b'] },
  });
});

test('advertisements come by name, equal layer-2 ones once, and communities by value', () => {
  const [teal] = configOf(
    pool('teal', { addresses: ['192.0.2.0/24'] }, { labels: { berth: 'deep' } }),
    object('L2Advertisement', 'b', { interfaces: ['eth1', 'eth0'], nodeSelectors: [{}] }),
    object('L2Advertisement', 'a', { interfaces: ['eth0', 'eth1', 'eth0'] }),
    object('BGPAdvertisement', 'z', { communities: ['large:1:1:1', '64500:77', '64500:9'] }),
    object('BGPAdvertisement', 'y', {
      ipAddressPools: ['teal'],
      ipAddressPoolSelectors: [{ matchLabels: { berth: 'deep' } }],
    }),
  ).pools;
  expect(teal?.layer2).toEqual([
    { nodeSelectors: [{ text: '', requirements: [] }], interfaces: ['eth0', 'eth1'] },
  ]);
  expect(teal?.bgp.map(({ communities }) => communities)).toEqual([
    [],
    ['64500:9', '64500:77', 'large:1:1:1'],
  ]);
});

test('names are sorted as the original sorts them, a shorter one first', () => {
  const names = ['a-b', 'a', 'a.b', 'ab'];
  const pools = names.map((name, at) => pool(name, { addresses: [`192.0.2.${at}/32`] }));
  expect(configOf(...pools).pools.map(({ name }) => name)).toEqual(['a', 'a-b', 'a.b', 'ab']);
});

test('a thousand pools with their advertisements are read, and overlaps among them found', () => {
  const pools = Array.from({ length: 1000 }, (_, at) =>
    pool(`p${at}`, {
      addresses: [
        `10.${at >> 8}.${at & 255}.0/25`,
        `10.${at >> 8}.${at & 255}.130-10.${at >> 8}.${at & 255}.200`,
      ],
    }),
  );
  const routes = pools.map((_, at) =>
    object('BGPAdvertisement', `r${at}`, { ipAddressPools: [`p${at}`], localPref: at }),
  );
  expect(read([...pools, ...routes]).kind).toBe('config');
  expect(problemsOf([...pools, pool('q', { addresses: ['10.2.0.0/16'] })])).toEqual([
    'CIDR "10.2.0.0/16" in pool "q" overlaps with already defined CIDR "10.2.0.0/25"',
  ]);
});
