import { describe, expect, test } from 'vitest';
import {
  type Workloads,
  describeInstallation,
  installationOf,
} from '../../../src/migrate/cluster/installed.ts';
import type { Json } from '../../../src/runtime/kube/index.ts';

interface Given {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly image?: string;
  readonly args?: readonly string[];
  readonly env?: readonly Json[];
}

/** A workload as Helm names and labels it. */
function workload(role: 'controller' | 'speaker', given: Given = {}): Json {
  const labels = given.labels ?? {
    'app.kubernetes.io/name': 'metallb',
    'app.kubernetes.io/component': role,
  };
  const { image = `quay.io/metallb/${role}:v0.12.1`, args = [], env = [] } = given;
  const containers = [
    { name: 'proxy', image: 'proxy:1' },
    { name: role, image, args, env },
  ];
  const template = { metadata: { labels }, spec: { containers } };
  const metadata = { name: given.name ?? `lb-metallb-${role}` };
  return { metadata, spec: { selector: { matchLabels: labels }, template } };
}

function pod(nodeName: string, labels: Readonly<Record<string, string>>, ready = true): Json {
  return {
    metadata: { name: `speaker-${nodeName}`, labels },
    spec: { nodeName },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  };
}

function both(given: Given = {}, more: Partial<Workloads> = {}): Workloads {
  const [controller, speaker] = [workload('controller', given), workload('speaker', given)];
  return { deployments: [controller], daemonSets: [speaker], ...more };
}

describe('programs are found', () => {
  test('by the labels and names of a Helm release, beside other containers', () => {
    const found = installationOf(both());
    expect(found).toMatchObject({
      maker: 'original',
      compat: 'v0.12',
      source: 'configmap',
      controller: 'lb-metallb-controller',
      speaker: 'lb-metallb-speaker',
      doubts: [],
    });
    expect(describeInstallation(found)).toBe('MetalLB v0.12.1');
  });

  test('by their names where labels say nothing', () => {
    const found = installationOf(both({ labels: { app: 'lb' } }));
    expect([found.controller, found.speaker]).toEqual([
      'lb-metallb-controller',
      'lb-metallb-speaker',
    ]);
  });

  test('by our flags, whatever a mirror calls the image', () => {
    const image = 'mirror.example/team/lb@sha256:00';
    const found = installationOf(both({ image, args: ['--compat', 'v0.11'] }));
    expect(found).toMatchObject({ maker: 'ours', compat: 'v0.11', source: 'auto', version: '' });
  });

  test('by a tag of the original alone', () => {
    const found = installationOf(both({ image: 'mirror.example/lb:v0.10.3' }));
    expect(found).toMatchObject({ maker: 'original', compat: 'v0.10' });
  });

  test('of v0.13 and later reading resources', () => {
    const found = installationOf(both({ image: 'quay.io/metallb/controller:v0.14.5' }));
    expect(found).toMatchObject({ compat: 'v0.13', source: 'resources' });
  });

  test('nowhere in another namespace, which is said', () => {
    const found = installationOf({ deployments: [], daemonSets: [], pods: [] });
    expect(found).toMatchObject({ maker: 'none', speakerNodes: [] });
    expect(found.doubts).toEqual([expect.stringContaining('no controller and no speakers')]);
  });
});

describe('of their flags', () => {
  test('the last one counts, with its value after = or on its own', () => {
    const args = ['--config=one', '-config', 'two', '--lb-class=example.com/lb'];
    const found = installationOf(both({ args }));
    expect(found).toMatchObject({ configMap: 'two', lbClass: 'example.com/lb' });
  });

  test('those of the speakers that differ from the controller’s are doubted', () => {
    const found = installationOf({
      ...both(),
      daemonSets: [workload('speaker', { args: ['--config=other'] })],
    });
    expect(found.doubts).toEqual(['controller and speakers are started with different --config']);
  });

  test('images of two releases are doubted', () => {
    const older = workload('speaker', { image: 'quay.io/metallb/speaker:v0.11.0' });
    const found = installationOf({ ...both(), daemonSets: [older] });
    expect(found.doubts.join()).toContain('not of one release');
  });
});

test('FRR is what the speakers’ environment asks for, and v0.11 has none', () => {
  const env = [{ name: 'METALLB_BGP_TYPE', value: 'frr' }];
  expect(installationOf(both({ env })).mode).toBe('frr');
  expect(installationOf(both({ env, image: 'metallb/speaker:v0.11.0' })).mode).toBe('native');
});

test('the speakers’ nodes are those of ready Pods that the DaemonSet selects', () => {
  const labels = { 'app.kubernetes.io/name': 'metallb', 'app.kubernetes.io/component': 'speaker' };
  const pods = [pod('n2', labels), pod('n1', labels), pod('n3', labels, false), pod('n4', {})];
  expect(installationOf(both({}, { pods })).speakerNodes).toEqual(['n1', 'n2']);
  expect(installationOf(both()).speakerNodes).toBeUndefined();
});
