import { describe, expect, test } from 'vitest';
import type { CommentedManifest, Manifest } from '../../../src/migrate/manifests/manifest.ts';
import { convert, pool, refusal } from '../../support/conversion.ts';
import { originalDefinitions } from '../../support/crds/original.ts';

/** As `kind/name`, in order. */
function names(manifests: readonly CommentedManifest[]): readonly string[] {
  return manifests.map(({ manifest: { kind, metadata } }) => `${kind}/${metadata.name}`);
}

function one(manifests: readonly CommentedManifest[], wanted: string): Manifest {
  const at = names(manifests).indexOf(wanted);
  if (at < 0) throw new Error(names(manifests).join(' '));
  return manifests[at]!.manifest;
}

describe('names', () => {
  test('of pools stay as they are where an object can have them', () => {
    const long = 'h'.repeat(253);
    const { renames, manifests } = convert(
      `address-pools:\n${pool('"10"', 0)}${pool('9lives', 1)}${pool('rack.a', 2)}${pool(long, 3)}`,
    );
    expect(renames.size).toBe(0);
    expect(names(manifests)).toEqual(
      expect.arrayContaining([`IPAddressPool/${long}`, 'IPAddressPool/10', 'IPAddressPool/rack.a']),
    );
  });

  test('of pools that no object can have are changed, and the old one is kept beside', () => {
    const { renames, manifests, warnings } = convert(`address-pools:\n${pool('Größe 1', 0)}`);
    expect([...renames]).toEqual([['Größe 1', 'grosse-1']]);
    expect(one(manifests, 'IPAddressPool/grosse-1').metadata.annotations).toEqual({
      'metal-lb.io/legacy-name': 'Größe 1',
    });
    expect(warnings).toMatchObject([{ reason: 'pool-renamed', line: 2, column: 10 }]);
  });

  test('that would be the same are told apart, whatever else is there', () => {
    const text = `address-pools:\n${pool('Lan', 0)}${pool('LAN', 1)}${pool('lan', 2)}${pool('"…"', 3)}`;
    const { renames } = convert(text);
    const found = [...renames.values()];
    expect(new Set([...found, 'lan']).size).toBe(4);
    expect(renames.get('Lan')).toMatch(/^lan-[0-9a-f]{6}$/);
    expect(renames.get('…')).toMatch(/^pool-[0-9a-f]{6}$/);
    const alone = convert(`address-pools:\n${pool('lan', 2)}${pool('LAN', 1)}`);
    expect(alone.renames.get('LAN')).toBe(renames.get('LAN'));
  });

  test('of peers come from their addresses, and from more where that is not enough', () => {
    const peer = (address: string, more = '') =>
      `- {my-asn: 1, peer-asn: 2, peer-address: "${address}"${more}}\n`;
    const { manifests } = convert(
      `peers:\n${peer('192.0.2.1')}${peer('2001:db8::')}${peer('192.0.2.2')}` +
        `${peer('192.0.2.2', ', peer-port: 1790')}${peer('192.0.2.2', ', password: x')}`,
    );
    expect(names(manifests)).toEqual([
      'Secret/peer-192-0-2-2-port-179-2-password',
      'BGPPeer/peer-192-0-2-1',
      'BGPPeer/peer-192-0-2-2-port-179-1',
      'BGPPeer/peer-192-0-2-2-port-179-2',
      'BGPPeer/peer-192-0-2-2-port-1790',
      'BGPPeer/peer-2001-db8--0',
    ]);
  });

  test('of advertisements come from their pools, and keep the order of the document', () => {
    const routes = Array.from({ length: 11 }, (_, at) => `{localpref: ${at + 1}}`).join(', ');
    const { manifests } = convert(
      `address-pools:\n${pool('b', 0)}${pool('a', 1)}` +
        pool('c', 2, `protocol: bgp, bgp-advertisements: [${routes}]`),
    );
    const found = names(manifests);
    expect(found.slice(3)).toEqual([
      ...Array.from(
        { length: 11 },
        (_, at) => `BGPAdvertisement/c-${String(at + 1).padStart(2, '0')}`,
      ),
      'L2Advertisement/a-b',
    ]);
    expect(one(manifests, 'BGPAdvertisement/c-11').spec).toMatchObject({ localPref: 11 });
  });

  test('of advertisements of many pools say how many', () => {
    const many = Array.from({ length: 40 }, (_, at) => pool(`number-${at + 10}`, at)).join('');
    expect(names(convert(`address-pools:\n${many}`).manifests)).toContain(
      'L2Advertisement/number-10-and-39-more',
    );
  });

  test('of advertisements do not collide with those of pools that are called alike', () => {
    const { manifests } = convert(
      `address-pools:\n${pool('a', 0, 'protocol: bgp')}${pool('b', 1, 'protocol: bgp')}` +
        pool('a-b', 2, 'protocol: bgp, bgp-advertisements: [{localpref: 7}]'),
    );
    expect(names(manifests).slice(3)).toEqual(['BGPAdvertisement/a-b', 'BGPAdvertisement/a-b-2']);
  });

  test('of BFD profiles are changed together with what refers to them', () => {
    const { manifests, warnings } = convert(
      'peers: [{my-asn: 1, peer-asn: 2, peer-address: 192.0.2.1, bfd-profile: Fast_BFD}]\n' +
        'bfd-profiles: [{name: Fast_BFD}]\n',
    );
    expect(names(manifests)).toEqual(['BFDProfile/fast-bfd', 'BGPPeer/peer-192-0-2-1']);
    expect(one(manifests, 'BGPPeer/peer-192-0-2-1').spec).toMatchObject({ bfdProfile: 'fast-bfd' });
    expect(warnings).toMatchObject([{ reason: 'bfd-profile-renamed', line: 2 }]);
  });
});

