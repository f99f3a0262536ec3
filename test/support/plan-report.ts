import type { Attributes } from '../../src/runtime/bgp/index.ts';
import type {
  PlanReport,
  RouteOutlook,
  ServiceOutlook,
  ServicePlan,
} from '../../src/migrate/planning/index.ts';

/** Nothing moves, and there is nothing that could; but for what is said otherwise. */
export function planReport(over: Partial<PlanReport> = {}): PlanReport {
  return {
    verdict: {
      moves: false,
      text: 'nothing moves: 2 Services stay as they are',
      moved: 0,
      services: 2,
      sessions: 0,
      unknown: [],
    },
    cluster: {
      server: 'https://192.0.2.9:6443',
      namespace: 'metallb-system',
      runs: 'MetalLB v0.12.1',
      compat: { before: 'v0.12', after: 'v0.12' },
      mode: 'native',
      speakers: ['n1', 'n2', 'n3'],
    },
    sides: {
      before: 'ConfigMap metallb-system/config',
      after: 'ConfigMap metallb-system/config as resources',
    },
    objects: [],
    renames: [],
    renamedRequests: [],
    differences: [],
    services: [],
    sessions: [],
    remarks: [],
    ...over,
  };
}

/** A Service that stays as it is on a layer-2 pool. */
export function stays(
  service: string,
  address: string,
  over: Partial<ServiceOutlook> = {},
): ServicePlan {
  const outlook = {
    addresses: [address],
    pool: 'lan',
    layer2: { node: 'n1', interfaces: [] },
    remarks: [],
    ...over,
  };
  return { service, carries: outlook.addresses, changes: [], before: outlook, after: outlook };
}

export function route(
  peer: string,
  prefix: string,
  nodes: readonly string[],
  over: Partial<Attributes> = {},
): RouteOutlook {
  const attributes: Attributes = {
    text: 'origin incomplete, AS path 64512, next hop of the session, communities 64512:100',
    origin: 'incomplete',
    asPath: [64512],
    nextHop: 'session',
    communities: ['64512:100'],
    largeCommunities: [],
    ...over,
  };
  return { peer, prefix, nodes, attributes };
}

/** A change with something of everything a plan can tell. */
export function eventfulReport(): PlanReport {
  const nodes = ['n1', 'n2', 'n3'];
  const marked = route('192.0.2.1:179', '203.0.113.7/32', nodes);
  const plain = route('192.0.2.1:179', '203.0.113.7/32', nodes, {
    text: 'origin incomplete, AS path 64512, next hop of the session',
    communities: [],
  });
  const moved: ServicePlan = {
    ...stays('shop/checkout', '198.51.100.7'),
    changes: ['address', 'pool', 'node'],
    after: {
      addresses: ['198.51.100.130'],
      pool: 'guests',
      layer2: { node: 'n3', interfaces: ['eth1'] },
      remarks: [],
    },
  };
  const waits: ServicePlan = {
    ...stays('shop/search', '198.51.100.8'),
    changes: ['address', 'pool', 'node'],
    after: { addresses: [], remarks: ['no address of the pool "guests" is free'] },
  };
  const routed = (service: string, before: RouteOutlook[], after: RouteOutlook[]): ServicePlan => {
    const outlook = { addresses: ['203.0.113.7'], pool: 'public', remarks: [] };
    return {
      service,
      carries: ['203.0.113.7'],
      changes: before === after ? [] : ['routes'],
      before: { ...outlook, routes: before },
      after: { ...outlook, routes: after },
    };
  };
  const same = [
    marked,
    route('192.0.2.2:179', '203.0.113.7/32', nodes),
    route('192.0.2.1:179', '203.0.113.0/24', ['n1']),
  ];
  return planReport({
    verdict: {
      moves: true,
      text: '3 of 120 Services move',
      moved: 3,
      services: 120,
      sessions: 1,
      unknown: [],
    },
    objects: [
      {
        action: 'create',
        kind: 'CustomResourceDefinition',
        name: 'ipaddresspools.metallb.io',
        fields: [],
      },
      {
        action: 'create',
        kind: 'IPAddressPool',
        name: 'lan',
        namespace: 'metallb-system',
        fields: [],
      },
      {
        action: 'create',
        kind: 'L2Advertisement',
        name: 'lan',
        namespace: 'metallb-system',
        fields: [],
      },
      {
        action: 'change',
        kind: 'IPAddressPool',
        name: 'public',
        namespace: 'metallb-system',
        fields: ['spec.addresses', 'spec.autoAssign'],
      },
      { action: 'leave', kind: 'BGPPeer', name: 'peer1', namespace: 'metallb-system', fields: [] },
    ],
    renames: [{ from: 'Guest_Pool', to: 'guests' }],
    renamedRequests: [
      {
        service: 'shop/checkout',
        annotation: 'metallb.universe.tf/address-pool',
        from: 'Guest_Pool',
        to: 'guests',
      },
    ],
    differences: [
      'pool "lan": addresses are 198.51.100.0/25 in one and 198.51.100.0/26 in the other',
    ],
    services: [
      moved,
      routed('shop/front', [marked], [plain]),
      waits,
      routed('shop/mail', same, same),
      stays('web/home', '198.51.100.9'),
    ],
    sessions: [{ node: 'n2', peer: '192.0.2.1:179', change: 'is reset', because: ['hold time'] }],
    remarks: [
      'EndpointSlices may not be read: Services without endpoints are taken for announced.',
    ],
  });
}

/** So many Services, every third one over BGP, none of which moves. */
export function largeReport(services: number): PlanReport {
  const peers = ['192.0.2.1:179', '192.0.2.2:179'];
  const nodes = Array.from({ length: 12 }, (_, index) => `node-${index + 1}`);
  const base = planReport();
  const plans = Array.from({ length: services }, (_, index) => {
    const address = `198.18.${index >> 8}.${index & 255}`;
    const name = `team-${index % 40}/service-${index}`;
    const over = { routes: peers.map((peer) => route(peer, `${address}/32`, nodes)) };
    return stays(name, address, index % 3 === 0 ? over : {});
  });
  return {
    ...base,
    cluster: { ...base.cluster, speakers: nodes },
    verdict: {
      ...base.verdict,
      text: `nothing moves: ${services} Services stay as they are`,
      services,
    },
    services: plans,
  };
}
