import type { DaemonSet, Deployment } from 'kubernetes-types/apps/v1.d.ts';
import type { ClusterRole, Role } from 'kubernetes-types/rbac/v1.d.ts';
import { describe, expect, test } from 'vitest';
import {
  type KubernetesObject,
  containerOf,
  find,
  objectsIn,
  refusalOf,
  render,
  renderNotes,
  renderText,
  valueSet,
} from './chart.ts';

interface Validation extends KubernetesObject {
  readonly webhooks: readonly {
    readonly name: string;
    readonly clientConfig: Client;
    readonly failurePolicy: string;
  }[];
}

interface Client {
  readonly service: { readonly name: string; readonly namespace: string; readonly path: string };
}

const MANIFESTS = 'manifests/v0.13';
const ON = 'crds: { enabled: true }';
const plain = [
  'core/rights',
  'core/controller',
  'core/speaker',
  'core/webhook-service',
  'base/webhook',
].flatMap((file) => objectsIn(`${MANIFESTS}/${file}.yaml`));

describe('the objects are those of the plain manifests', () => {
  const rendered = render(valueSet('resources'), { apis: [] }).map(asPlain);

  test.each(plain.map((object) => [`${object.kind} ${object.metadata.name}`, object] as const))(
    '%s',
    (_, object) => {
      const { kind, metadata } = object;
      const ours = rendered.find((o) => o.kind === kind && o.metadata.name === metadata.name);

      expect(ours).toEqual(withoutPolicies(withoutLabels(object)));
    },
  );

  test('and the definitions', () => {
    const others = rendered.filter(({ kind }) => kind !== 'CustomResourceDefinition');

    expect(others).toHaveLength(plain.length);
    expect(rendered).toHaveLength(plain.length + 7);
  });
});

