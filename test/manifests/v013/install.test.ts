import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DaemonSet, Deployment } from 'kubernetes-types/apps/v1.d.ts';
import type { ConfigMap } from 'kubernetes-types/core/v1.d.ts';
import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { controllerOptions, speakerOptions } from '../../../src/runtime/bin/flags/index.ts';
import { environmentOf } from '../environment.ts';
import { parseAll } from '../native-files.ts';
import { fileNames, objectsOf, textOf } from './files.ts';
import { rights } from './rights.ts';
import { answering, configMapValidation, validation } from './webhooks.ts';
import { controller, excluded, speaker } from './workloads.ts';

const FILES = [
  'base/kustomization.yaml',
  'base/webhook.yaml',
  'core/controller.yaml',
  'core/kustomization.yaml',
  'core/namespace.yaml',
  'core/rights.yaml',
  'core/speaker.yaml',
  'core/webhook-service.yaml',
  'examples/bgp.yaml',
  'examples/community.yaml',
  'examples/dual.yaml',
  'examples/layer2.yaml',
  'examples/service-allocation.yaml',
  'kustomization.yaml',
  'overlays/frr/bgp-type.yaml',
  'overlays/frr/kustomization.yaml',
  'overlays/legacy-configmap-webhook/configmap-webhook.yaml',
  'overlays/legacy-configmap-webhook/kustomization.yaml',
  'overlays/legacy-configmap-webhook/namespace-name.yaml',
  'overlays/no-webhook/kustomization.yaml',
  'overlays/no-webhook/mode.yaml',
  'overlays/prometheus/kustomization.yaml',
  'overlays/prometheus/prometheus-operator.yaml',
];
const IN = { podNamespace: 'metallb-system', mountedKey: (): string => 'a key of the mount' };

test('the folder holds what an install needs and nothing else', () => {
  expect(fileNames()).toEqual(FILES);
});

test.each(FILES)('%s means the same to a reader of YAML 1.1 and of YAML 1.2', (file) => {
  const objects = objectsOf(file, '1.2');
  expect(objects.length).toBeGreaterThan(0);
  expect(objects).toEqual(objectsOf(file, '1.1'));
});

describe('the install is the original, object by object and field by field', () => {
  test('a namespace that lets the speaker have the network of its node', () => {
    const level = 'pod-security.kubernetes.io';
    const labels: Record<string, string> = { app: 'metallb' };
    for (const how of ['enforce', 'audit', 'warn']) labels[`${level}/${how}`] = 'privileged';
    expect(objectsOf('core/namespace.yaml')).toEqual([
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'metallb-system', labels },
      },
    ]);
  });

  test('rights, of which ours are fewer', () => {
    expect(objectsOf('core/rights.yaml')).toEqual(rights);
  });

  test('the controller', () => {
    expect(objectsOf('core/controller.yaml')).toEqual([controller]);
  });

  test('the speaker, and the interfaces on which it does not answer', () => {
    expect(objectsOf('core/speaker.yaml')).toEqual([excluded, speaker]);
  });

  test('the webhook, with no certificate of anybody', () => {
    expect(objectsOf('core/webhook-service.yaml')).toEqual(answering);
    expect(objectsOf('base/webhook.yaml')).toEqual([validation]);
  });
});

test('the opt-in webhook asks about ConfigMaps of one namespace, and is never in the way', () => {
  const folder = 'overlays/legacy-configmap-webhook';
  expect(objectsOf(`${folder}/configmap-webhook.yaml`)).toEqual([configMapValidation]);
});

test('the chart has the definitions as they are here', () => {
  const [own, charts] = ['manifests/v0.13/crds', 'charts/metal-lb/files/crds'].map(definitionsIn);
  expect(Object.keys(own!)).toHaveLength(7);
  expect(charts).toEqual(own);
});

test('every kind that the API server asks about leads to the port where the controller listens', () => {
  const [port] = (answering[1] as { spec: { ports: { targetPort: number }[] } }).spec.ports;
  const ports = controller.spec!.template.spec!.containers[0]!.ports!;
  expect(ports).toContainEqual({ name: 'webhook-server', containerPort: port?.targetPort });
});

test('the interfaces that are left out are given as a list of expressions', () => {
  const { announcedInterfacesToExclude: patterns } = load(excluded.data!['excludel2.yaml']!) as {
    announcedInterfacesToExclude: string[];
  };
  const left = (name: string): boolean => patterns.some((text) => new RegExp(text).test(name));

  expect(['lo', 'docker0', 'veth12', 'cali3', 'cni0', 'kube-ipvs0', 'tunl0'].every(left)).toBe(
    true,
  );
  expect(['eth0', 'enslow0', 'bond0', 'eno1', 'br0'].some(left)).toBe(false);
});

