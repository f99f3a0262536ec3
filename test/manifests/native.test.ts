import type { DaemonSet, Deployment } from 'kubernetes-types/apps/v1.d.ts';
import { describe, expect, test } from 'vitest';
import { controllerOptions, speakerOptions } from '../../src/runtime/bin/flags/index.ts';
import { environmentOf } from './environment.ts';
import { fileNames, objectsOf, parseAll, textOf } from './native-files.ts';
import { policies } from './native-policies.ts';
import { rights } from './native-rights.ts';
import { controller, speaker } from './native-workloads.ts';

const FILES = [
  'example-bgp-config.yaml',
  'example-config.yaml',
  'example-layer2-config.yaml',
  'kustomization.yaml',
  'metallb-frr.yaml',
  'metallb.yaml',
  'namespace.yaml',
  'pod-security-policies.yaml',
  'prometheus-operator.yaml',
];

test('the folder holds what an install needs and nothing else', () => {
  expect(fileNames()).toEqual(FILES);
});

test.each(FILES)('%s means the same to a reader of YAML 1.1 and of YAML 1.2', (file) => {
  const objects = objectsOf(file, '1.2');
  expect(objects.length).toBeGreaterThan(0);
  expect(objects).toEqual(objectsOf(file, '1.1'));
});

test('the namespace lets the speaker have the network of its node', () => {
  const level = 'pod-security.kubernetes.io';
  expect(objectsOf('namespace.yaml')).toEqual([
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: 'metallb-system',
        labels: {
          app: 'metallb',
          [`${level}/enforce`]: 'privileged',
          [`${level}/audit`]: 'privileged',
          [`${level}/warn`]: 'privileged',
        },
      },
    },
  ]);
});

test('the native install is the original, object by object and field by field', () => {
  expect(objectsOf('metallb.yaml')).toEqual([...rights, speaker, controller]);
});

test('the FRR install is the native one in FRR mode, without the containers of FRR', () => {
  const frr = structuredClone(speaker);
  const [container] = frr.spec!.template.spec!.containers;
  container!.env!.push({ name: 'METALLB_BGP_TYPE', value: 'frr' });
  expect(objectsOf('metallb-frr.yaml')).toEqual([...rights, frr, controller]);
});

test('every API of an install has been there since Kubernetes 1.9 and still is', () => {
  const used = [...objectsOf('metallb.yaml'), ...objectsOf('namespace.yaml')] as DaemonSet[];
  expect([...new Set(used.map(({ apiVersion }) => apiVersion))].sort()).toEqual([
    'apps/v1',
    'rbac.authorization.k8s.io/v1',
    'v1',
  ]);
});

test('the pod security policies are those of the original', () => {
  expect(objectsOf('pod-security-policies.yaml')).toEqual(policies);
});

test('the Prometheus operator is told of both components, and may look for their pods', () => {
  expect(objectsOf('prometheus-operator.yaml')).toEqual([
    podMonitor('controller'),
    podMonitor('speaker'),
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: monitoring(),
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: monitoring(),
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'Role',
        name: 'prometheus-k8s',
      },
      subjects: [{ kind: 'ServiceAccount', name: 'prometheus-k8s', namespace: 'monitoring' }],
    },
  ]);
});

describe('the kustomization', () => {
  test('is the install and its namespace', () => {
    expect(objectsOf('kustomization.yaml')).toEqual([
      {
        apiVersion: 'kustomize.config.k8s.io/v1beta1',
        kind: 'Kustomization',
        resources: ['metallb.yaml', 'namespace.yaml'],
      },
    ]);
  });

  test('shows how to take the images of the install from another registry', () => {
    const text = textOf('kustomization.yaml');
    const [whole] = parseAll(text.replaceAll(/^# (?=images:| )/gm, ''));
    const images = (whole as { images: { name: string; newName: string; newTag: string }[] })
      .images;

    expect(images.map(({ name, newTag }) => `${name}:${newTag}`)).toEqual(
      [controller, speaker].map((workload) => containerOf(workload).image),
    );
    for (const { name, newName } of images) expect(newName).toMatch(new RegExp(`.+/${name}$`));
  });
});

describe('the programs take the arguments and the environment of the manifest', () => {
  const [daemonSet, deployment] = objectsOf('metallb.yaml').slice(-2) as [DaemonSet, Deployment];
  const [frr] = objectsOf('metallb-frr.yaml').slice(-2) as [DaemonSet];

  test('the controller makes the Secret that the speakers wait for', () => {
    const { args, environment } = started(deployment);
    const line = controllerOptions(args, { environment, podNamespace: 'metallb-system' });
    const { secretKeyRef } = containerOf(daemonSet).env!.find(
      ({ name }) => name === 'METALLB_ML_SECRET_KEY',
    )!.valueFrom!;
    expect(line).toMatchObject({
      kind: 'options',
      options: {
        port: 7472,
        config: 'config',
        logLevel: 'info',
        mlSecretName: secretKeyRef?.name,
        deployment: deployment.metadata?.name,
      },
    });
  });

  test.each([
    ['native', daemonSet],
    ['frr', frr],
  ] as const)('the speaker runs in %s mode', (mode, workload) => {
    const { args, environment } = started(workload);
    expect(speakerOptions(args, { environment, podNamespace: 'metallb-system' })).toMatchObject({
      kind: 'options',
      options: {
        ...{ port: 7472, config: 'config', logLevel: 'info', mode },
        memberlist: { bindAddress: '192.0.2.11', bindPort: 7946 },
      },
    });
  });
});

function started(workload: DaemonSet | Deployment) {
  const { args = [] } = containerOf(workload);
  return { args, environment: environmentOf(workload) };
}

function containerOf({ spec }: DaemonSet | Deployment) {
  return spec!.template.spec!.containers[0]!;
}

function podMonitor(component: string): object {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PodMonitor',
    metadata: {
      name: `metallb-${component}`,
      namespace: 'metallb-system',
      labels: { app: 'metallb', component },
    },
    spec: {
      selector: { matchLabels: { component } },
      namespaceSelector: { matchNames: ['metallb-system'] },
      podMetricsEndpoints: [{ port: 'monitoring', path: '/metrics' }],
    },
  };
}

function monitoring(): object {
  return { name: 'prometheus-k8s', namespace: 'metallb-system', labels: { app: 'metallb' } };
}
