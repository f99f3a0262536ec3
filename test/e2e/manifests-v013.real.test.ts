import { cpSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import type { DaemonSet, Deployment } from 'kubernetes-types/apps/v1.d.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Installed, ownCluster } from './installed.ts';
import { FOLDER, INSTALL, example, found, overlay } from './manifests-v013.ts';

interface Named {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

const OVERLAYS = ['frr', 'legacy-configmap-webhook', 'no-webhook', 'prometheus'];
const EXAMPLES = ['bgp', 'community', 'dual', 'layer2', 'service-allocation'];
const OPERATOR = 'test/charts/prometheus-operator-crds.yaml';
const WEBHOOK = 'validatingwebhookconfiguration/metallb-webhook-configuration';

describe('what kubectl makes of the kustomizations', () => {
  const cluster = ownCluster();
  const parts = ['namespace', 'rights', 'controller', 'speaker', 'webhook-service'];
  const base = [...parts.map((file) => `core/${file}`), 'base/webhook'].flatMap((file) =>
    objectsIn(join(FOLDER, `${file}.yaml`)),
  );
  const definitions = readdirSync(join(FOLDER, 'crds'))
    .filter((file) => file !== 'kustomization.yaml')
    .flatMap((file) => objectsIn(join(FOLDER, 'crds', file)));

  test('the install is every file of it, to the letter', async () => {
    expect(definitions).toHaveLength(7);
    expect(byKey(await rendered(FOLDER))).toEqual(byKey([...base, ...definitions]));
  });

  test('frr: the mode is said to both programs, and nothing else', async () => {
    const objects = await renderedOverlay('frr');

    const mode = { name: 'METALLB_BGP_TYPE', value: 'frr' };
    for (const workload of ['Deployment controller', 'DaemonSet speaker']) {
      const { env } = containerOf(objects[workload] as Deployment);
      expect(env).toContainEqual(mode);
      env!.splice(
        env!.findIndex(({ name }) => name === mode.name),
        1,
      );
    }
    expect(objects).toEqual(byKey([...base, ...definitions]));
  });

  test('no-webhook: the controller serves none, and the API server asks about nothing', async () => {
    const objects = await renderedOverlay('no-webhook');

    const { args } = containerOf(objects['Deployment controller'] as Deployment);
    expect(args!.pop()).toBe('--webhook-mode=disabled');
    const rest = byKey([...base, ...definitions]);
    delete rest['ValidatingWebhookConfiguration metallb-webhook-configuration'];
    expect(objects).toEqual(rest);
  });

  test('legacy-configmap-webhook: one more webhook, and the label by which it is found', async () => {
    const objects = await renderedOverlay('legacy-configmap-webhook');

    const folder = join(FOLDER, 'overlays/legacy-configmap-webhook');
    const more = objectsIn(join(folder, 'configmap-webhook.yaml'));
    const { labels } = (
      objects['Namespace metallb-system'] as Named & {
        metadata: { labels: Record<string, string> };
      }
    ).metadata;
    expect(labels['kubernetes.io/metadata.name']).toBe('metallb-system');
    delete labels['kubernetes.io/metadata.name'];
    expect(objects).toEqual(byKey([...base, ...definitions, ...more]));
  });

  test('prometheus: what the operator is told, beside the install', async () => {
    const more = objectsIn(join(FOLDER, 'overlays/prometheus/prometheus-operator.yaml'));

    const objects = await renderedOverlay('prometheus');

    expect(objects).toEqual(byKey([...base, ...definitions, ...more]));
  });

  test('the images can be taken from another registry', async () => {
    const folder = mkdtempSync(join(cluster.plane.dir, 'kustomization-'));
    cpSync(FOLDER, folder, { recursive: true });
    const file = join(folder, 'kustomization.yaml');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replaceAll(/^# (?=images:| {2})/gm, ''));

    const objects = byKey(await rendered(folder));

    const images = ['Deployment controller', 'DaemonSet speaker'].map(
      (key) => containerOf(objects[key] as Deployment).image,
    );
    expect(images).toEqual([
      'your-registry/metal-lb/controller:v0.1.0',
      'your-registry/metal-lb/speaker:v0.1.0',
    ]);
  });

  async function renderedOverlay(name: string): Promise<Record<string, Named>> {
    return byKey(await rendered(join(FOLDER, 'overlays', name)));
  }

  async function rendered(folder: string): Promise<Named[]> {
    const lines = await cluster.kubectl.must('kustomize', folder);
    return loadAll(lines.join('\n')) as Named[];
  }
});

describe('on an empty cluster', () => {
  const cluster = ownCluster();

  beforeAll(async () => {
    const { kubectl } = cluster;
    await kubectl.must('create', '-f', OPERATOR);
    await kubectl.must('apply', '-k', `${FOLDER}/crds`);
    await kubectl.must('wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s');
    await kubectl.must('create', 'namespace', 'metallb-system', '--save-config');
  });

  test.each([
    { what: 'the install', which: INSTALL },
    ...OVERLAYS.map((name) => ({ what: `overlay ${name}`, which: overlay(name) })),
    ...EXAMPLES.map((name) => ({ what: `example ${name}`, which: example(name) })),
  ])('$what is taken, whether kubectl or the server applies it', async ({ which }) => {
    for (const how of [['--validate'], ['--server-side', '--force-conflicts']]) {
      const line = ['apply', '--dry-run=server', ...how, ...which];
      const { code, complaint } = await cluster.kubectl.run(...line);
      expect({ line, code, complaint }).toEqual({ line, code: 0, complaint: '' });
    }
  });
});

describe('an install', () => {
  const cluster = ownCluster();
  let native: Installed;

  beforeAll(async () => {
    const { kubectl } = cluster;
    await kubectl.must('create', '-f', OPERATOR);
    await kubectl.must('apply', ...INSTALL);
    await kubectl.must('wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s');
    native = await found(kubectl, ...INSTALL);
  });

  test('is made by one command, and the same command again changes nothing', async () => {
    const again = await cluster.kubectl.must('apply', ...INSTALL);

    expect(again).toHaveLength(Object.keys(native.objects).length);
    for (const line of again) expect(line).toMatch(/ unchanged$/);
  });

  test('changes into FRR mode and back in place', async () => {
    const { kubectl } = cluster;
    await kubectl.must('apply', ...overlay('frr'));
    const frr = await found(kubectl, ...INSTALL);
    expect(frr.uids).toEqual(native.uids);
    expect(frr.objects).not.toEqual(native.objects);

    await kubectl.must('apply', ...INSTALL);

    expect(await found(kubectl, ...INSTALL)).toEqual(native);
  });

  test.each([
    ['kubectl', [] as string[]],
    ['the server', ['--server-side', '--force-conflicts']],
  ])('keeps the authority that the controller wrote when %s applies it again', async (_, how) => {
    const { kubectl, plane } = cluster;
    const ca = Buffer.from(plane.access.ca).toString('base64');
    const places = [
      [WEBHOOK, '/webhooks/6/clientConfig/caBundle'],
      ['crd/bgppeers.metallb.io', '/spec/conversion/webhook/clientConfig/caBundle'],
    ] as const;
    for (const [object, path] of places) {
      const patch = JSON.stringify([{ op: 'add', path, value: ca }]);
      await kubectl.must('patch', object, '--type=json', '-p', patch);
    }

    await kubectl.must('apply', ...how, ...INSTALL);

    for (const [object, path] of places) {
      const where = path.slice(1).replace('/6/', '[6].').replaceAll('/', '.');
      expect(await kubectl.must('get', object, `-o=jsonpath={.${where}}`)).toEqual([ca]);
    }
  });

  test('refuses resources for as long as no controller can be asked', async () => {
    const { code, complaint } = await cluster.kubectl.run('apply', ...example('layer2'));

    expect(code).toBe(1);
    expect(complaint).toContain(
      'failed calling webhook "ipaddresspoolvalidationwebhook.metallb.io"',
    );
    expect(complaint).toContain(
      'failed calling webhook "l2advertisementvalidationwebhook.metallb.io"',
    );
  });

  test('without the webhook takes every example at once', async () => {
    const { kubectl } = cluster;
    await kubectl.must('delete', WEBHOOK);
    await kubectl.must('apply', ...overlay('no-webhook'));

    await kubectl.must('apply', ...EXAMPLES.flatMap(example));

    await kubectl.must('delete', ...EXAMPLES.flatMap(example));
    await kubectl.must('apply', ...INSTALL);
  });

  test('asks about ConfigMaps of its own namespace only, and does without an answer', async () => {
    const { kubectl } = cluster;
    await kubectl.must('apply', ...overlay('legacy-configmap-webhook'));
    const create = async (namespace: string, name: string) =>
      kubectl.run('create', '-n', namespace, 'configmap', name, '--from-literal=config=peers');

    expect(await create('metallb-system', 'unseen')).toMatchObject({ code: 0 });

    const fail = [{ op: 'replace', path: '/webhooks/0/failurePolicy', value: 'Fail' }];
    const webhook = 'validatingwebhookconfiguration/metallb-configmap-webhook-configuration';
    await kubectl.must('patch', webhook, '--type=json', '-p', JSON.stringify(fail));
    expect((await create('metallb-system', 'asked')).complaint).toContain(
      'failed calling webhook "configmapvalidationwebhook.metallb.io"',
    );
    expect(await create('default', 'not-asked')).toMatchObject({ code: 0 });
    await kubectl.must('delete', webhook);
  });
});

function containerOf({ spec }: DaemonSet | Deployment) {
  return spec!.template.spec!.containers[0]!;
}

function objectsIn(file: string): Named[] {
  return loadAll(readFileSync(file, 'utf8')) as Named[];
}

function byKey(objects: readonly Named[]): Record<string, Named> {
  return Object.fromEntries(
    objects.map((object) => [`${object.kind} ${object.metadata.name}`, object]),
  );
}