describe('names are those of the chart of v0.13', () => {
  test('of which some are the same in every release', () => {
    const names = render(ON, { release: 'edge', apis: [] })
      .filter(({ kind }) => kind !== 'CustomResourceDefinition')
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`);

    expect(names.sort()).toEqual(
      [
        ...['ServiceAccount edge-metallb-controller', 'ServiceAccount edge-metallb-speaker'],
        ...['ClusterRole edge-metallb:controller', 'ClusterRole edge-metallb:speaker'],
        'ClusterRoleBinding edge-metallb:controller',
        'ClusterRoleBinding edge-metallb:speaker',
        ...['Role edge-metallb-controller', 'Role edge-metallb-pod-lister'],
        ...['RoleBinding edge-metallb-controller', 'RoleBinding edge-metallb-pod-lister'],
        ...['Deployment edge-metallb-controller', 'DaemonSet edge-metallb-speaker'],
        ...['ConfigMap metallb-excludel2', 'Secret webhook-server-cert'],
        'Service metallb-webhook-service',
        'ValidatingWebhookConfiguration metallb-webhook-configuration',
      ].sort(),
    );
  });

  test('the certificate is for the Service that the API server calls', () => {
    const objects = render(ON, { namespace: 'lb' });
    const { webhooks } = find(objects, 'ValidatingWebhookConfiguration') as Validation;

    expect(webhooks).toHaveLength(7);
    for (const { clientConfig, failurePolicy } of webhooks) {
      expect(clientConfig.service).toMatchObject({
        name: find(objects, 'Service').metadata.name,
        namespace: 'lb',
      });
      expect(failurePolicy).toBe('Fail');
    }
    expect(containerOf(objects, 'Deployment').args).toContain(
      '--cert-service-name=metallb-webhook-service',
    );
    expect(webhooks.map(({ name }) => name)).toContain('bgppeervalidationwebhook.metallb.io');
  });
});

describe('on the way from the ConfigMap to the resources', () => {
  const objects = render(valueSet('both-sources'));

  test('both are there, and both programs may read both', () => {
    expect(find(objects, 'ConfigMap', 'metallb').metadata.name).toBe('metallb');
    expect(find(objects, 'CustomResourceDefinition', 'ipaddresspools.metallb.io')).toBeDefined();
    for (const name of ['-controller', '-pod-lister']) {
      const { rules } = find(objects, 'Role', name) as Role;
      expect(JSON.stringify(rules)).toContain('"configmaps"');
      expect(JSON.stringify(rules)).toContain('"ipaddresspools"');
    }
    for (const kind of ['Deployment', 'DaemonSet'] as const) {
      expect(containerOf(objects, kind).args).toContain('--config=metallb');
    }
  });

  test('the programs behave as they did, and check what is written', () => {
    expect(containerOf(objects, 'DaemonSet').args).toContain('--compat=v0.12');
    expect(containerOf(objects, 'Deployment').args).toEqual(
      expect.arrayContaining(['--compat=v0.12', '--webhook-mode=enabled']),
    );
    const [webhook] = (
      find(
        objects,
        'ValidatingWebhookConfiguration',
        'configmap-webhook-configuration',
      ) as Validation
    ).webhooks;
    expect(webhook).toMatchObject({
      name: 'configmapvalidationwebhook.metallb.io',
      clientConfig: { service: { path: '/validate-v1-configmap' } },
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'metallb-system' } },
      failurePolicy: 'Ignore',
      timeoutSeconds: 2,
    });
  });

  test('the notes say which is in force', () => {
    expect(renderNotes(valueSet('both-sources'))).toMatch(/The resources are read too\./);
    expect(renderNotes(ON)).not.toContain('ConfigMap');
  });
});

describe('what a value changes', () => {
  test('configMapWebhook alone: one webhook more, and no word of resources', () => {
    const objects = render(valueSet('configmap-webhook'));

    expect(objects.map(({ kind }) => kind)).not.toContain('CustomResourceDefinition');
    expect(renderText(valueSet('configmap-webhook'))).not.toContain('ipaddresspools');
    expect(containerOf(objects, 'Deployment').args).toContain('--webhook-mode=enabled');
    expect(find(objects, 'ValidatingWebhookConfiguration').metadata.name).toBe(
      'metallb-configmap-webhook-configuration',
    );
    const { rules } = find(objects, 'Role', '-controller') as Role;
    expect(rules).toContainEqual({
      apiGroups: [''],
      resources: ['secrets'],
      resourceNames: ['webhook-server-cert'],
      verbs: ['get', 'patch'],
    });
  });

  test('compat: the resources are read also where the definitions come from elsewhere', () => {
    const objects = render(valueSet('definitions-elsewhere'));
    const kinds = objects.map(({ kind }) => kind);

    expect(kinds).not.toContain('CustomResourceDefinition');
    expect(kinds).not.toContain('ValidatingWebhookConfiguration');
    expect(kinds).not.toContain('Service');
    expect(containerOf(objects, 'Deployment').args).toEqual(
      expect.arrayContaining(['--compat=v0.13', '--config=config', '--webhook-mode=disabled']),
    );
    expect(JSON.stringify((find(objects, 'Role', '-pod-lister') as Role).rules)).toContain(
      'bgppeers',
    );
    expect(renderText(valueSet('definitions-elsewhere'))).not.toContain('webhook-server-cert');
    expect((find(objects, 'DaemonSet') as DaemonSet).spec?.template.spec?.volumes).toBeUndefined();
  });

  test('what the chart of v0.13 had beside the old values', () => {
    const objects = render(valueSet('resources-placed'));
    const [controller, speaker] = [
      containerOf(objects, 'Deployment'),
      containerOf(objects, 'DaemonSet'),
    ];

    expect(controller.args).toEqual([
      ...['--port=9472', '--config=metallb', '--log-level=info', '--compat=v0.13'],
      ...['--lb-class=example.com/metal', '--webhook-mode=onlywebhook'],
      '--cert-service-name=metallb-webhook-service',
    ]);
    expect(speaker.args).toEqual([
      ...['--port=9472', '--config=metallb', '--log-level=info', '--compat=v0.13'],
      ...['--lb-class=example.com/metal', '--ignore-exclude-lb'],
    ]);
    for (const { env } of [controller, speaker]) {
      expect(env).toContainEqual({ name: 'METALLB_BGP_TYPE', value: 'frr' });
    }
    expect(speaker.volumeMounts).toContainEqual({
      name: 'memberlist',
      mountPath: '/etc/key',
      readOnly: true,
    });
    expect(speaker.startupProbe).toMatchObject({ failureThreshold: 30, periodSeconds: 5 });
    const workloads = [find(objects, 'Deployment'), find(objects, 'DaemonSet')] as [
      Deployment & KubernetesObject,
      DaemonSet & KubernetesObject,
    ];
    for (const { metadata, spec } of workloads) {
      const { labels, name } = { ...spec?.template.metadata, name: metadata.name };
      expect(metadata.labels, name).toMatchObject({
        team: '7',
        'app.kubernetes.io/name': 'metallb',
      });
      expect(labels, name).toMatchObject({ team: '7', 'app.kubernetes.io/name': 'metallb' });
      expect(spec?.template.spec?.runtimeClassName).toBe('gvisor');
    }
    expect(workloads[0].spec).toMatchObject({ strategy: { type: 'Recreate' } });
    expect(workloads[1].spec).toMatchObject({ updateStrategy: { type: 'OnDelete' } });
    const { webhooks } = find(objects, 'ValidatingWebhookConfiguration') as Validation;
    expect(new Set(webhooks.map(({ failurePolicy }) => failurePolicy))).toEqual(
      new Set(['Ignore']),
    );
  });

  test('controller.enabled=false: nobody is asked who is not there', () => {
    const kinds = render(`${ON}\ncontroller: { enabled: false }`).map(({ kind }) => kind);

    expect(kinds).not.toContain('ValidatingWebhookConfiguration');
    expect(kinds).toContain('CustomResourceDefinition');
  });
});

describe('without any of it', () => {
  test('nothing is said of resources or webhooks', () => {
    const text = renderText('');

    for (const word of [
      'compat',
      'webhook',
      'metallb.io',
      'lb-class',
      'excludel2',
      'volumeMounts',
    ]) {
      expect(text).not.toContain(word);
    }
    expect((find(render(''), 'ClusterRole', 'controller') as ClusterRole).rules).toHaveLength(4);
  });
});

describe('values that contradict each other are refused', () => {
  test.each([
    [
      'configMapWebhook: { enabled: true }\ncontroller: { webhookMode: disabled }',
      'configMapWebhook.enabled asks for a webhook',
    ],
    [
      'prometheus: { podMonitor: { enabled: true }, serviceMonitor: { enabled: true } }',
      'every metric would be there twice',
    ],
    ['compat: v0.14', 'compat must be one of the following'],
    ['crds: null', 'crds is required'],
    ['crds: { validationFailurePolicy: Warn }', 'crds.validationFailurePolicy must be one of'],
    ['controller: { webhookMode: on }', 'controller.webhookMode'],
  ])('%s', (values, words) => {
    expect(refusalOf(values)).toContain(words);
  });
});

/** An object of the release "metallb" under the names of the plain manifests. What Helm says more is taken away. */
function asPlain(object: KubernetesObject): KubernetesObject {
  const text = JSON.stringify(object)
    .replaceAll('"metallb:', '"metallb-system:')
    .replaceAll('metallb-webhook-service', 'webhook-service')
    .replaceAll(/"metallb-(controller|speaker|pod-lister|memberlist)"/g, '"$1"')
    .replace('"--config=metallb",', '')
    .replace(',"--webhook-mode=enabled","--cert-service-name=webhook-service"', '')
    .replace('"bgppeervalidationwebhook', '"bgppeersvalidationwebhook')
    .replace(
      'app.kubernetes.io/name=metallb,app.kubernetes.io/component=speaker',
      'app=metallb,component=speaker',
    )
    .replace('{"name":"METALLB_ML_BIND_PORT","value":"7946"},', '')
    .replace('"updateStrategy":{"type":"RollingUpdate"},', '');
  return withoutPolicies(withoutLabels(JSON.parse(text) as KubernetesObject));
}

/** The rules and webhooks of an object in one order. */
function withoutPolicies(object: KubernetesObject): KubernetesObject {
  const sorted = (key: string, value: unknown): unknown =>
    key === 'rules' && Array.isArray(value)
      ? value
          .map((rule) => JSON.stringify(rule))
          .filter((rule) => !rule.includes('podsecuritypolicies'))
          .sort()
      : key === 'webhooks' && Array.isArray(value)
        ? value.map((webhook) => JSON.stringify(webhook)).sort()
        : value;
  return JSON.parse(JSON.stringify(object, sorted)) as KubernetesObject;
}

function withoutLabels(object: KubernetesObject): KubernetesObject {
  const keep = (key: string, value: unknown): unknown =>
    ['labels', 'selector'].includes(key) ? undefined : value;
  return JSON.parse(JSON.stringify(object, keep)) as KubernetesObject;
}
