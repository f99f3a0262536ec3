import fc from 'fast-check';
import type { ResourceMode } from '../../../src/config-crd/index.ts';
import { Choices } from '../legacy-tree.ts';

/** An object of the cluster as JSON. */
export type Manifest = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string } & Readonly<Record<string, unknown>>;
} & Readonly<Record<string, unknown>>;

type Json = Readonly<Record<string, unknown>>;

const NAMESPACE = 'metallb-system';

/** Sets that are accepted in the mode: all kinds in all versions with every field, and what they refer to. */
export function soundSets(mode: ResourceMode = 'none'): fc.Arbitrary<readonly Manifest[]> {
  return fc.integer({ min: 1, max: 2 ** 31 - 1 }).map((seed) => soundSet(new Choices(seed), mode));
}

/** Objects of every kind, a few of each, Nodes, Namespaces and Secrets among them; accepted in FRR mode and none. */
export function soundSet(choices: Choices, mode: ResourceMode = 'none'): readonly Manifest[] {
  const native = mode === 'native';
  const echo = !native && choices.chance(30);
  const world: World = { choices, native, ipv6: !echo && !native, localPref: choices.below(3) };
  const profiles = native ? [] : times(1 + choices.below(2), (at) => profile(world, at, echo));
  const pools = times(1 + choices.below(4), (at) => pool(world, at));
  const addressPools = times(choices.below(3), (at) => addressPool(world, at));
  return shuffled(choices, [
    ...profiles,
    ...times(choices.below(4), (at) => peer(world, at)),
    ...times(2, (at) => community(world, at)),
    ...pools,
    ...addressPools,
    ...times(choices.below(4), (at) => layer2(world, at, pools.length)),
    ...times(choices.below(4), (at) => bgp(world, at, pools.length)),
    ...CLUSTER,
  ]);
}

/** Puts objects into another order. */
export function shuffled<T>(choices: Choices, items: readonly T[]): readonly T[] {
  const rest = [...items];
  return items.map(() => rest.splice(choices.below(rest.length), 1)[0]!);
}

interface World {
  readonly choices: Choices;
  readonly native: boolean;
  readonly ipv6: boolean;
  readonly localPref: number;
}

const CLUSTER: readonly Manifest[] = [
  node('turnip', { rack: 'r1', zone: 'north' }),
  node('radish', { rack: 'r2', zone: 'south' }),
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'plots', labels: { team: 'veg' } } },
  {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'md5', namespace: NAMESPACE },
    type: 'kubernetes.io/basic-auth',
    data: { password: Buffer.from('sesame').toString('base64') },
  },
];

/** No two of them are equal. */
const SELECTORS: readonly Json[] = [
  {},
  { matchLabels: { rack: 'r1' } },
  { matchExpressions: [{ key: 'zone', operator: 'In', values: ['south', 'north'] }] },
  {
    matchLabels: { rack: 'r2', 'example.com/zone': '' },
    matchExpressions: [{ key: 'rack', operator: 'NotIn', values: ['r3'] }],
  },
  { matchExpressions: [{ key: 'zone', operator: 'Exists' }] },
  { matchExpressions: [{ key: 'spare', operator: 'DoesNotExist' }] },
];
/** v1beta1 of a BGPPeer wants values. */
const LISTING = SELECTORS.slice(0, 4);

function profile({ choices }: World, at: number, echoMode: boolean): Manifest {
  const interval = (): number => choices.of(10, 300, 60_000);
  return object(choices, ['metallb.io/v1beta1', 'BFDProfile', `profile-${at}`], {
    receiveInterval: interval(),
    transmitInterval: interval(),
    echoInterval: interval(),
    detectMultiplier: choices.of(2, 3, 255),
    minimumTtl: choices.of(1, 254),
    passiveMode: choices.chance(50),
    echoMode,
  });
}

