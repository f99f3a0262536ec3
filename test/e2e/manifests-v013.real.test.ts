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
  const base = ['namespace', 'rights', 'controller', 'speaker', 'webhook'].flatMap((file) =>
    objectsIn(join(FOLDER, 'base', `${file}.yaml`)),
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
      objects['Namespace metallb-system'] as { metadata: { labels: Record<string, string> } }
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
    await kubectl.must('create', '-f', OPERATOR, '-k', `${FOLDER}/crds`);
    await kubectl.must('wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s');
    await kubectl.must('create', 'namespace', 'metallb-system');
  });

  test.each([
    ['the install', INSTALL],
    ...OVERLAYS.map((name) => [`overlay ${name}`, overlay(name)] as const),
    ...EXAMPLES.map((name) => [`example ${name}`, example(name)] as const),
  ])('%s is taken, whether kubectl or the server applies it', async (_, which) => {
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
    ['kubectl', []],
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

  test('lets the Prometheus of the operator look for what it scrapes, and no more', async () => {
    const { kubectl } = cluster;
    await kubectl.must('apply', ...overlay('prometheus'));

    await expectRights('system:serviceaccount:monitoring:prometheus-k8s', {
      'list pods': true,
      'watch endpoints': true,
      'get services': true,
      'list secrets': false,
      'list pods -n shop': false,
    });
  });

  test('gives the controller the rights that it uses, and no more', async () => {
    await expectRights('system:serviceaccount:metallb-system:controller', {
      ...all(['get', 'list', 'watch'], 'services -n shop', true),
      'update services --subresource=status -n shop': true,
      'update services -n shop': false,
      'patch services -n shop': false,
      ...all(['list', 'watch'], 'namespaces', true),
      ...all(['list', 'watch'], 'nodes', true),
      'patch nodes': false,
      ...all(['create', 'patch'], 'events -n shop', true),
      'list events': false,
      ...all(['get', 'list', 'watch'], 'configmaps', true),
      'get configmaps -n shop': false,
      'update configmaps': false,
      ...all(['get', 'list', 'watch', 'create'], 'secrets', true),
      'patch secrets/webhook-server-cert': true,
      'patch secrets/memberlist': false,
      'update secrets/webhook-server-cert': false,
      'delete secrets/webhook-server-cert': false,
      'get secrets -n shop': false,
      'get deployments.apps/controller': true,
      'get deployments.apps/other': false,
      'patch deployments.apps/controller': false,
      'list pods': false,
      ...resourceRights(true),
      'get validatingwebhookconfigurations/metallb-webhook-configuration': true,
      'patch validatingwebhookconfigurations/metallb-webhook-configuration': true,
      'patch validatingwebhookconfigurations/metallb-configmap-webhook-configuration': true,
      'patch validatingwebhookconfigurations/other': false,
      'list validatingwebhookconfigurations': false,
      'patch mutatingwebhookconfigurations/metallb-webhook-configuration': false,
      'get customresourcedefinitions/communities.metallb.io': true,
      'patch customresourcedefinitions/communities.metallb.io': false,
      'patch customresourcedefinitions/bgppeers.metallb.io': true,
      'patch customresourcedefinitions/addresspools.metallb.io': true,
      'delete customresourcedefinitions/bgppeers.metallb.io': false,
      'get customresourcedefinitions/other.example.com': false,
      'create selfsubjectaccessreviews.authorization.k8s.io': true,
    });
  });

  test('gives the speaker the rights that it uses, and no more', async () => {
    await expectRights('system:serviceaccount:metallb-system:speaker', {
      ...all(['get', 'list', 'watch'], 'services -n shop', true),
      'update services --subresource=status -n shop': false,
      ...all(['get', 'list', 'watch'], 'endpoints -n shop', true),
      ...all(['get', 'list', 'watch'], 'endpointslices.discovery.k8s.io -n shop', true),
      ...all(['get', 'list', 'watch'], 'nodes', true),
      'list namespaces': false,
      ...all(['create', 'patch'], 'events -n shop', true),
      'list pods': true,
      'watch pods': false,
      'list pods -n shop': false,
      ...all(['get', 'list', 'watch'], 'configmaps', true),
      ...all(['get', 'list', 'watch'], 'secrets', true),
      'create secrets': false,
      'patch secrets/webhook-server-cert': false,
      'get secrets -n shop': false,
      ...resourceRights(false),
      'get customresourcedefinitions/bgppeers.metallb.io': false,
      'create selfsubjectaccessreviews.authorization.k8s.io': true,
    });
  });

  /** @param expected - the answers of `kubectl auth can-i`, in metallb-system unless another namespace is named */
  async function expectRights(
    user: string,
    expected: Readonly<Record<string, boolean>>,
  ): Promise<void> {
    const as = [`--as=${user}`, '--as-group=system:authenticated'];
    const answers: Record<string, boolean> = {};
    for (const question of Object.keys(expected)) {
      const scope = question.includes(' -n ') ? [] : ['-n', 'metallb-system'];
      const line = ['auth', 'can-i', ...question.split(' '), ...scope, ...as];
      answers[question] = (await cluster.kubectl.run(...line)).code === 0;
    }
    expect(answers).toEqual(expected);
  }
});

function all(verbs: readonly string[], what: string, may: boolean): Record<string, boolean> {
  return Object.fromEntries(verbs.map((verb) => [`${verb} ${what}`, may]));
}

/** Both programs read every kind in their own namespace; the controller alone writes, and only into the status. */
function resourceRights(status: boolean): Record<string, boolean> {
  const kinds = [
    ...['addresspools', 'bfdprofiles', 'bgpadvertisements', 'bgppeers', 'communities'],
    ...['ipaddresspools', 'l2advertisements'],
  ];
  const rights = kinds.map((kind) => ({
    ...all(['get', 'list', 'watch'], `${kind}.metallb.io`, true),
    ...all(['create', 'update', 'patch', 'delete'], `${kind}.metallb.io`, false),
    ...all(['update', 'patch'], `${kind}.metallb.io --subresource=status`, status),
    [`list ${kind}.metallb.io -n shop`]: false,
  }));
  return Object.assign({}, ...rights) as Record<string, boolean>;
}

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
