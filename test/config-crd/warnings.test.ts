import { describe, expect, test } from 'vitest';
import { readResources } from '../../src/config-crd/index.ts';
import { everywhere, object, peer, pool, read } from '../support/resources/objects.ts';

type Json = Readonly<Record<string, unknown>>;

describe('an operator is told of what the original takes without a word:', () => {
  test.each<[what: string, objects: readonly object[], warning: Json]>([
    [
      'a pool that no advertisement is for',
      [pool('teal')],
      {
        where: 'IPAddressPool teal ',
        reason: 'pool-not-advertised',
        message:
          'no advertisement is for pool "teal": its addresses are assigned and nobody announces them',
      },
    ],
    [
      'a misspelled pool',
      [pool('harbor'), everywhere, object('L2Advertisement', 'a', { ipAddressPools: ['harbour'] })],
      {
        where: 'L2Advertisement a spec.ipAddressPools[0]',
        reason: 'unknown-pool',
        message: 'there is no IPAddressPool "harbour"',
        didYouMean: 'harbor',
      },
    ],
    [
      'an AddressPool named by an advertisement',
      [
        object('AddressPool', 'pier', { protocol: 'layer2', addresses: ['192.0.2.0/24'] }),
        object('BGPAdvertisement', 'a', { ipAddressPools: ['pier'] }),
      ],
      {
        where: 'BGPAdvertisement a spec.ipAddressPools[0]',
        reason: 'unknown-pool',
        message: '"pier" is an AddressPool: advertisements reach only IPAddressPools',
      },
    ],
    [
      'labels that no pool has',
      [
        pool('teal'),
        everywhere,
        object('L2Advertisement', 'a', {
          ipAddressPoolSelectors: [{ matchLabels: { berth: 'deep' } }],
        }),
      ],
      {
        where: 'L2Advertisement a spec.ipAddressPoolSelectors',
        reason: 'covers-nothing',
        message: 'no pool has such labels: nothing is advertised by this object',
      },
    ],
    [
      'a misspelled peer',
      [pool('teal'), peer(), object('BGPAdvertisement', 'a', { peers: ['spin'] })],
      {
        where: 'BGPAdvertisement a spec.peers[0]',
        reason: 'unknown-peer',
        message: 'there is no BGPPeer "spin"',
        didYouMean: 'spine',
      },
    ],
    [
      'a range from one family into the other',
      [pool('teal', { addresses: ['192.0.2.1-2001:db8::1', '192.0.2.0/24'] }), everywhere],
      {
        where: 'IPAddressPool teal spec.addresses[0]',
        reason: 'pool-mixed-families',
        message:
          'range "192.0.2.1-2001:db8::1" in pool "teal" runs from one address family into the other and holds no address',
      },
    ],
    [
      'a router id that identifies nobody',
      [peer({ routerID: '0.0.0.0' })],
      {
        where: 'BGPPeer spine spec.routerID',
        reason: 'idle-router-id',
        message: 'router ID "0.0.0.0" identifies nobody and means nothing',
      },
    ],
    [
      'a router id of IPv6',
      [peer({ routerID: '2001:db8::1' })],
      {
        where: 'BGPPeer spine spec.routerID',
        reason: 'idle-router-id',
        message: 'router ID "2001:db8::1" is not an IPv4 address and means nothing',
      },
    ],
    [
      'a field from the ConfigMap',
      [pool('teal', { addresses: ['192.0.2.0/24'], 'auto-assign': false }), everywhere],
      {
        where: 'IPAddressPool teal spec.auto-assign',
        reason: 'unknown-field',
        message: 'unknown field "spec.auto-assign": it is dropped',
        didYouMean: 'autoAssign',
      },
    ],
    [
      'a field that an older version does not have',
      [{ ...peer({ vrf: 'blue' }), apiVersion: 'metallb.io/v1beta1' }],
      {
        where: 'BGPPeer spine spec.vrf',
        reason: 'unknown-field',
        message: 'unknown field "spec.vrf": it is dropped',
        hint: 'vrf is known since metallb.io/v1beta2',
      },
    ],
    [
      'an object of another namespace',
      [pool('teal', { addresses: ['nonsense'] }, { namespace: 'till' })],
      {
        where: 'IPAddressPool teal metadata.namespace',
        reason: 'wrong-namespace',
        message: 'resource must be created in metallb-system namespace: here it is never looked at',
      },
    ],
    [
      'an AddressPool that says a thing twice',
      [
        object('AddressPool', 'pier', {
          protocol: 'bgp',
          addresses: ['192.0.2.0/24'],
          bgpAdvertisements: [{}, { aggregationLength: 32 }],
        }),
      ],
      {
        where: 'AddressPool pier spec.bgpAdvertisements[1]',
        reason: 'duplicate-advertisement',
        message: 'an advertisement before this one says the same',
      },
    ],
    [
      'a legacy name that is taken',
      [
        pool('a', { addresses: ['192.0.2.0/25'] }),
        pool(
          'b',
          { addresses: ['192.0.2.128/25'] },
          {
            annotations: { 'metal-lb.io/legacy-name': 'a' },
          },
        ),
        everywhere,
      ],
      {
        where: 'IPAddressPool b metadata.annotations[metal-lb.io/legacy-name]',
        reason: 'duplicate-legacy-name',
        message: 'legacy name "a" is that of another pool and means nothing here',
      },
    ],
  ])('%s', (_, objects, warning) => {
    expect(warningsOf(objects)).toEqual([warning]);
  });

  test('preferences that clash, where nobody knows the nodes', () => {
    const routes = [1, 2].map((localPref) =>
      object('BGPAdvertisement', `route-${localPref}`, { localPref }),
    );
    const objects = { objects: [pool('teal'), ...routes], secrets: new Map() };
    const options = { namespace: 'metallb-system', mode: 'none' } as const;
    const unknown = readResources(objects, options);
    expect(unknown).toMatchObject({ kind: 'config', warnings: [{ reason: 'localpref-conflict' }] });
    const none = readResources({ ...objects, nodes: new Map() }, options);
    expect(none).toMatchObject({ kind: 'config', warnings: [] });
    const some = readResources({ ...objects, nodes: new Map([['turnip', {}]]) }, options);
    expect(some).toMatchObject({ kind: 'refused', transient: false });
  });
});

function warningsOf(objects: readonly object[]) {
  const reading = read(objects);
  if (reading.kind === 'refused') throw new Error(reading.message);
  return reading.warnings.map(({ object: about, path, reason, message, didYouMean, hint }) => ({
    where: `${about?.kind} ${about?.name} ${path}`,
    reason,
    message,
    ...(didYouMean !== undefined && { didYouMean }),
    ...(hint !== undefined && { hint }),
  }));
}