describe('advertisements', () => {
  test('are one for pools that say the same, in whatever words', () => {
    const bgp = (list: string) => `protocol: bgp, bgp-advertisements: [${list}]`;
    const { manifests } = convert(
      `address-pools:\n${pool('a', 0, 'protocol: bgp')}${pool('b', 1, bgp(''))}` +
        `${pool('c', 2, bgp('{aggregation-length: 32}'))}${pool('d', 3, bgp('{localpref: 0}'))}` +
        pool('e', 4, bgp('{}, {aggregation-length: 28}')),
    );
    const routes = manifests
      .map(({ manifest }) => manifest)
      .filter(({ kind }) => kind === 'BGPAdvertisement')
      .map(({ spec }) => spec);
    expect(routes).toEqual([
      { ipAddressPools: ['a', 'b', 'c', 'd', 'e'], aggregationLength: 32 },
      { ipAddressPools: ['e'], aggregationLength: 28 },
    ]);
  });

  test('of pools in which they contend for a prefix stay in the order of each pool', () => {
    const bgp = (list: string) => `protocol: bgp, bgp-advertisements: [${list}]`;
    const text =
      `address-pools:\n${pool('a', 0, bgp('{communities: ["1:1"]}, {communities: ["1:2"]}'))}` +
      pool('b', 1, bgp('{communities: ["1:2"]}, {communities: ["1:1"]}'));
    expect(names(convert(text).manifests).slice(2)).toEqual([
      'BGPAdvertisement/a-1',
      'BGPAdvertisement/a-2',
      'BGPAdvertisement/b-1',
      'BGPAdvertisement/b-2',
    ]);
  });
});

test('a password is in a Secret and nowhere else', () => {
  const { manifests } = convert(
    'peers: [{my-asn: 1, peer-asn: 2, peer-address: 192.0.2.1, password: 0123}]\n',
  );
  expect(one(manifests, 'Secret/peer-192-0-2-1-password')).toMatchObject({
    type: 'kubernetes.io/basic-auth',
    data: { password: Buffer.from('0123').toString('base64') },
  });
  const peer = one(manifests, 'BGPPeer/peer-192-0-2-1');
  expect(peer.spec).toEqual({
    myASN: 1,
    peerASN: 2,
    peerAddress: '192.0.2.1',
    passwordSecret: { name: 'peer-192-0-2-1-password' },
  });
});

