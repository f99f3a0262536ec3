import fc from 'fast-check';
import {
  type BgpAdvertisement,
  type Compat,
  type Config,
  EVERYTHING,
  type EndpointView,
  type Layer2Advertisement,
  type NodeView,
  type ServiceView,
} from '../../../src/runtime/model/index.ts';
import type { Rules, Situation } from '../../../src/migrate/planning/index.ts';
import { labeled } from '../../support/pools.ts';
import { poolOf, serviceView } from '../../support/views.ts';

const NODES = ['n1', 'n2', 'n3'];
const EXCLUDED = 'node.kubernetes.io/exclude-from-external-load-balancers';
const ADDRESSES = ['192.0.2.0', '192.0.2.1', '192.0.2.2', '192.0.2.9', '198.51.100.7'];
const SIX = ['2001:db8::', '2001:db8::1'];

export function rules(over: Partial<Rules> = {}): Rules {
  const usual = {
    mode: 'native',
    lbClass: '',
    ignoreExcludeLb: false,
    silentAlone: false,
  } as const;
  return { compat: 'v0.12', ...usual, ...over };
}

const nodeSelectors = fc.constantFrom([EVERYTHING], [labeled({ rack: 'a' })]);
const layer2 = fc
  .record({ nodeSelectors, interfaces: fc.subarray(['eth0', 'eth1']) })
  .map((one): Layer2Advertisement => one);
const bgp = fc
  .record({
    nodeSelectors,
    aggregationLength: fc.constantFrom(32, 30),
    localPref: fc.constantFrom(0, 7),
  })
  .map((one): BgpAdvertisement => ({
    ...one,
    aggregationLengthV6: 128,
    communities: [],
    peers: [],
  }));
const allocation = fc.record({
  priority: fc.nat(2),
  namespaces: fc.subarray(['ns', 'other']),
  namespaceSelectors: fc.constantFrom([], [labeled({ tier: 'gold' })]),
  serviceSelectors: fc.constantFrom([], [labeled({ app: 'web' })]),
});

const BLOCKS: readonly (readonly string[])[] = [
  ['192.0.2.0/31'],
  ['192.0.2.2-192.0.2.4'],
  ['192.0.2.8/30', '2001:db8::/127'],
  ['2001:db8::2/127', '198.51.100.6/31'],
];

const pool = fc.record(
  {
    autoAssign: fc.boolean(),
    avoidBuggyIPs: fc.boolean(),
    serviceAllocation: fc.option(allocation, { nil: undefined, freq: 2 }),
    layer2: fc.array(layer2, { maxLength: 2 }),
    bgp: fc.array(bgp, { maxLength: 1 }),
    legacyName: fc.constantFrom(undefined, 'Old Name', 'Other Name'),
  },
  { requiredKeys: ['layer2', 'bgp'] },
);

/** Up to four pools that do not overlap; names and blocks are dealt out anew each time. */
export const configs: fc.Arbitrary<Config> = fc
  .tuple(
    fc.shuffledSubarray(['amber', 'birch', 'cedar', 'dune'], { minLength: 1 }),
    fc.shuffledSubarray([...BLOCKS], { minLength: 4 }),
    fc.array(pool, { minLength: 4, maxLength: 4 }),
  )
  .map(([names, blocks, pools]): Config => {
    const used = new Set<string>();
    const made = names.map((name, index) => {
      const { legacyName, serviceAllocation, ...rest } = pools[index] ?? {};
      const old = legacyName === undefined || used.has(legacyName) ? {} : { legacyName };
      used.add(legacyName ?? '');
      const choice = serviceAllocation === undefined ? {} : { serviceAllocation };
      return poolOf(name, blocks[index] ?? [], { ...rest, ...old, ...choice });
    });
    const peer = {
      ...{ name: 'peer1', myASN: 64500, peerASN: 64501, address: '192.0.2.99', port: 179 },
      ...{ holdTimeSeconds: 90, keepaliveTimeSeconds: 30, ebgpMultiHop: false, nodeSelectors: [] },
    } as unknown as Config['peers'][number];
    const sorted = made.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    return { pools: sorted, peers: [peer], bfdProfiles: [] };
  });

const ingress = fc.oneof(
  { weight: 3, arbitrary: fc.constant([]) },
  fc.constantFrom(...ADDRESSES).map((one) => [one]),
  fc.constantFrom(...SIX).map((one) => [one]),
  fc.tuple(fc.constantFrom(...ADDRESSES), fc.constantFrom(...SIX)).map((both) => [...both]),
  fc.constantFrom(['junk'], ['192.0.2.0', '192.0.2.1'], ['192.0.2.1', '2001:db8::', '192.0.2.0']),
);

const service: fc.Arbitrary<Partial<ServiceView>> = fc.record({
  createdAt: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'),
  labels: fc.constantFrom({}, { app: 'web' }),
  type: fc.constantFrom('LoadBalancer', 'LoadBalancer', 'LoadBalancer', 'ClusterIP'),
  clusterIPs: fc.constantFrom(
    ['203.0.113.1'],
    ['203.0.113.1'],
    ['2001:db8:1::1'],
    ['203.0.113.1', '2001:db8:1::1'],
  ),
  ingress,
  ports: fc
    .subarray([80, 443, 53])
    .map((ports) => ports.map((port) => ({ protocol: 'TCP', port }))),
  externalTrafficPolicy: fc.constantFrom('Cluster', 'Local'),
  selector: fc.constantFrom('', 'app=web', 'app=dns'),
  loadBalancerIP: fc.constantFrom('', '', '', '', ...ADDRESSES, 'junk'),
  addressPool: fc.constantFrom('', '', '', '', 'amber', 'birch', 'Old Name', 'nowhere'),
  sharingKey: fc.constantFrom('', '', 'one', 'two'),
});

const endpoint: fc.Arbitrary<EndpointView> = fc.record({
  addresses: fc.constantFrom(['203.0.113.7'], ['203.0.113.8']),
  ready: fc.boolean(),
  nodeName: fc.constantFrom(...NODES),
});

const nodes = fc.tuple(
  ...NODES.map(() =>
    fc.record({
      labels: fc.constantFrom({}, { rack: 'a' }, { rack: 'a', [EXCLUDED]: '' }),
      networkUnavailable: fc.constantFrom(false, false, false, true),
    }),
  ),
);

/** A small cluster in any state, also in some that it would not stay in. */
export function situations(compat: Compat): fc.Arbitrary<Situation> {
  return fc
    .record({
      services: fc.array(service, { maxLength: 9 }),
      endpoints: fc.array(
        fc.option(fc.array(endpoint, { maxLength: 3 }), { nil: undefined, freq: 8 }),
        {
          minLength: 9,
          maxLength: 9,
        },
      ),
      nodes,
      speakers: fc.subarray(NODES),
    })
    .map(({ services, endpoints, nodes: dealt, speakers }): Situation => {
      const views = services.map((over, index) => {
        const key = `${index % 3 === 0 ? 'other' : 'ns'}/s${index}`;
        return serviceView(key, over);
      });
      const known = views.flatMap(({ key }, index) => {
        const found = endpoints[index];
        return found === undefined ? [] : [[key, found] as const];
      });
      const named = NODES.map((name, index): [string, NodeView] => {
        const { labels = {}, networkUnavailable = false } = dealt[index] ?? {};
        return [name, { name, labels, networkUnavailable }];
      });
      return {
        rules: rules({ compat }),
        services: views,
        endpoints: new Map(known),
        nodes: new Map(named),
        namespaces: new Map([
          ['ns', {}],
          ['other', { tier: 'gold' }],
        ]),
        speakers,
      };
    });
}
