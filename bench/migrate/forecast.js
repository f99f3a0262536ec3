import { load, medianMs, table } from '../load.js';

const SERVICES = 5000;
const NODES = Array.from({ length: 10 }, (_, index) => `n${index}`);
const TARGET_MS = 3000;
const RUNS = 3;

/** What a plan takes to foretell how a cluster stands before and after a change, once it has been read. */
export async function benchForecast() {
  const [{ forecastChange }, { serviceView }, { readLegacyConfig }] = await Promise.all([
    load('src/migrate/planning/simulation/forecast.ts'),
    load('src/runtime/kube/index.ts'),
    load('src/config-legacy/index.ts'),
  ]);
  const objects = JSON.stringify(Array.from({ length: SERVICES }, (_, index) => service(index)));
  const situation = situationOf(JSON.parse(objects).map((one) => serviceView(one, 'v0.12')));
  const [before, after] = [32, 24].map((length) => {
    const reading = readLegacyConfig(configWith(length), { compat: 'v0.12', mode: 'native' });
    if (reading.kind === 'refused') throw new Error(reading.message);
    return reading.config;
  });
  const views = medianMs(RUNS, () => JSON.parse(objects).map((one) => serviceView(one, 'v0.12')));
  const both = medianMs(RUNS, () => {
    const transition = { later: situation, restart: false };
    const { after: told } = forecastChange([before, after], situation, transition);
    if (told.services.size !== SERVICES) throw new Error('not every Service is foretold');
  });
  const verdict = both <= TARGET_MS ? 'met' : '**missed**';
  return [
    `${SERVICES.toLocaleString('en')} Services on ${NODES.length} nodes, half of them announced over BGP to two peers.`,
    '',
    table(
      ['what', `median of ${RUNS}`, 'ratio'],
      [
        ['Services parsed from JSON', `${views.toFixed(0)} ms`, '1.0'],
        [
          'forecast before and after',
          `${both.toFixed(0)} ms, target ${TARGET_MS} ms: ${verdict}`,
          (both / views).toFixed(1),
        ],
      ],
    ),
  ];
}

function service(index) {
  const ip = `10.${index % 2}.${index >> 9}.${(index >> 1) & 255}`;
  return {
    metadata: { namespace: 'ns', name: `s${index}`, creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: {
      type: 'LoadBalancer',
      clusterIP: '203.0.113.1',
      clusterIPs: ['203.0.113.1'],
      ports: [{ protocol: 'TCP', port: 80 }],
      selector: { app: `s${index}` },
    },
    status: { loadBalancer: { ingress: [{ ip }] } },
  };
}

function situationOf(services) {
  const endpointsOf = ({ key }, index) => [
    key,
    [{ addresses: ['203.0.113.7'], ready: true, nodeName: NODES[index % NODES.length] }],
  ];
  return {
    rules: {
      ...{ compat: 'v0.12', mode: 'native', lbClass: '' },
      ...{ ignoreExcludeLb: false, silentAlone: false },
    },
    services,
    endpoints: new Map(services.map(endpointsOf)),
    nodes: new Map(NODES.map((name) => [name, { name, labels: {}, networkUnavailable: false }])),
    speakers: NODES,
  };
}

function configWith(aggregation) {
  return `peers:
- {my-asn: 64500, peer-asn: 64501, peer-address: 203.0.113.1}
- {my-asn: 64500, peer-asn: 64501, peer-address: 203.0.113.2}
address-pools:
- {name: lan, protocol: layer2, addresses: [10.0.0.0/16]}
- name: routed
  protocol: bgp
  addresses: [10.1.0.0/16]
  bgp-advertisements: [{aggregation-length: ${aggregation}}]
`;
}