test('nothing is written that the document does not say', () => {
  const { manifests } = convert(
    'bfd-profiles: [{name: fast, echo-mode: false}]\nbgp-communities: {}\n' +
      'peers: [{my-asn: 1, peer-asn: 2, peer-address: 192.0.2.1, peer-port: 0, hold-time: "", node-selectors: []}]\n' +
      `address-pools:\n${pool('a', 0, 'protocol: bgp, avoid-buggy-ips: off, auto-assign: ~')}`,
  );
  expect(manifests.map(({ manifest }) => manifest.spec)).toEqual([
    undefined,
    { myASN: 1, peerASN: 2, peerAddress: '192.0.2.1' },
    { addresses: ['198.51.0.0/24'] },
    { ipAddressPools: ['a'] },
  ]);
});

test('an alias with a colon is written out, and never as the name of another', () => {
  const { manifests } = convert(
    "bgp-communities: {'1:1': '2:2', '2:2': '3:3'}\n" +
      `address-pools:\n${pool('a', 0, "protocol: bgp, bgp-advertisements: [{communities: ['1:1']}]")}`,
  );
  expect(one(manifests, 'BGPAdvertisement/a').spec).toMatchObject({ communities: ['02:2'] });
});

test('ranges that v0.10 took and that hold nothing are left out, and a pool of them stays', () => {
  const { manifests, warnings } = convert(
    'address-pools:\n- {name: a, protocol: layer2, addresses: [192.0.2.9-192.0.2.1]}\n' +
      '- {name: b, protocol: layer2, addresses: [192.0.2.9-192.0.2.1, 198.051.100.0/24]}\n',
    { compat: 'v0.10' },
  );
  expect(one(manifests, 'IPAddressPool/b').spec).toEqual({ addresses: ['198.51.100.0/24'] });
  expect(one(manifests, 'IPAddressPool/a').spec).toEqual({ addresses: ['0.0.0.0-ffff::'] });
  expect(warnings.map(({ reason, line }) => [reason, line])).toEqual([
    ['irrelevant-field-dropped', 2],
    ['irrelevant-field-dropped', 3],
  ]);
});

test('objects are in the namespace that is asked for', () => {
  const { manifests } = convert(`address-pools:\n${pool('a', 0)}`, { namespace: 'lb' });
  expect(manifests.map(({ manifest }) => manifest.metadata.namespace)).toEqual(['lb', 'lb']);
});

describe('limits', () => {
  const theirs = originalDefinitions();
  const peer = 'peers:\n- {my-asn: 1, peer-asn: 2, peer-address: 192.0.2.1, peer-port: 20179}\n';

  test('are those of the definitions that are installed', () => {
    expect(convert(peer).manifests).toHaveLength(1);
    expect(refusal(peer, { limits: (kind) => theirs[kind] })).toMatchObject([
      { reason: 'peer-port-unrepresentable', path: 'peers[0].peer-port', line: 2, column: 64 },
    ]);
  });

  test('are noticed too where a definition would drop a field in silence', () => {
    const text = `address-pools:\n${pool('a', 0, 'protocol: layer2, avoid-buggy-ips: true')}`;
    const older = structuredClone(theirs['IPAddressPool']!);
    const schema = older.spec.versions[0]!.schema.openAPIV3Schema.properties!['spec']!;
    delete (schema.properties as Record<string, unknown>)['avoidBuggyIPs'];
    const limits = (kind: string) => (kind === 'IPAddressPool' ? older : theirs[kind]);
    expect(refusal(text, { limits })).toMatchObject([
      { reason: 'field-not-in-crd', path: 'address-pools[0].avoid-buggy-ips', line: 2 },
    ]);
  });
});
