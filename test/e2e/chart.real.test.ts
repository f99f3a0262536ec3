import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Secret } from 'kubernetes-types/core/v1.d.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KubernetesObject, render, renderText, valueSet, valueSets } from '../charts/chart.ts';
import {
  type Cluster,
  type Kubectl,
  NAMESPACE,
  Services,
  eventually,
  startCluster,
} from '../cluster/index.ts';

/** What an operator can tell of an object that was there before. */
interface Live extends KubernetesObject {
  readonly metadata: KubernetesObject['metadata'] & { readonly uid: string };
  readonly spec?: { readonly selector?: object; readonly template?: object };
  readonly data?: object;
}

const OLD = 'test/charts/old-release.yaml';
const POOL = 'address-pools: [{ name: default, protocol: layer2, addresses: [192.0.2.128/28] }]';
const RESOURCES = 'crds: { enabled: true }\npsp: { create: false }';
const CONFIGURED = `configInline: { ${POOL} }`;
const BOTH = `${CONFIGURED}\n${RESOURCES}`;

let cluster: Cluster;
let kubectl: Kubectl;

beforeAll(async () => {
  // This host has no kube-proxy: the API server must find the webhook's pod by itself.
  cluster = await startCluster({ nodes: 2, flags: ['--enable-aggregator-routing=true'] });
  kubectl = cluster.kubectl;
  await kubectl.must('create', 'namespace', NAMESPACE);
  const crds = 'test/charts/prometheus-operator-crds.yaml';
  await kubectl.must('apply', '-f', crds);
  await kubectl.must('wait', '--for=condition=Established', '--timeout=30s', '-f', crds);
});

afterAll(async () => {
  await cluster.close();
});

describe('the API server takes the release, every field known to it', () => {
  test.each(['defaults', ...valueSets])('%s', async (name) => {
    const values = name === 'defaults' ? '' : valueSet(name);
    const file = written(name, renderText(values));

    const lines = await kubectl.must('apply', '--dry-run=server', '--validate', '-f', file);

    expect(lines).toHaveLength(render(values).length);
    for (const line of lines) expect(line).toMatch(/ (created|configured) \(server dry run\)$/);
  });
});

describe('a release of the old chart', () => {
  let before: Live[];

  beforeAll(async () => {
    await kubectl.must('apply', '-f', OLD);
    before = await kubectl.get<Live>('-f', OLD);
  });

  afterAll(async () => {
    await kubectl.must('delete', '-f', OLD);
  });

  test('becomes ours with every object in its place and none left over', async () => {
    const ours = written('upgrade', renderText(CONFIGURED));

    await kubectl.must('apply', '-f', ours);

    const after = await kubectl.get<Live>('-f', ours);
    expect(after.map(identity).sort(byName)).toEqual(before.map(identity).sort(byName));
    expect(JSON.stringify(after.map(({ spec }) => spec))).not.toContain('v0.12.1');
  });

  test('keeps its configuration to the letter', async () => {
    const [found] = await kubectl.get<Live>('-n', NAMESPACE, 'configmap', 'metallb');

    const old = before.find(({ kind }) => kind === 'ConfigMap');
    expect(found?.data).toEqual(old?.data);
  });

  test('comes back as it was', async () => {
    await kubectl.must('apply', '-f', OLD);

    const after = await kubectl.get<Live>('-f', OLD);
    expect(after.map(identity)).toEqual(before.map(identity));
    expect(after.map(({ spec }) => spec)).toEqual(before.map(({ spec }) => spec));
  });
});

describe('an installed release', () => {
  const file = (): string => written('install', renderText(CONFIGURED));

  beforeAll(async () => {
    await kubectl.must('apply', '-f', file());
  });

  afterAll(async () => {
    await kubectl.must('delete', '-f', file());
  });

  test('runs, with the rights it asks for, and gives the addresses of its configuration', async () => {
    const labels = (component: string): string =>
      `app.kubernetes.io/name=metallb,app.kubernetes.io/component=${component}`;
    await cluster.podsReady(NAMESPACE, labels('controller'), 1);
    await cluster.podsReady(NAMESPACE, labels('speaker'), 2);

    const services = new Services(cluster.plane.admin);
    await services.create('web');

    await services.assigned('web', '192.0.2.128');
    const [secret] = await kubectl.get<Secret>('-n', NAMESPACE, 'secret', 'metallb-memberlist');
    expect(Object.keys(secret?.data ?? {})).toEqual(['secretkey']);
    await services.clear();
  });
});

