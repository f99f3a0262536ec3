import { readFileSync } from 'node:fs';
import { loadAll } from 'js-yaml';
import type { DaemonSet, Deployment } from 'kubernetes-types/apps/v1.d.ts';
import type { Container, PodSpec } from 'kubernetes-types/core/v1.d.ts';
import { describe, expect, test } from 'vitest';

/** The installs that programs are started from here say what legacy.md §8.1 says of each release. */

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

interface Manifest {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly rules?: readonly Rule[];
  readonly spec?: Readonly<Record<string, unknown>>;
}

const RELEASES = ['v0.10.3', 'v0.11.0', 'v0.12.1'] as const;
type Release = (typeof RELEASES)[number];

function read(release: Release): readonly Manifest[] {
  return loadAll(
    readFileSync(`test/fixtures/manifests/${release}.yaml`, 'utf8'),
  ) as unknown as Manifest[];
}

function one(release: Release, kind: string, name: string): Manifest {
  const found = read(release).find(
    (object) => object.kind === kind && object.metadata.name === name,
  );
  if (found === undefined) throw new Error(`${release} has no ${kind} ${name}`);
  return found;
}

function podOf(release: Release, kind: string, name: string): PodSpec {
  const { spec } = one(release, kind, name) as unknown as DaemonSet | Deployment;
  const pod = spec?.template.spec;
  if (pod === undefined) throw new Error(`${name} has no pods`);
  return pod;
}

function containerOf(release: Release, kind: string, name: string): Container {
  const [container] = podOf(release, kind, name).containers;
  if (container === undefined) throw new Error(`${name} has no container`);
  return container;
}