function peer({ choices, native }: World, at: number): Manifest {
  const version = choices.of('v1beta1', 'v1beta2');
  const external = choices.chance(70);
  const { annotations, times: fields } = native ? NO_TIMES : choices.of(NO_TIMES, ...TIMES);
  const secret = version === 'v1beta2' && choices.chance(50);
  const spec = optional(choices, {
    sourceAddress: choices.of('192.0.2.9', '2001:db8::9'),
    peerPort: choices.of(0, 179, 1790),
    ...fields,
    nodeSelectors: selectors(choices, version === 'v1beta1' ? LISTING : SELECTORS),
    ebgpMultiHop: external && choices.chance(50),
    ...(secret
      ? { passwordSecret: { name: 'md5', namespace: 'elsewhere' } }
      : { password: 'swordfish' }),
    ...(native ? {} : { bfdProfile: 'profile-0' }),
    ...(native || version === 'v1beta1' ? {} : { vrf: 'blue' }),
  });
  const written = {
    myASN: 64500,
    peerASN: external ? 4_200_000_000 + at : 64500,
    peerAddress: choices.of(`192.0.2.${at + 1}`, `2001:db8::${at + 1}`),
    routerID: '192.0.2.254',
    ...spec,
  };
  const name = [`metallb.io/${version}`, 'BGPPeer', `peer-${at}`] as const;
  return object(choices, name, written, { annotations });
}

interface Times {
  readonly annotations: Json;
  /** Any of them may be left out. */
  readonly times: Json;
}

const NO_TIMES: Times = { annotations: {}, times: { holdTime: '30s' } };
const TIMES: readonly Times[] = [
  { annotations: {}, times: { holdTime: '90s', keepaliveTime: '30s' } },
  { annotations: {}, times: { holdTime: '0s', keepaliveTime: '0s' } },
  { annotations: {}, times: { holdTime: '1m30.5s', keepaliveTime: '500ms' } },
  { annotations: {}, times: { holdTime: '600ms' } },
  { annotations: { 'metal-lb.io/hold-time': '0' }, times: { holdTime: '30s' } },
  {
    annotations: { 'metal-lb.io/hold-time': '9s', 'metal-lb.io/keepalive-time': '1500ms' },
    times: { keepaliveTime: '1h' },
  },
];

function community({ choices, native }: World, at: number): Manifest {
  const value = choices.of('64500:77', native ? '1:2' : 'large:64500:1:2');
  const communities = [{ name: `alias-${at}`, value }];
  return object(choices, ['metallb.io/v1beta1', 'Community', `words-${at}`], { communities });
}

function pool(world: World, at: number): Manifest {
  const { choices } = world;
  const spec = optional(choices, {
    autoAssign: choices.chance(50),
    avoidBuggyIPs: choices.chance(50),
    serviceAllocation: optional(choices, {
      priority: choices.below(3),
      namespaces: choices.of(['till'], ['till', 'plots']),
      namespaceSelectors: selectors(choices, SELECTORS),
      serviceSelectors: selectors(choices, SELECTORS),
    }),
  });
  return object(
    choices,
    ['metallb.io/v1beta1', 'IPAddressPool', `pool-${at}`],
    { addresses: addresses(world, at), ...spec },
    {
      labels: { berth: choices.of('deep', 'shoal'), number: `${at}` },
      annotations: choices.chance(20) ? { 'metal-lb.io/legacy-name': `Pool ${at}` } : {},
    },
  );
}

function addressPool(world: World, at: number): Manifest {
  const { choices } = world;
  const protocol = choices.of('layer2', 'bgp');
  const bgpAdvertisements = times(choices.below(3), (index) => route(world, index));
  const spec = optional(choices, {
    autoAssign: choices.chance(50),
    ...(protocol === 'bgp' && { bgpAdvertisements }),
  });
  const version = choices.of('v1alpha1', 'v1beta1');
  const written = { protocol, addresses: addresses(world, 16 + at), ...spec };
  return object(choices, [`metallb.io/${version}`, 'AddressPool', `pier-${at}`], written);
}

