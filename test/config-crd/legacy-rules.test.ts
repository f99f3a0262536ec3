import { describe, expect, test } from 'vitest';
import { type ResourceMode, readResources } from '../../src/config-crd/index.ts';
import { setOf } from '../support/resources/set.ts';

const RULES = { 'metal-lb.io/rules': 'v0.12' };
const NODE = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } };

function object(kind: string, name: string, spec: object, annotations: object = {}): object {
  const metadata = { name, namespace: 'metallb-system', annotations };
  const version = kind === 'BGPPeer' ? 'v1beta2' : 'v1beta1';
  return { apiVersion: `metallb.io/${version}`, kind, metadata, spec };
}

function read(objects: readonly object[], mode: ResourceMode = 'none') {
  return readResources(setOf([...objects, NODE]), { namespace: 'metallb-system', mode });
}

function reasons(objects: readonly object[], mode?: ResourceMode): readonly string[] {
  const reading = read(objects, mode);
  return reading.kind === 'refused' ? reading.problems.map(({ reason }) => reason) : [];
}

const v4 = object('IPAddressPool', 'four', { addresses: ['192.0.2.0/24'] });
const v6 = (annotations: object) =>
  object('IPAddressPool', 'six', { addresses: ['2001:db8::/64'] }, annotations);
const bgp = (name: string, pools: readonly string[], more: object = {}, annotations: object = {}) =>
  object('BGPAdvertisement', name, { ipAddressPools: pools, ...more }, annotations);

describe('what follows the rules of v0.12 is taken as v0.12 took it:', () => {
  test('IPv6 at layer 2 beside BGP in native mode', () => {
    const others = [
      v4,
      bgp('four', ['four']),
      object('L2Advertisement', 'six', { ipAddressPools: ['six'] }),
    ];
    expect(reasons([...others, v6({})], 'native')).toEqual(['native-ipv6']);
    expect(reasons([...others, v6(RULES)], 'native')).toEqual([]);
  });

  test('but not IPv6 over BGP in native mode', () => {
    expect(reasons([v6(RULES), bgp('six', ['six'])], 'native')).toEqual(['native-ipv6']);
  });

  test('IPv6 over BGP beside echo mode of BFD', () => {
    const others = [
      bgp('six', ['six']),
      object('BFDProfile', 'fast', { echoMode: true }),
      object('BGPPeer', 'peer', {
        myASN: 1,
        peerASN: 2,
        peerAddress: '192.0.2.1',
        bfdProfile: 'fast',
      }),
    ];
    expect(reasons([...others, v6({})])).toEqual(['bfd-echo-ipv6']);
    expect(reasons([...others, v6(RULES)])).toEqual([]);
  });

  test('several preferences for one route, if both advertisements do', () => {
    const advertisements = (one: object, other: object) => [
      v4,
      bgp('a', ['four'], { localPref: 1 }, one),
      bgp('b', ['four'], { localPref: 2 }, other),
    ];
    expect(reasons(advertisements({}, RULES))).toEqual(['localpref-conflict']);
    const reading = read(advertisements(RULES, RULES));
    expect(reading).toMatchObject({ kind: 'config', warnings: [{ reason: 'localpref-conflict' }] });
  });
});

test('an annotation makes one route of all of IPv4, which the field cannot say', () => {
  const all = object('IPAddressPool', 'all', { addresses: ['0.0.0.0/0'] });
  const zero = { 'metal-lb.io/aggregation-length': '0' };
  expect(reasons([all, bgp('all', ['all'], { aggregationLength: 1 }, zero)])).toEqual([]);
  expect(read([all, bgp('all', ['all'], {}, zero)])).toMatchObject({
    config: { pools: [{ bgp: [{ aggregationLength: 0 }] }] },
  });
});

test('of three advertisements that contradict one, the first by name is named', () => {
  const reading = read([
    v4,
    v6({}),
    bgp('a', ['six'], { localPref: 1 }),
    bgp('b', ['four'], { localPref: 1 }),
    bgp('c', ['six', 'four'], { localPref: 2 }),
  ]);
  expect(reading).toMatchObject({
    problems: [{ object: { name: 'c' }, hint: 'the other is BGPAdvertisement a' }],
  });
});
