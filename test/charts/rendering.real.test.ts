import type { DaemonSet, Deployment } from 'kubernetes-types/apps/v1.d.ts';
import type { PodSpec } from 'kubernetes-types/core/v1.d.ts';
import { describe, expect, test } from 'vitest';
import {
  type KubernetesObject,
  PSP,
  containerOf,
  find,
  objectsIn,
  refusalOf,
  render,
  renderNotes,
  renderText,
  valueSet,
  valueSets,
} from './chart.ts';

describe('the objects are those of the plain manifests', () => {
  const manifests = ['metallb.yaml', 'pod-security-policies.yaml'].flatMap((file) => {
    return objectsIn(`manifests/v0.12/${file}`);
  });
  const rendered = render('prometheus: { scrapeAnnotations: true }').map(asPlain);

  test.each(manifests.map((object) => [`${object.kind} ${object.metadata.name}`, object] as const))(
    '%s',
    (_, object) => {
      const { kind, metadata } = object;
      const ours = rendered.find((o) => o.kind === kind && o.metadata.name === metadata.name);

      expect(ours).toEqual(withoutLabels(object));
    },
  );

  test('and no others', () => {
    expect(rendered).toHaveLength(manifests.length);
  });
});

describe('names and selectors are those of the chart metallb', () => {
  test('whose name is the default for the full name and the label', () => {
    const objects = render('', { release: 'edge' });

    expect(objects.map(({ metadata }) => metadata.name)).toContain('edge-metallb-controller');
    expect((find(objects, 'DaemonSet') as DaemonSet).spec?.selector.matchLabels).toEqual({
      'app.kubernetes.io/name': 'metallb',
      'app.kubernetes.io/instance': 'edge',
      'app.kubernetes.io/component': 'speaker',
    });
  });

  test('and follow the overrides', () => {
    const objects = render(valueSet('named'), { release: 'edge' });
    const { args, env } = containerOf(objects, 'DaemonSet');

    expect(objects.map(({ metadata }) => metadata.name).sort()).toEqual(
      [
        ...['edge-lb', 'edge-lb-config-watcher', 'edge-lb-config-watcher'],
        ...['edge-lb-pod-lister', 'edge-lb-pod-lister', 'edge-lb:controller', 'edge-lb:controller'],
        ...['edge-lb:speaker', 'edge-lb:speaker', 'edge-lb-speaker', 'edge-lb-speaker'],
        ...['edge-lb-speaker', 'edge-lb-controller', 'edge-lb-controller', 'edge-lb-controller'],
        ...['edge-lb-controller', 'edge-lb-controller'],
      ].sort(),
    );
    expect(args).toContain('--config=edge-lb');
    expect(env).toContainEqual({
      name: 'METALLB_ML_LABELS',
      value: 'app.kubernetes.io/name=edge,app.kubernetes.io/component=speaker',
    });
    expect(env).toContainEqual({
      name: 'METALLB_ML_SECRET_KEY',
      valueFrom: { secretKeyRef: { name: 'edge-key', key: 'secretkey' } },
    });
  });

  test('also for a release that YAML would take for a number', () => {
    const objects = render('nameOverride: "1e3"\nconfigInline: { peers: [] }', { release: '1e3' });

    for (const { metadata } of objects) {
      expect(metadata.name).toMatch(/^1e3/);
      expect(metadata.labels).toMatchObject({ 'app.kubernetes.io/instance': '1e3' });
    }
  });
});

