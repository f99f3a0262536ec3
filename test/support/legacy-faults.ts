import type { LegacyMode } from '../../src/config-legacy/index.ts';
import {
  type Mapping,
  type Tree,
  bool,
  int,
  list,
  planted,
  raw,
  struct,
  text,
} from './legacy-tree.ts';

/** One way to spoil a sound document. */
export interface Fault {
  readonly reason: string;
  readonly mode: LegacyMode;
  readonly section: string;
  /** What is added to the section; exactly one node in it is marked as planted. */
  readonly elements: readonly Tree[];
}

type Field = [string, Tree];

const peer = (...fields: Field[]): Mapping =>
  struct(
    ['my-asn', int(64500)],
    ['peer-asn', int(64501)],
    ['peer-address', text('203.0.113.9')],
    ...fields,
  );
const pool = (protocol: string, addresses: Tree, ...fields: Field[]): Mapping =>
  struct(
    ['name', text('spoilt')],
    ['protocol', text(protocol)],
    ['addresses', addresses],
    ...fields,
  );
const block = list(text('203.0.113.0/24'));
const announced = (...advertisements: Tree[]): Mapping =>
  pool('bgp', block, ['bgp-advertisements', list(...advertisements)]);
const entry = (address: string): Mapping => pool('layer2', list(planted(text(address))));
const profile = (...fields: Field[]): Mapping => struct(['name', text('spoilt')], ...fields);
const expression = (source: string): Mapping =>
  peer(['node-selectors', list(struct(['match-expressions', list(planted(raw(source)))]))]);

const PEERS: Readonly<Record<string, readonly Tree[]>> = {
  'yaml-syntax': [peer(['password', planted(raw('@x'))])],
  'yaml-type': [peer(['peer-port', planted(raw('"179"'))])],
  'unknown-field': [planted(raw('{my-asn: 1, neighbour: x}'))],
  'duplicate-key': [planted(raw('{my-asn: 1, my-asn: 1}'))],
  'peer-missing-my-asn': [planted(struct(['peer-asn', int(1)]))],
  'peer-missing-peer-asn': [struct(['my-asn', int(1)], ['peer-asn', planted(int(0))])],
  'peer-bad-address': [
    struct(['my-asn', int(1)], ['peer-asn', int(2)], ['peer-address', planted(text('203.0.113'))]),
  ],
  'peer-bad-hold-time': [peer(['hold-time', planted(text('2s'))])],
  'peer-bad-keepalive': [peer(['keepalive-time', planted(text('soon'))])],
  'peer-keepalive-exceeds-hold': [peer(['keepalive-time', planted(text('91s'))])],
  'peer-bad-router-id': [peer(['router-id', planted(text('7'))])],
  'peer-bad-source-address': [peer(['source-address', planted(text('eth0'))])],
  'peer-ibgp-multihop': [
    struct(['my-asn', int(7)], ['peer-asn', int(7)], ['ebgp-multihop', planted(bool(true))]),
  ],
  'peer-bad-node-selector': [expression('{key: rack, operator: Near}')],
  'peer-duplicate': [peer(), planted(peer(['hold-time', text('90s')]))],
  'peer-unknown-bfd-profile': [peer(['bfd-profile', planted(text('nowhere'))])],
};

const POOLS: Readonly<Record<string, readonly Tree[]>> = {
  'yaml-syntax': [pool('layer2', planted(raw('*nowhere')))],
  'yaml-type': [pool('layer2', planted(text('203.0.113.0/24')))],
  'pool-missing-name': [planted(struct(['addresses', block]))],
  'pool-no-addresses': [pool('layer2', planted(list()))],
  'pool-missing-protocol': [planted(struct(['name', text('spoilt')], ['addresses', block]))],
  'pool-unknown-protocol': [
    struct(['name', text('spoilt')], ['addresses', block], ['protocol', planted(text('arp'))]),
  ],
  'pool-layer2-with-advertisements': [
    pool('layer2', block, ['bgp-advertisements', planted(list(struct()))]),
  ],
  'pool-duplicate-name': [
    pool('layer2', block),
    struct(
      ['name', planted(text('spoilt'))],
      ['protocol', text('bgp')],
      ['addresses', list(text('198.51.100.0/24'))],
    ),
  ],
  'pool-bad-cidr': [entry('203.0.113.0/33')],
  'pool-bad-range': [entry('203.0.113.1-203.0.113')],
  'pool-reversed-range': [entry('203.0.113.2-203.0.113.1')],
  'pool-overlap': [
    pool('layer2', list(text('203.0.113.0/24'), planted(text('203.0.113.9-203.0.113.9')))),
  ],
  'aggregation-too-long': [announced(struct(['aggregation-length', planted(int(33))]))],
  'aggregation-v6-too-long': [announced(struct(['aggregation-length-v6', planted(int(129))]))],
  'aggregation-too-short': [announced(struct(['aggregation-length', planted(int(20))]))],
  'ad-duplicate': [
    announced(struct(['localpref', int(5)]), planted(struct(['localpref', int(5)]))),
  ],
  'ad-community-duplicate': [
    announced(struct(['communities', list(text('1:1'), planted(text('1:1')))])),
  ],
  'ad-community-invalid': [announced(struct(['communities', list(planted(text('internet')))]))],
};

const PROFILES: Readonly<Record<string, readonly Tree[]>> = {
  'bfd-missing-name': [planted(struct(['detect-multiplier', int(3)]))],
  'bfd-duplicate-name': [profile(), struct(['name', planted(text('spoilt'))])],
  'bfd-out-of-range': [profile(['echo-interval', planted(int(9))])],
};

const NATIVE: readonly Fault[] = [
  fault('peers', 'native-bfd-profile', [peer(['bfd-profile', planted(text('fast'))])], 'native'),
  fault(
    'peers',
    'native-keepalive-time',
    [peer(['keepalive-time', planted(text('5s'))])],
    'native',
  ),
  fault(
    'address-pools',
    'native-ipv6-pool',
    [pool('bgp', list(planted(text('2001:db8::/64'))))],
    'native',
  ),
];

const FRR: readonly Fault[] = [
  fault(
    'peers',
    'frr-router-id-mismatch',
    [peer(), peer(['router-id', planted(text('203.0.113.1'))])],
    'frr',
  ),
  fault('peers', 'frr-my-asn-mismatch', [peer(), struct(['my-asn', planted(int(7))])], 'frr'),
  fault('peers', 'frr-duplicate-peer', [peer(), planted(peer(['peer-port', int(7)]))], 'frr'),
];

/** A fault of every class that takes more than a word at the top of the document. */
export const FAULTS: readonly Fault[] = [
  ...section('peers', PEERS),
  ...section('address-pools', POOLS),
  ...section('bfd-profiles', PROFILES),
  ...NATIVE,
  ...FRR,
];

/** A sound document with the fault added; validators of a mode see nothing else, being the first to speak. */
export function spoil(sound: Mapping, { section: key, elements, mode }: Fault): Mapping {
  const fields = mode === 'none' ? sound.fields : [];
  const present = fields.find(([name]) => name === key)?.[1];
  const items = present?.kind === 'list' ? present.items : [];
  const others = fields.filter(([name]) => name !== key);
  return struct(...others, [key, list(...items, ...elements)]);
}

function section(name: string, faults: Readonly<Record<string, readonly Tree[]>>): Fault[] {
  return Object.entries(faults).map(([reason, elements]) => fault(name, reason, elements, 'none'));
}

function fault(
  section: string,
  reason: string,
  elements: readonly Tree[],
  mode: LegacyMode,
): Fault {
  return { reason, mode, section, elements };
}
