import { describe, expect, test } from 'vitest';
import {
  type ResourceMode,
  type ResourceReading,
  type ResourceSet,
  readResources,
} from '../../../src/config-crd/index.ts';
import { Secret, printableConfig } from '../../../src/runtime/model/index.ts';
import { objectsOf } from './files.ts';
import { RESOURCE_KINDS } from '../../../src/config-crd/resources.ts';

interface Kubernetes {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly type?: string;
  readonly stringData?: { readonly password: string };
}

/** As far as it is looked at here. */
interface Printed {
  readonly pools: readonly { readonly name: string }[];
  readonly peers: readonly object[];
}

const EXAMPLES = ['bgp', 'community', 'dual', 'layer2', 'service-allocation'];
const MODES: readonly ResourceMode[] = ['none', 'native', 'frr'];
/** The examples and the modes in which they are meant to be used. */
const MEANT = EXAMPLES.flatMap((name) =>
  MODES.filter((mode) => mode !== 'native' || name !== 'dual').map((mode) => [name, mode] as const),
);

test.each(MEANT)('%s is a configuration in mode %s, with nothing to remark', (name, mode) => {
  expect(read(whole(name), mode)).toMatchObject({ kind: 'config', warnings: [] });
});

test('dual is refused in native mode, as it says', () => {
  expect(read(objects('dual'), 'native')).toMatchObject({ kind: 'refused' });
});

test('all of them together are a configuration in FRR mode', () => {
  expect(read(EXAMPLES.flatMap(objects), 'frr')).toMatchObject({ kind: 'config', warnings: [] });
});

test('each kind of resource has an example, but the one that is deprecated', () => {
  const shown = EXAMPLES.flatMap(objects).map(({ kind }) => kind);
  expect(RESOURCE_KINDS.filter((kind) => !shown.includes(kind))).toEqual(['AddressPool']);
});

describe('an example does what its comments say', () => {
  test('layer2: both families, no address that ends in .0 or .255, at layer 2 alone', () => {
    expect(poolsOf('layer2')).toMatchObject([
      {
        name: 'default',
        autoAssign: true,
        avoidBuggyIPs: true,
        layer2: [{ nodeSelectors: [''], interfaces: [] }],
        bgp: [],
      },
    ]);
  });

  test('bgp: a session with a password, from all nodes but one', () => {
    expect(configOf('bgp').peers).toMatchObject([
      {
        ...{ myASN: 64500, peerASN: 64501, address: '192.0.2.1', port: 179 },
        ...{ holdTimeSeconds: 120, keepaliveTimeSeconds: 40, hasPassword: true },
        nodeSelectors: ['kubernetes.io/hostname notin (node-c)'],
      },
    ]);
  });

  test('community: one route for all of the sandbox, and no pool used without being asked for', () => {
    expect(poolsOf('community')).toMatchObject([
      { name: 'production', autoAssign: false, bgp: [{ localPref: 100, communities: [] }] },
      {
        name: 'sandbox',
        autoAssign: false,
        bgp: [
          {
            aggregationLength: 20,
            communities: ['64500:200', '65535:65281'],
            peers: ['router'],
          },
        ],
      },
    ]);
  });

  test('service-allocation: some by namespace, some by label', () => {
    expect(poolsOf('service-allocation')).toMatchObject([
      { name: 'public', serviceAllocation: { priority: 20, namespaces: [] } },
      {
        name: 'shop',
        serviceAllocation: {
          priority: 10,
          namespaces: ['shop'],
          namespaceSelectors: ['team=checkout'],
        },
      },
    ]);
  });
});

function configOf(name: string): Printed {
  const reading = read(whole(name), 'none');
  if (reading.kind !== 'config') throw new Error(reading.message);
  return printableConfig(reading.config) as Printed;
}

function poolsOf(name: string): Printed['pools'] {
  const own = objects(name).map(({ metadata }) => metadata.name);
  return configOf(name).pools.filter((pool) => own.includes(pool.name));
}

/** An example and the one that it says it needs. */
function whole(name: string): Kubernetes[] {
  return name === 'community' ? [...objects('bgp'), ...objects(name)] : objects(name);
}

function objects(name: string): Kubernetes[] {
  return objectsOf(`examples/${name}.yaml`) as Kubernetes[];
}

/** As the programs find them in a cluster with two nodes. */
function read(all: readonly Kubernetes[], mode: ResourceMode): ResourceReading {
  const secrets = all.filter(({ kind }) => kind === 'Secret');
  const set: ResourceSet = {
    objects: all.filter(({ kind }) => kind !== 'Secret'),
    secrets: new Map(
      secrets.map(({ metadata, type = '', stringData }) => [
        metadata.name,
        { type, password: new Secret(stringData!.password) },
      ]),
    ),
    nodes: new Map([
      ['node-a', { 'kubernetes.io/hostname': 'node-a' }],
      ['node-c', { 'kubernetes.io/hostname': 'node-c' }],
    ]),
  };
  return readResources(set, { namespace: 'metallb-system', mode });
}