describe('what a value changes', () => {
  test('existingConfigMap: both programs read that one', () => {
    const objects = render(valueSet('existing-config-map'));

    expect(containerOf(objects, 'Deployment').args).toContain('--config=config');
    expect(containerOf(objects, 'DaemonSet').args).toContain('--config=config');
  });

  test('speaker.memberlist.enabled=false: nothing is said of a member list', () => {
    const text = renderText(valueSet('no-memberlist'));

    expect(text).not.toContain('METALLB_ML_');
    expect(text).not.toContain('memberlist-tcp');
    expect(text).not.toContain('7946');
  });

  test('speaker.frr.enabled: the mode, and no other container', () => {
    const spec = podOf(render(valueSet('frr')), 'DaemonSet');

    expect(spec.containers).toHaveLength(1);
    expect(spec.containers[0]?.env).toContainEqual({ name: 'METALLB_BGP_TYPE', value: 'frr' });
    expect(spec.volumes).toBeUndefined();
    expect(renderText('')).not.toContain('METALLB_BGP_TYPE');
  });

  test('psp.create: policies only where the cluster knows them', () => {
    const kinds = (values: string, apis: string[]): string[] =>
      render(values, { apis, kubeVersion: 'v1.31.0' }).map(({ kind }) => kind);

    expect(kinds('', [])).not.toContain('PodSecurityPolicy');
    expect(kinds('', [PSP])).toContain('PodSecurityPolicy');
    expect(kinds('psp: { create: false }', [PSP])).not.toContain('PodSecurityPolicy');
  });

  test('prometheus.metricsPort: in arguments, ports, annotations and policy alike', () => {
    const text = renderText(valueSet('monitored'));

    expect(text.match(/9472/g)).toHaveLength(2 + 2 + 2 + 2);
    expect(text).not.toContain('7472');
  });

  test('what belongs to pods goes to the pods it was given for', () => {
    const objects = render(valueSet('placed'));
    const [controller, speaker] = [podOf(objects, 'Deployment'), podOf(objects, 'DaemonSet')];

    expect(controller).toMatchObject({
      imagePullSecrets: [{ name: 'pull' }],
      serviceAccountName: 'brain',
      priorityClassName: 'system-cluster-critical',
      nodeSelector: { 'kubernetes.io/os': 'linux', pool: 'infra' },
      tolerations: [{ key: 'infra', operator: 'Exists', effect: 'NoSchedule' }],
      containers: [
        {
          image: 'example/controller:0.12',
          imagePullPolicy: 'Always',
          args: ['--port=7472', '--config=metallb', '--log-level=debug'],
          resources: { limits: { cpu: '100m', memory: '100Mi' } },
          readinessProbe: { initialDelaySeconds: 1, periodSeconds: 2, failureThreshold: 3 },
        },
      ],
    });
    expect(controller.containers[0]).not.toHaveProperty('livenessProbe');
    expect(speaker).toMatchObject({
      serviceAccountName: 'metallb-speaker',
      nodeSelector: { 'kubernetes.io/os': 'linux', edge: 'true' },
      tolerations: [{ operator: 'Exists' }],
      securityContext: { runAsUser: 0 },
      containers: [{ image: 'metal-lb/speaker:v9', imagePullPolicy: 'IfNotPresent' }],
    });
    expect((find(objects, 'DaemonSet') as DaemonSet).spec).toMatchObject({
      updateStrategy: { rollingUpdate: { maxUnavailable: 2 } },
      template: { metadata: { annotations: { 'example.com/restarted': '2022' } } },
    });
  });
});

test.each(valueSets)('%s: whichever way Helm decodes numbers, the objects are the same', (name) => {
  const values = valueSet(name);

  expect(renderText(values, { digits: true })).toBe(renderText(values));
});

describe('a value that is not meant is refused with its place', () => {
  test.each([
    ['configinline: {}', '(root): Additional property configinline is not allowed'],
    ['speaker: { tollerations: [] }', 'speaker: Additional property tollerations is not allowed'],
    ['controller: { logLevel: verbose }', 'controller.logLevel must be one of the following'],
    ['prometheus: { metricsPort: 70000 }', 'prometheus.metricsPort: Must be less than or equal'],
    ['psp: { create: "false" }', 'psp.create: Invalid type. Expected: boolean, given: string'],
    ['controller: { image: { repository: "" } }', 'controller.image.repository: String length'],
    ['loadbalancerClass: mine', '(root): Additional property loadbalancerClass is not allowed'],
  ])('%s', (values, words) => {
    expect(refusalOf(values)).toContain(words);
  });

  test('a cluster that is too old', () => {
    expect(refusalOf('', { kubeVersion: 'v1.15.12' })).toContain('requires kubeVersion');
  });
});

describe('the notes', () => {
  test('tell where the configuration is', () => {
    expect(renderNotes('')).toContain('the ConfigMap metallb, which this release does not');
    expect(renderNotes(valueSet('config-inline'))).toContain(
      'ConfigMap metallb, which this release writes',
    );
  });

  test('warn of an image that was kept from the old chart', () => {
    const values = 'speaker: { image: { repository: registry.example/metallb/speaker } }';

    expect(renderNotes(values)).toContain('WARNING: speaker.image.repository');
    expect(renderNotes('')).not.toContain('WARNING');
  });
});

function podOf(objects: readonly KubernetesObject[], kind: 'Deployment' | 'DaemonSet'): PodSpec {
  const { spec } = (find(objects, kind) as Deployment | DaemonSet).spec?.template ?? {};
  if (spec === undefined) throw new Error(`${kind} without pods`);
  return spec;
}

/** An object of the release "metallb" under the names of the plain manifests. What Helm says more is taken away. */
function asPlain(object: KubernetesObject): object & KubernetesObject {
  const text = JSON.stringify(object)
    .replaceAll('"metallb:', '"metallb-system:')
    .replaceAll(/"metallb-(controller|speaker|config-watcher|pod-lister|memberlist)"/g, '"$1"')
    .replace('--config=metallb', '--config=config')
    .replace(
      'app.kubernetes.io/name=metallb,app.kubernetes.io/component=speaker',
      'app=metallb,component=speaker',
    )
    .replace('{"name":"METALLB_ML_BIND_PORT","value":"7946"},', '')
    .replace('"updateStrategy":{"type":"RollingUpdate"},', '');
  return withoutLabels(JSON.parse(text) as KubernetesObject);
}

function withoutLabels(object: KubernetesObject): KubernetesObject {
  const keep = (key: string, value: unknown): unknown =>
    ['labels', 'selector'].includes(key) ? undefined : value;
  return JSON.parse(JSON.stringify(object, keep)) as KubernetesObject;
}
