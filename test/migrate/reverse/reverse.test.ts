import { describe, expect, test } from 'vitest';
import { type Reversal, convertResources } from '../../../src/migrate/reverse/index.ts';

interface Content {
  readonly spec?: object;
  readonly annotations?: Readonly<Record<string, string>>;
}

function object(kind: string, name: string, { spec, annotations }: Content = {}): object {
  const version = kind === 'BGPPeer' ? 'v1beta2' : 'v1beta1';
  const metadata = { name, namespace: 'metallb-system', annotations };
  return { apiVersion: `metallb.io/${version}`, kind, metadata, spec };
}

function pool(name: string, address: string, content: Content = {}): object {
  const spec = { addresses: [address], ...content.spec };
  return object('IPAddressPool', name, { ...content, spec });
}

const PEER = { myASN: 64500, peerASN: 64501, peerAddress: '192.0.2.9' };

function convert(...objects: readonly object[]): Reversal {
  return convertResources(
    { objects, secrets: new Map() },
    { compat: 'v0.12', mode: 'none', namespace: 'metallb-system', passwords: 'refused' },
  );
}

function textOf(...objects: readonly object[]): string {
  const reversal = convert(...objects);
  if (reversal.kind === 'refused') throw new Error(JSON.stringify(reversal.problems));
  return reversal.text;
}

describe('a ConfigMap says what resources say', () => {
  test('a pool by the name that Services still use', () => {
    const annotations = { 'metal-lb.io/legacy-name': 'Harbor West' };
    const text = textOf(
      pool('harbor-west', '192.0.2.0/28', { annotations }),
      object('L2Advertisement', 'all'),
    );
    expect(text).toContain('- name: Harbor West\n  protocol: layer2\n');
  });

  test('times that only annotations can say', () => {
    const times = { 'metal-lb.io/hold-time': '0', 'metal-lb.io/keepalive-time': '0s' };
    const text = textOf(object('BGPPeer', 'spine', { spec: PEER, annotations: times }));
    expect(text).toContain('  hold-time: "0"\n  keepalive-time: 0s\n');
  });

  test('each advertisement where its pool is, as often as there are pools', () => {
    const text = textOf(
      pool('b', '192.0.2.0/28'),
      pool('a', '198.51.100.0/28'),
      object('BGPAdvertisement', 'both', { spec: { localPref: 7, communities: ['quiet'] } }),
      object('Community', 'words', {
        spec: { communities: [{ name: 'quiet', value: '64500:1' }] },
      }),
    );
    expect(text).toBe(`bgp-communities:
  quiet: "64500:1"
address-pools:
- name: b
  protocol: bgp
  addresses:
  - 192.0.2.0/28
  bgp-advertisements:
  - localpref: 7
    communities:
    - quiet
- name: a
  protocol: bgp
  addresses:
  - 198.51.100.0/28
  bgp-advertisements:
  - localpref: 7
    communities:
    - quiet
`);
  });

  test('nothing of an advertisement that is for no pool, and says so', () => {
    const spec = { ipAddressPools: ['gone'], interfaces: ['eth0'] };
    const reversal = convert(
      object('BGPPeer', 'spine', { spec: PEER }),
      object('L2Advertisement', 'idle', { spec }),
    );
    expect(reversal).toMatchObject({ kind: 'converted' });
    expect(JSON.stringify(reversal)).toContain('L2Advertisement idle is for no pool');
  });
});

describe('what a ConfigMap has no words for is refused with object, field and a way out:', () => {
  const teal = pool('teal', '192.0.2.0/28');
  const advertisement = (spec: object) => object('BGPAdvertisement', 'some', { spec });
  const alias = { name: 'far', value: 'large:64500:1:2' };
  test.each([
    [[teal, advertisement({ peers: ['spine'] })], 'advertisement-peers', 'spec.peers'],
    [
      [teal, advertisement({ nodeSelectors: [{ matchLabels: { rack: 'r1' } }] })],
      'advertisement-node-selector',
      'spec.nodeSelectors',
    ],
    [
      [teal, advertisement({ communities: ['64500:1', 'large:64500:1:2'] })],
      'large-community',
      'spec.communities[1]',
    ],
    [
      [
        teal,
        advertisement({ communities: ['far'] }),
        object('Community', 'words', { spec: { communities: [alias] } }),
      ],
      'large-community',
      'spec.communities[0]',
    ],
    [[object('BGPPeer', 'spine', { spec: { ...PEER, vrf: 'red' } })], 'vrf', 'spec.vrf'],
    [
      [object('BGPPeer', 'spine', { spec: { ...PEER, password: 'x' } })],
      'secret-exposed',
      'spec.password',
    ],
  ])('%#', (objects, reason, path) => {
    const reversal = convert(...objects);
    expect(reversal).toMatchObject({ kind: 'refused', problems: [{ reason, path }] });
    const [problem] = reversal.kind === 'refused' ? reversal.problems : [];
    expect(problem?.object?.name).toMatch(/^(?:some|spine)$/);
    expect(problem?.hint).toBeDefined();
  });

  test('all of it at once', () => {
    const spec = { serviceAllocation: {} };
    const reversal = convert(pool('teal', '192.0.2.0/28', { spec }));
    const reasons =
      reversal.kind === 'refused' ? reversal.problems.map(({ reason }) => reason) : [];
    expect(reasons).toEqual(['pool-without-advertisement', 'service-allocation']);
  });
});
