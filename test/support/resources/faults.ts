import type { ResourceMode } from '../../../src/config-crd/index.ts';
import type { Manifest } from './sound.ts';

/** One way to spoil a sound set. */
export interface Fault {
  readonly reason: string;
  readonly mode: ResourceMode;
  /** What is added to the set; all of them are called `spoilt` or something that begins so. */
  readonly objects: readonly Manifest[];
  /** Where it is told. */
  readonly kind: string;
  readonly path: string;
  readonly transient: boolean;
}

type Json = Readonly<Record<string, unknown>>;

const object = (kind: string, spec: Json, name = 'spoilt', annotations: Json = {}): Manifest => ({
  apiVersion: `metallb.io/${kind === 'BGPPeer' ? 'v1beta2' : 'v1beta1'}`,
  kind,
  metadata: { name, namespace: 'metallb-system', annotations },
  spec,
});
const ADDRESSES = ['203.0.113.0/24'];
const pool = (spec: Json = {}, name = 'spoilt'): Manifest =>
  object('IPAddressPool', { addresses: ADDRESSES, ...spec }, name);
const allocation = (serviceAllocation: Json): Manifest => pool({ serviceAllocation });
const addressPool = (spec: Json): Manifest =>
  object('AddressPool', { protocol: 'bgp', addresses: ADDRESSES, ...spec });
const PEER = {
  myASN: 64500,
  peerASN: 64501,
  peerAddress: '203.0.113.9',
  routerID: '192.0.2.254',
};
const peer = (spec: Json, name = 'spoilt'): Manifest =>
  object('BGPPeer', { ...PEER, ...spec }, name);
const annotated = (annotations: Json): Manifest => object('BGPPeer', PEER, 'spoilt', annotations);
/** Lengths that nothing else has, so that it never meets another's preference. */
const LENGTHS = { aggregationLength: 26, aggregationLengthV6: 100 };
const route = (spec: Json, name = 'spoilt'): Manifest =>
  object('BGPAdvertisement', { ...LENGTHS, ipAddressPools: ['spoilt'], ...spec }, name);
const layer2 = (spec: Json): Manifest =>
  object('L2Advertisement', { ipAddressPools: ['spoilt'], ...spec });
const secret = (type: string, data: Json): Manifest => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'spoilt-md5', namespace: 'metallb-system' },
  type,
  data,
});
const expression = (written: Json): Json => ({ matchExpressions: [written] });
const aliases = (...communities: readonly Json[]): Manifest => object('Community', { communities });
const TWICE = [{ matchLabels: { a: 'b' } }, { matchLabels: { a: 'b' } }];
const REFERENCE = { passwordSecret: { name: 'spoilt-md5' } };

type Row = readonly [reason: string, path: string, ...objects: Manifest[]];