/** Blocks that cannot overlap another; the largest of each entry is 28 or shorter, or 124 or shorter. */
function addresses({ choices, ipv6 }: World, pool: number): readonly string[] {
  return times(1 + choices.below(3), (at) => {
    const slot = pool * 4 + at;
    const v4 = [
      `198.18.${slot}.0/24`,
      `198.18.${slot}.77/28`,
      `198.18.${slot}.16-198.18.${slot}.47`,
      `  198.18.${slot}.0 - 198.18.${slot}.255 `,
    ];
    const v6 = [`2001:DB8:${slot}::/64`, `2001:db8:${slot}::10-2001:db8:${slot}::2f`];
    const forms = ipv6 ? [...v4, ...v6] : v4;
    return forms[choices.below(forms.length)]!;
  });
}

function layer2({ choices }: World, at: number, pools: number): Manifest {
  const spec = optional(choices, {
    ...coverage(choices, pools),
    nodeSelectors: selectors(choices, SELECTORS),
    interfaces: choices.of(['eth0'], ['eth1', 'eth0']),
  });
  return object(choices, ['metallb.io/v1beta1', 'L2Advertisement', `l2-${at}`], spec);
}

function bgp(world: World, at: number, pools: number): Manifest {
  const { choices } = world;
  const spec = optional(choices, {
    ...coverage(choices, pools),
    nodeSelectors: selectors(choices, SELECTORS),
    peers: choices.of(['peer-0'], ['peer-1', 'peer-0']),
  });
  const written = { ...spec, ...route(world, at) };
  return object(choices, ['metallb.io/v1beta1', 'BGPAdvertisement', `bgp-${at}`], written);
}

/** Either lengths that no other of the set has, and any preference, or any lengths and the one preference. */
function route({ choices, native, localPref }: World, at: number): Json {
  const communities = ['alias-0', '64500:9', native ? '1:3' : 'large:4200000000:7:8'];
  const spec = {
    aggregationLength: 31 - at,
    aggregationLengthV6: 127 - at,
    localPref: choices.of(localPref, 100 + at),
    ...optional(choices, { communities: shuffled(choices, communities).slice(choices.below(3)) }),
  };
  return choices.chance(70) ? spec : { localPref, ...optional(choices, { communities }) };
}

function coverage(choices: Choices, pools: number): Json {
  return {
    ipAddressPools: choices.of([`pool-0`], [`pool-${pools - 1}`, 'pool-not-there']),
    ipAddressPoolSelectors: [
      { matchLabels: { berth: choices.of('deep', 'shoal') } },
      { matchExpressions: [{ key: 'number', operator: 'In', values: ['0', '1'] }] },
    ],
  };
}

function selectors(choices: Choices, from: readonly Json[]): readonly Json[] {
  return shuffled(choices, from).slice(choices.below(from.length));
}

/** Some of the fields; what is undefined never. */
function optional(choices: Choices, fields: Json): Json {
  const kept = Object.entries(fields).filter(
    ([, value]) => value !== undefined && choices.chance(60),
  );
  return Object.fromEntries(kept);
}

function object(
  choices: Choices,
  [apiVersion, kind, name]: readonly [apiVersion: string, kind: string, name: string],
  spec: Json,
  metadata: Json = {},
): Manifest {
  const bare = Object.keys(spec).length === 0 && choices.chance(50);
  const uid = `uid-of-${kind}-${name}`;
  return {
    apiVersion,
    kind,
    metadata: { name, namespace: NAMESPACE, uid, ...metadata },
    ...(bare ? {} : { spec }),
  };
}

function node(name: string, labels: Json): Manifest {
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } };
}

function times<T>(count: number, make: (at: number) => T): T[] {
  return Array.from({ length: count }, (_, at) => make(at));
}