/** `group/resource[name] verbs` of every rule. */
function granted(release: Release, kind: string, name: string): string[] {
  const { rules = [] } = one(release, kind, name);
  return rules.flatMap(({ apiGroups, resources, resourceNames, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.map((resource) => {
        const named = resourceNames === undefined ? '' : `[${resourceNames.join()}]`;
        return `${group}/${resource}${named} ${verbs.join()}`;
      }),
    ),
  );
}

const LABELS = { app: 'metallb' };
const PROBE = {
  httpGet: { path: '/metrics', port: 'monitoring' },
  initialDelaySeconds: 10,
  periodSeconds: 10,
  timeoutSeconds: 1,
  successThreshold: 1,
  failureThreshold: 3,
};

describe.each(RELEASES)('the objects of %s', (release) => {
  test('are these, each labelled, in the namespace unless they know none', () => {
    const names = read(release).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(names.toSorted()).toEqual([
      'ClusterRole metallb-system:controller',
      'ClusterRole metallb-system:speaker',
      'ClusterRoleBinding metallb-system:controller',
      'ClusterRoleBinding metallb-system:speaker',
      'DaemonSet speaker',
      'Deployment controller',
      'Namespace metallb-system',
      'PodSecurityPolicy controller',
      'PodSecurityPolicy speaker',
      'Role config-watcher',
      'Role controller',
      'Role pod-lister',
      'RoleBinding config-watcher',
      'RoleBinding controller',
      'RoleBinding pod-lister',
      'ServiceAccount controller',
      'ServiceAccount speaker',
    ]);
    for (const { kind, metadata } of read(release)) {
      expect(metadata.labels).toMatchObject(LABELS);
      const meaningless =
        release === 'v0.10.3' && kind === 'PodSecurityPolicy' && metadata.name === 'speaker';
      const clusterWide = /^(Cluster|Namespace$|PodSecurityPolicy$)/.test(kind) && !meaningless;
      expect(metadata.namespace).toBe(clusterWide ? undefined : 'metallb-system');
    }
  });

  test('grant this and no more', () => {
    expect(granted(release, 'ClusterRole', 'metallb-system:controller')).toEqual([
      '/services get,list,watch',
      '/services/status update',
      '/events create,patch',
      'policy/podsecuritypolicies[controller] use',
    ]);
    expect(granted(release, 'ClusterRole', 'metallb-system:speaker')).toEqual([
      '/services get,list,watch',
      '/endpoints get,list,watch',
      '/nodes get,list,watch',
      'discovery.k8s.io/endpointslices get,list,watch',
      '/events create,patch',
      'policy/podsecuritypolicies[speaker] use',
    ]);
    expect(granted(release, 'Role', 'config-watcher')).toEqual(['/configmaps get,list,watch']);
    expect(granted(release, 'Role', 'pod-lister')).toEqual(['/pods list']);
    expect(granted(release, 'Role', 'controller')).toEqual([
      '/secrets create',
      '/secrets[memberlist] list',
      'apps/deployments[controller] get',
    ]);
  });

  test('confine pods by policies', () => {
    expect(one(release, 'PodSecurityPolicy', 'controller').spec).toMatchObject({
      allowPrivilegeEscalation: false,
      hostNetwork: false,
      hostPID: false,
      hostIPC: false,
      readOnlyRootFilesystem: true,
      requiredDropCapabilities: ['ALL'],
      runAsUser: { rule: 'MustRunAs', ranges: [{ min: 1, max: 65535 }] },
      fsGroup: { rule: 'MustRunAs', ranges: [{ min: 1, max: 65535 }] },
      supplementalGroups: { rule: 'MustRunAs', ranges: [{ min: 1, max: 65535 }] },
      volumes: ['configMap', 'secret', 'emptyDir'],
    });
    expect(one(release, 'PodSecurityPolicy', 'speaker').spec).toMatchObject({
      privileged: true,
      allowPrivilegeEscalation: false,
      allowedCapabilities: ['NET_RAW'],
      requiredDropCapabilities: ['ALL'],
      hostNetwork: true,
      hostPorts: [
        { min: 7472, max: 7472 },
        { min: 7946, max: 7946 },
      ],
      readOnlyRootFilesystem: true,
      volumes: ['configMap', 'secret', 'emptyDir'],
    });
  });

  test('start the programs with the arguments of the release', () => {
    const logLevel = release === 'v0.10.3' ? [] : ['--log-level=info'];
    const args = ['--port=7472', '--config=config', ...logLevel];
    expect(containerOf(release, 'DaemonSet', 'speaker').args).toEqual(args);
    expect(containerOf(release, 'Deployment', 'controller').args).toEqual(args);
  });

  test('give them this environment', () => {
    const field = (name: string, fieldPath: string): object => ({
      name,
      valueFrom: { fieldRef: { fieldPath } },
    });
    expect(containerOf(release, 'DaemonSet', 'speaker').env).toEqual([
      field('METALLB_NODE_NAME', 'spec.nodeName'),
      field('METALLB_HOST', 'status.hostIP'),
      field('METALLB_ML_BIND_ADDR', 'status.podIP'),
      { name: 'METALLB_ML_LABELS', value: 'app=metallb,component=speaker' },
      {
        name: 'METALLB_ML_SECRET_KEY',
        valueFrom: { secretKeyRef: { name: 'memberlist', key: 'secretkey' } },
      },
    ]);
    expect(containerOf(release, 'Deployment', 'controller').env).toEqual([
      { name: 'METALLB_ML_SECRET_NAME', value: 'memberlist' },
      { name: 'METALLB_DEPLOYMENT', value: 'controller' },
    ]);
  });

  test('probe them from v0.12 on', () => {
    const probes = release === 'v0.12.1' ? PROBE : undefined;
    for (const [kind, name] of [
      ['DaemonSet', 'speaker'],
      ['Deployment', 'controller'],
    ] as const) {
      const { livenessProbe, readinessProbe } = containerOf(release, kind, name);
      expect([livenessProbe, readinessProbe]).toEqual([probes, probes]);
    }
  });

  test('put the programs into these pods', () => {
    const annotations = { 'prometheus.io/port': '7472', 'prometheus.io/scrape': 'true' };
    for (const [kind, name] of [
      ['DaemonSet', 'speaker'],
      ['Deployment', 'controller'],
    ] as const) {
      const labels = { app: 'metallb', component: name };
      expect(one(release, kind, name).spec).toMatchObject({
        selector: { matchLabels: labels },
        template: { metadata: { labels, annotations } },
      });
      expect(podOf(release, kind, name).nodeSelector).toEqual({ 'kubernetes.io/os': 'linux' });
    }
    const speaker = podOf(release, 'DaemonSet', 'speaker');
    expect(speaker).toMatchObject({ hostNetwork: true, terminationGracePeriodSeconds: 2 });
    expect(speaker.tolerations).toEqual([
      { key: 'node-role.kubernetes.io/master', operator: 'Exists', effect: 'NoSchedule' },
    ]);
    expect(speaker.containers[0]?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { add: ['NET_RAW'], drop: ['ALL'] },
    });
    expect(speaker.containers[0]?.ports).toEqual([
      { name: 'monitoring', containerPort: 7472 },
      { name: 'memberlist-tcp', containerPort: 7946 },
      { name: 'memberlist-udp', containerPort: 7946, protocol: 'UDP' },
    ]);
    const controller = podOf(release, 'Deployment', 'controller');
    expect(controller.terminationGracePeriodSeconds).toBe(0);
    expect(controller.securityContext).toEqual({
      runAsNonRoot: true,
      runAsUser: 65534,
      fsGroup: 65534,
    });
    expect(controller.containers[0]?.ports).toEqual([{ name: 'monitoring', containerPort: 7472 }]);
    expect(controller.containers[0]?.securityContext?.capabilities).toEqual({ drop: ['all'] });
    expect(one(release, 'Deployment', 'controller').spec).toMatchObject({
      revisionHistoryLimit: 3,
    });
  });
});