/** The last object is the one to blame. */
const ALWAYS: readonly Row[] = [
  ['no-addresses', 'spec.addresses', pool({ addresses: [] })],
  ['schema-type', 'spec.addresses', pool({ addresses: '203.0.113.0/24' })],
  ['schema-type', 'spec.autoAssign', pool({ autoAssign: 'no' })],
  ['schema-type', 'spec.addresses[0]', pool({ addresses: [7] })],
  ['invalid-cidr', 'spec.addresses[0]', pool({ addresses: ['203.0.113.0'] })],
  ['invalid-cidr', 'spec.addresses[1]', pool({ addresses: [...ADDRESSES, '198.51.100.08/32'] })],
  ['invalid-range', 'spec.addresses[0]', pool({ addresses: ['203.0.113.1-203.0.113'] })],
  ['invalid-range', 'spec.addresses[0]', pool({ addresses: ['203.0.113.1-203.0.113.09'] })],
  ['range-reversed', 'spec.addresses[0]', pool({ addresses: ['203.0.113.2-203.0.113.1'] })],
  ['overlapping-cidr', 'spec.addresses[1]', pool({ addresses: [...ADDRESSES, '203.0.113.9/32'] })],
  [
    'overlapping-cidr',
    'spec.addresses[0]',
    pool({ addresses: ['203.0.113.77-203.0.113.99'] }, 'spoilt-before'),
    addressPool({ protocol: 'layer2' }),
  ],
  ['duplicate-pool', 'metadata.name', pool(), addressPool({})],
  [
    'duplicate-list-entry',
    'spec.serviceAllocation.namespaces[1]',
    allocation({ namespaces: ['a', 'a'] }),
  ],
  [
    'duplicate-selector',
    'spec.serviceAllocation.serviceSelectors[1]',
    allocation({ serviceSelectors: TWICE }),
  ],
  [
    'duplicate-selector',
    'spec.serviceAllocation.namespaceSelectors[1]',
    allocation({ namespaceSelectors: TWICE }),
  ],
  [
    'duplicate-list-entry',
    'spec.ipAddressPools[1]',
    pool(),
    layer2({ ipAddressPools: ['spoilt', 'spoilt'] }),
  ],
  ['duplicate-selector', 'spec.nodeSelectors[1]', pool(), layer2({ nodeSelectors: TWICE })],
  [
    'duplicate-selector',
    'spec.ipAddressPoolSelectors[1]',
    pool(),
    route({ ipAddressPoolSelectors: TWICE }),
  ],
  ['duplicate-list-entry', 'spec.communities[1]', pool(), route({ communities: ['1:1', '1:1'] })],
  ['duplicate-list-entry', 'spec.peers[1]', pool(), route({ peers: ['a', 'a'] })],
  [
    'duplicate-match-expression',
    'spec.nodeSelectors[0].matchExpressions[0].values',
    peer({ nodeSelectors: [expression({ key: 'a', operator: 'In', values: ['x', 'x'] })] }),
  ],
  [
    'invalid-selector',
    'spec.nodeSelectors[0].matchExpressions[0].operator',
    pool(),
    layer2({ nodeSelectors: [expression({ key: 'rack', operator: 'in' })] }),
  ],
  [
    'invalid-selector',
    'spec.nodeSelectors[0].matchExpressions[0].values',
    peer({ nodeSelectors: [expression({ key: 'rack', operator: 'In' })] }),
  ],
  [
    'invalid-selector',
    'spec.ipAddressPoolSelectors[0].matchLabels.-',
    pool(),
    route({ ipAddressPoolSelectors: [{ matchLabels: { '-': 'x' } }] }),
  ],
  [
    'invalid-selector',
    'spec.nodeSelectors[0].matchLabels.a',
    peer({ nodeSelectors: [{ matchLabels: { a: 'b c' } }] }),
  ],
  ['aggregation-too-long', 'spec.aggregationLength', pool(), route({ aggregationLength: 33 })],
  ['aggregation-too-long', 'spec.aggregationLengthV6', pool(), route({ aggregationLengthV6: 129 })],
  ['aggregation-too-short', 'spec.aggregationLength', pool(), route({ aggregationLength: 23 })],
  [
    'aggregation-too-short',
    'spec.bgpAdvertisements[0].aggregationLength',
    addressPool({ bgpAdvertisements: [{ aggregationLength: 20 }] }),
  ],
  [
    'localpref-conflict',
    'spec.localPref',
    pool(),
    route({ localPref: 7 }, 'spoilt-before'),
    route({ localPref: 8, aggregationLengthV6: 99 }, 'spoilt-behind'),
  ],
  ['invalid-community-value', 'spec.communities[0]', pool(), route({ communities: ['1:65536'] })],
  [
    'invalid-community-value',
    'spec.communities[0]',
    pool(),
    route({ communities: ['small:1:2:3'] }),
  ],
  [
    'invalid-community-value',
    'spec.communities[0].value',
    aliases({ name: 'loud', value: 'noise' }),
  ],
  [
    'duplicate-community-alias',
    'spec.communities[1].name',
    aliases({ name: 'a', value: '1:1' }, { name: 'a', value: '1:1' }),
  ],
  [
    'legacy-l2-with-bgp-adv',
    'spec.bgpAdvertisements',
    addressPool({ protocol: 'layer2', bgpAdvertisements: [{}] }),
  ],
  ['schema-enum', 'spec.protocol', addressPool({ protocol: 'L2' })],
  ['schema-required', 'spec.protocol', object('AddressPool', { addresses: ADDRESSES })],
  ['missing-local-asn', 'spec.myASN', peer({ myASN: 0 })],
  ['missing-peer-asn', 'spec.peerASN', peer({ peerASN: 0 })],
  ['schema-maximum', 'spec.peerASN', peer({ peerASN: 2 ** 32 })],
  ['schema-minimum', 'spec.peerPort', peer({ peerPort: -1 })],
  ['schema-type', 'spec.peerPort', peer({ peerPort: '179' })],
  ['ebgp-multihop-on-ibgp', 'spec.ebgpMultiHop', peer({ peerASN: 64500, ebgpMultiHop: true })],
  ['invalid-peer-address', 'spec.peerAddress', peer({ peerAddress: 'tor.example.net' })],
  ['invalid-hold-time', 'spec.holdTime', peer({ holdTime: '2s' })],
  ['invalid-hold-time', 'spec.holdTime', peer({ holdTime: 'soon' })],
  ['invalid-keepalive', 'spec.keepaliveTime', peer({ keepaliveTime: '91s' })],
  [
    'invalid-hold-time',
    'metadata.annotations[metal-lb.io/hold-time]',
    annotated({ 'metal-lb.io/hold-time': '2.9s' }),
  ],
  [
    'invalid-keepalive',
    'metadata.annotations[metal-lb.io/keepalive-time]',
    annotated({ 'metal-lb.io/keepalive-time': '2m' }),
  ],
  ['invalid-router-id', 'spec.routerID', peer({ routerID: 'banana' })],
  ['invalid-source-address', 'spec.sourceAddress', peer({ sourceAddress: 'eth0' })],
  ['password-and-secret', 'spec.password', peer({ password: 'x', ...REFERENCE })],
  ['secret-not-found', 'spec.passwordSecret.name', peer(REFERENCE)],
  [
    'secret-wrong-type',
    'spec.passwordSecret.name',
    secret('Opaque', { password: 'eA==' }),
    peer(REFERENCE),
  ],
  [
    'secret-missing-password',
    'spec.passwordSecret.name',
    secret('kubernetes.io/basic-auth', {}),
    peer(REFERENCE),
  ],
  ['bfd-profile-not-found', 'spec.bfdProfile', peer({ bfdProfile: 'nowhere' })],
  ['unknown-community', 'spec.communities[0]', pool(), route({ communities: ['whisper'] })],
  ['schema-minimum', 'spec.echoInterval', object('BFDProfile', { echoInterval: 9 })],
  ['schema-maximum', 'spec.minimumTtl', object('BFDProfile', { minimumTtl: 255 })],
  [
    'bfd-echo-ipv6',
    'spec.addresses',
    object('BFDProfile', { echoMode: true }),
    peer({ bfdProfile: 'spoilt' }),
    addressPool({ addresses: ['2001:db8:ffff::/64'] }),
  ],
];