describe('an installed release with the resources', () => {
  const file = (): string => written('resources', renderText(RESOURCES));

  beforeAll(async () => {
    await kubectl.must('apply', '-f', file());
  });

  afterAll(async () => {
    await kubectl.must('delete', '-f', file());
  });

  test('runs, checks what is applied, and gives the addresses of it', async () => {
    await cluster.podsReady(NAMESPACE, 'app.kubernetes.io/component=controller', 1);
    await cluster.podsReady(NAMESPACE, 'app.kubernetes.io/component=speaker', 2);
    await eventually('the webhook answers', async () => {
      const { code } = await kubectl.run('apply', '-f', 'manifests/v0.13/examples/layer2.yaml');
      return code === 0 || undefined;
    });

    const services = new Services(cluster.plane.admin);
    await services.create('web');

    await services.assigned('web', '192.0.2.128');
    await services.clear();
    for (const line of await kubectl.must('apply', '-f', file())) {
      expect(line).toMatch(/ unchanged$/);
    }
  });
});

describe('a release of the chart of v0.13', () => {
  let before: Live[];

  beforeAll(async () => {
    const old = written('old-013', await oldRelease());
    await kubectl.must('apply', '-f', old);
    before = await kubectl.get<Live>('-f', old);
  });

  afterAll(async () => {
    await kubectl.must('delete', '-f', written('upgrade-013', renderText(RESOURCES)));
  });

  test('becomes ours with every object in its place and none left over', async () => {
    const ours = written('upgrade-013', renderText(RESOURCES));

    await kubectl.must('apply', '-f', ours);

    const after = await kubectl.get<Live>('-f', ours);
    expect(after.map(identity).sort(byName)).toEqual(before.map(identity).sort(byName));
    for (const line of await kubectl.must('apply', '-f', ours)) expect(line).toMatch(/ unchanged$/);
  });
});

describe('a release of ours that goes over to the resources', () => {
  afterAll(async () => {
    await kubectl.must('delete', '-f', written('over', renderText(BOTH)));
  });

  test('keeps its ConfigMap and every workload in its place', async () => {
    const first = written('first', renderText(CONFIGURED));
    await kubectl.must('apply', '-f', first);
    const kinds = ['ConfigMap', 'DaemonSet', 'Deployment', 'ServiceAccount'];
    const kept = async (file: string): Promise<Identity[]> =>
      (await kubectl.get<Live>('-f', file))
        .filter(
          ({ kind, metadata }) => kinds.includes(kind) && metadata.name !== 'metallb-excludel2',
        )
        .map(identity)
        .sort(byName);
    const before = await kept(first);

    await kubectl.must('apply', '-f', written('over', renderText(BOTH)));

    expect(await kept(written('over', renderText(BOTH)))).toEqual(before);
    expect(before).toHaveLength(5);
  });
});

interface Identity {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly selector: object | undefined;
}

function identity({ kind, metadata, spec }: Live): Identity {
  return { kind, name: metadata.name, uid: metadata.uid, selector: spec?.selector };
}

function byName(a: Identity, b: Identity): number {
  return `${a.kind}/${a.name}`.localeCompare(`${b.kind}/${b.name}`);
}

function written(name: string, manifest: string): string {
  const file = join(cluster.plane.dir, `chart-${name}.yaml`);
  writeFileSync(file, manifest);
  return file;
}

/**
 * What the chart of v0.13 makes of the plain manifests of that release, crd.md §6.3: names and labels of a release, and
 * two names of its own.
 */
async function oldRelease(): Promise<string> {
  const crds = await readFile('test/fixtures/crds/upstream-v0.13.yaml', 'utf8');
  const plain = await readFile('test/fixtures/manifests/v0.13.12.yaml', 'utf8');
  const label = (component: string): string =>
    ['name: metallb', 'instance: metallb', `component: ${component}`]
      .map((pair) => `app.kubernetes.io/${pair}`)
      .join(', ');
  const release = plain
    .split(/^---$/m)
    .filter((object) => !object.includes('kind: Namespace'))
    .join('---')
    .replaceAll('name: metallb-system:', 'name: metallb:')
    .replaceAll(/^( *-? *)name: (controller|speaker|pod-lister)$/gm, '$1name: metallb-$2')
    .replaceAll(/name: metallb-(controller|speaker)(?=\n +image:)/g, 'name: $1')
    .replaceAll(/serviceAccountName: (\w+)/g, 'serviceAccountName: metallb-$1')
    .replaceAll(
      /(labels|matchLabels):\n +app: metallb\n +component: (\w+)/g,
      (_, key: string, name: string) => `${key}: { ${label(name)} }`,
    )
    .replaceAll('selector:\n    component: controller', `selector: { ${label('controller')} }`)
    .replaceAll('bgppeersvalidation', 'bgppeervalidation');
  return `${crds}\n---\n${release}`.replaceAll(
    'name: webhook-service',
    'name: metallb-webhook-service',
  );
}
