import { describe, expect, test } from 'vitest';
import { object, peer, pool, problemsOf } from '../support/resources/objects.ts';

describe('the original’s words:', () => {
  test.each<[what: string, objects: readonly object[], message: string]>([
    [
      'a length as the character of that code',
      [pool('teal'), object('BGPAdvertisement', 'a', { aggregationLengthV6: 129 })],
      "invalid aggregation length '\\u0081' for IPv6",
    ],
    [
      'a hold time as Go prints it',
      [peer({ holdTime: '2500ms' })],
      'parsing peer spine: invalid hold time "2.5s": must be 0 or >=3s',
    ],
    [
      'a keepalive time just longer than the hold time',
      [peer({ holdTime: '1h', keepaliveTime: '3600.000001s' })],
      'parsing peer spine: invalid keepaliveTime {"1h0m0.000001s"}',
    ],
    [
      'a hold time that is none',
      [peer({ holdTime: 'soon' })],
      'parsing peer spine: invalid hold time "soon": time: invalid duration "soon"',
    ],
    [
      'a selector written twice, its values sorted',
      [
        peer({
          nodeSelectors: [
            ['b', 'a'],
            ['a', 'b'],
          ].map((values) => ({
            matchExpressions: [{ key: 'rack', operator: 'In', values }],
          })),
        }),
      ],
      'parsing peer spine: duplicate definition of nodeSelectors {map[] [{"rack" "In" ["a" "b"]}]}',
    ],
    [
      'a selector without values',
      [
        pool('teal'),
        object('L2Advertisement', 'aa', {
          nodeSelectors: [
            { matchLabels: { b: 'c' }, matchExpressions: [{ key: 'rack', operator: 'In' }] },
          ],
        }),
      ],
      'Failed to parse node selector for aa: Invalid label selector {map[b:c] [{rack In []}]}: ' +
        "values: Invalid value: []string(nil): for 'in', 'notin' operators, values set can't be empty",
    ],
    [
      'a large community with a wrong number',
      [pool('teal'), object('BGPAdvertisement', 'a', { communities: ['large:1:2:4294967296'] })],
      'invalid community "large:1:2:4294967296" in BGP advertisement: invalid community value: invalid section ' +
        '"4294967296" of community "large:1:2:4294967296", err: "strconv.ParseUint: parsing \\"4294967296\\": value out of range"',
    ],
    [
      'a whole range as the largest of its blocks',
      [
        pool('teal', { addresses: ['2001:db8::1-2001:db8::ff'] }),
        object('BGPAdvertisement', 'a', { aggregationLengthV6: 64 }),
      ],
      'invalid aggregation length 32: prefix 121 in this pool is more specific than the aggregation length for ' +
        'addresses 2001:db8::1-2001:db8::ff',
    ],
    [
      'an alias that an AddressPool does not find',
      [
        object('AddressPool', 'pier', {
          protocol: 'bgp',
          addresses: ['192.0.2.0/24'],
          bgpAdvertisements: [{ communities: ['hush'] }],
        }),
      ],
      'parsing address pool pier: parsing BGP communities: invalid community "hush" in BGP advertisement: ' +
        'invalid community format: hush',
    ],
    [
      'an AddressPool that reaches a peer with echo mode',
      [
        object('AddressPool', 'pier', { protocol: 'bgp', addresses: ['2001:db8::/64'] }),
        object('BFDProfile', 'fast', { echoMode: true }),
        peer({ bfdProfile: 'fast' }),
      ],
      'pool pier has bgpadvertisement  which references peer spine which has bfd echo enabled, which is not possible',
    ],
    [
      'a kind misspelled in a file',
      [{ ...pool('teal'), kind: 'IPAddresPool' }],
      'no matches for kind "IPAddresPool" in version "metallb.io/v1beta1"',
    ],
    [
      'a version that there is not',
      [{ ...pool('teal'), apiVersion: 'metallb.io/v1' }],
      'no matches for kind "IPAddressPool" in version "metallb.io/v1"',
    ],
    [
      'two objects of one name, as only files can have them',
      [peer(), peer({ peerAddress: '192.0.2.2' })],
      'duplicate definition of BGPPeer "spine"',
    ],
    [
      'an object without a name',
      [{ apiVersion: 'metallb.io/v1beta1', kind: 'IPAddressPool', spec: {} }],
      'metadata.name: Required value: name is required',
    ],
  ])('%s', (_, objects, message) => {
    expect(problemsOf(objects)).toEqual([message]);
  });
});

test('everything that is wrong is told, in the order in which the original looks', () => {
  const objects = [
    object('AddressPool', 'pier', { protocol: 'bgp', addresses: ['192.0.2.0/28'] }),
    object('BGPAdvertisement', 'route', { communities: ['whisper'], aggregationLength: 20 }),
    object('L2Advertisement', 'near', { ipAddressPools: ['teal', 'teal'] }),
    pool('teal', { addresses: ['192.0.2.0/24', 'x'] }),
    object('Community', 'words', { communities: [{ name: 'loud', value: '1' }] }),
    peer({ bfdProfile: 'fast', passwordSecret: { name: 'md5' }, myASN: 0 }),
  ];
  expect(problemsOf(objects)).toEqual([
    'parsing peer spine: missing local ASN',
    'parsing peer spine: secret ref not found for peer config "metallb-system"/"spine"',
    'peer spine referencing non existing bfd profile fast',
    'parsing community "loud": invalid community format: 1',
    'parsing address pool teal: invalid CIDR "x" in pool "teal": invalid CIDR "x"',
    'duplicate definition of ipAddressPools "teal"',
    'invalid community "whisper" in BGP advertisement: invalid community format: whisper',
    'invalid aggregation length 20: prefix 24 in this pool is more specific than the aggregation length for addresses 192.0.2.0/24',
    'CIDR "192.0.2.0/28" in pool "pier" overlaps with already defined CIDR "192.0.2.0/24"',
  ]);
});