const NATIVE: readonly Row[] = [
  ['native-bfd-profile-present', '', object('BFDProfile', {})],
  ['native-keepalive', 'spec.keepaliveTime', peer({ keepaliveTime: '7s' })],
  ['native-vrf', 'spec.vrf', peer({ vrf: 'blue' })],
  [
    'native-ipv6',
    'spec.addresses[0]',
    route({ ipAddressPools: ['nowhere'] }),
    pool({ addresses: ['2001:db8:ffff::/64'] }),
  ],
  [
    'native-large-community',
    'spec.communities[0]',
    pool(),
    route({ communities: ['large:1:2:3'] }),
  ],
  [
    'native-large-community',
    'spec.communities[0].value',
    aliases({ name: 'a', value: 'large:1:2:3' }),
  ],
  [
    'native-large-community',
    'spec.bgpAdvertisements[0].communities[0]',
    addressPool({ bgpAdvertisements: [{ communities: ['large:1:2:3'] }] }),
  ],
];

/** `spoilt-before` makes sure that there is a peer to differ from. */
const FRR: readonly Row[] = [
  [
    'frr-router-id-mismatch',
    'spec.routerID',
    peer({}, 'a-peer'),
    peer({ peerAddress: '203.0.113.8', routerID: '203.0.113.1' }),
  ],
  [
    'frr-asn-mismatch',
    'spec.myASN',
    peer({}, 'a-peer'),
    peer({ peerAddress: '203.0.113.8', myASN: 64502 }),
  ],
  ['frr-duplicate-peer', 'spec.peerAddress', peer({}, 'a-peer'), peer({ peerPort: 1179 })],
];

const TRANSIENT = ['secret-not-found', 'bfd-profile-not-found', 'unknown-community'];

/** A fault of every class, and of some in several places. */
export const FAULTS: readonly Fault[] = [
  ...ALWAYS.map((row) => fault(row, 'none')),
  ...NATIVE.map((row) => fault(row, 'native')),
  ...FRR.map((row) => fault(row, 'frr')),
];

function fault([reason, path, ...objects]: Row, mode: ResourceMode): Fault {
  const { kind } = objects.at(-1)!;
  return { reason, mode, objects, kind, path, transient: TRANSIENT.includes(reason) };
}