test('the Prometheus operator is told of both components, and may look for them', () => {
  expect(objectsOf('overlays/prometheus/prometheus-operator.yaml')).toEqual([
    ...monitor('controller'),
    ...monitor('speaker'),
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: named('prometheus-k8s'),
      rules: [
        {
          apiGroups: [''],
          resources: ['pods', 'services', 'endpoints'],
          verbs: ['get', 'list', 'watch'],
        },
      ],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: named('prometheus-k8s'),
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'prometheus-k8s' },
      subjects: [{ kind: 'ServiceAccount', name: 'prometheus-k8s', namespace: 'monitoring' }],
    },
  ]);
});

test('the kustomization shows how to take the images of the install from another registry', () => {
  const [whole] = parseAll(textOf('kustomization.yaml').replaceAll(/^# (?=images:| {2})/gm, ''));
  const { images } = whole as { images: { name: string; newName: string; newTag: string }[] };

  expect(images.map(({ name, newTag }) => `${name}:${newTag}`)).toEqual(
    [controller, speaker].map((workload) => containerOf(workload).image),
  );
  for (const { name, newName } of images) expect(newName).toMatch(new RegExp(`.+/${name}$`));
});

describe('the programs take the arguments and the environment of the manifest', () => {
  const [deployment] = objectsOf('core/controller.yaml') as [Deployment];
  const [, daemonSet] = objectsOf('core/speaker.yaml') as [ConfigMap, DaemonSet];
  const [frrDeployment, frrDaemonSet] = objectsOf('overlays/frr/bgp-type.yaml') as [
    Deployment,
    DaemonSet,
  ];

  test.each([
    ['native', {}],
    ['frr', environmentOf(frrDeployment)],
  ])('the controller behaves as that of v0.13 in %s mode, with the webhook', (mode, more) => {
    const environment = { ...environmentOf(deployment), ...more };

    expect(controllerOptions(containerOf(deployment).args!, { ...IN, environment })).toMatchObject({
      kind: 'options',
      options: {
        ...{ port: 7472, config: 'config', logLevel: 'info', compat: 'v0.13', mode },
        source: { kind: 'auto' },
        mlSecretName: daemonSet.spec!.template.spec!.volumes![0]!.secret!.secretName,
        deployment: deployment.metadata!.name,
        webhook: {
          mode: 'enabled',
          certDir: containerOf(deployment).volumeMounts![0]!.mountPath,
          certServiceName: 'webhook-service',
          rotate: true,
        },
      },
    });
  });

  test.each([
    ['native', {}],
    ['frr', environmentOf(frrDaemonSet)],
  ])('the speaker behaves as that of v0.13 in %s mode, with the key of the mount', (mode, more) => {
    const environment = { ...environmentOf(daemonSet), ...more };
    const folders: string[] = [];
    const mountedKey = (folder: string): string => {
      folders.push(folder);
      return 'a key';
    };

    const read = speakerOptions(containerOf(daemonSet).args!, { ...IN, environment, mountedKey });

    expect(read).toMatchObject({
      kind: 'options',
      options: {
        ...{ port: 7472, logLevel: 'info', compat: 'v0.13', mode, source: { kind: 'auto' } },
        memberlist: { bindAddress: '192.0.2.11', bindPort: 7946 },
      },
    });
    expect(folders).toEqual([containerOf(daemonSet).volumeMounts![0]!.mountPath]);
  });

  test('without the webhook nobody serves one', () => {
    const [{ value }] = objectsOf('overlays/no-webhook/mode.yaml')[0] as [{ value: string }];
    const args = [...containerOf(deployment).args!, value];

    expect(controllerOptions(args, { ...IN, environment: {} })).toMatchObject({
      kind: 'options',
      options: { webhook: { mode: 'disabled' } },
    });
  });
});

function definitionsIn(folder: string): Record<string, string> {
  const files = readdirSync(folder).filter((file) => file !== 'kustomization.yaml');
  return Object.fromEntries(files.map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
}

function containerOf({ spec }: DaemonSet | Deployment) {
  return spec!.template.spec!.containers[0]!;
}

function monitor(component: string): readonly object[] {
  const name = `${component}-monitor-service`;
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'metallb-system', labels: { app: 'metallb', name } },
      spec: {
        clusterIP: 'None',
        selector: { app: 'metallb', component },
        ports: [{ name: 'metrics', port: 7472, protocol: 'TCP', targetPort: 7472 }],
      },
    },
    {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'ServiceMonitor',
      metadata: {
        name: `${component}-monitor`,
        namespace: 'metallb-system',
        labels: { app: 'metallb', component },
      },
      spec: {
        selector: { matchLabels: { name } },
        namespaceSelector: { matchNames: ['metallb-system'] },
        endpoints: [{ port: 'metrics', honorLabels: true }],
      },
    },
  ];
}

function named(name: string): object {
  return { name, namespace: 'metallb-system', labels: { app: 'metallb' } };
}
