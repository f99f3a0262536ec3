import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DaemonSet } from 'kubernetes-types/apps/v1.d.ts';
import type { Pod } from 'kubernetes-types/core/v1.d.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  GATEWAY,
  Lan,
  type RunningProgram,
  Services,
  createNode,
  eventually,
  startControllerPod,
  startSpeakerPod,
} from '../cluster/index.ts';
import {
  FRR,
  type Installed,
  MANIFESTS,
  NATIVE,
  files,
  freshInstalls,
  installed,
  original,
  ownCluster,
} from './installed.ts';

const POD_MONITOR = 'test/fixtures/manifests/pod-monitor.yaml';

let native: Installed['objects'];
let frr: Installed['objects'];

beforeAll(async () => {
  ({ native, frr } = await freshInstalls());
});

describe('on an empty cluster', () => {
  const cluster = ownCluster();

  test('every file is taken, whether kubectl or the server applies it', async () => {
    const { kubectl } = cluster;
    await kubectl.must('create', '-f', POD_MONITOR);
    await kubectl.must('wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s');
    await kubectl.must('create', 'namespace', 'metallb-system');
    const objects = ['namespace', 'metallb', 'metallb-frr', 'pod-security-policies'];
    const examples = ['example-config', 'example-layer2-config', 'example-bgp-config'];
    for (const name of [...objects, ...examples, 'prometheus-operator']) {
      for (const how of [[], ['--server-side', '--force-conflicts']]) {
        const line = ['apply', '--dry-run=server', ...how, ...files(name)];
        const { code, complaint } = await kubectl.run(...line);
        expect({ line, code, complaint }).toMatchObject({ line, code: 0 });
      }
    }
  });
});

describe('an install', () => {
  const cluster = ownCluster();

  beforeAll(async () => {
    await cluster.kubectl.must('apply', ...NATIVE);
  });

  test('is made by one command, and the same command again changes nothing', async () => {
    expect((await installed(cluster.kubectl)).objects).toEqual(native);

    const again = await cluster.kubectl.must('apply', ...NATIVE);

    expect(again).toHaveLength(Object.keys(native).length);
    for (const line of again) expect(line).toMatch(/ unchanged$/);
  });

  test('is what the kustomization asks for', async () => {
    const lines = await cluster.kubectl.must('apply', '-k', MANIFESTS);

    expect(lines).toHaveLength(Object.keys(native).length);
    for (const line of lines) expect(line).toMatch(/ unchanged$/);
  });

  test('changes into FRR mode and back in place, by files or by a kustomization', async () => {
    const { kubectl } = cluster;
    const { uids } = await installed(kubectl);
    const other = kustomization((text) => text.replace('- metallb.yaml', '- metallb-frr.yaml'));
    for (const into of [FRR, ['-k', other]]) {
      await kubectl.must('apply', ...into);
      expect(await installed(kubectl)).toEqual({ uids, objects: frr });

      await kubectl.must('apply', ...NATIVE);
      expect(await installed(kubectl)).toEqual({ uids, objects: native });
    }
  });

  test('takes its images from another registry if the kustomization says so', async () => {
    const folder = kustomization((text) => text.replaceAll(/^# (?=images:| )/gm, ''));

    const lines = await cluster.kubectl.must('kustomize', folder);

    const images = lines.filter((line) => line.includes(' image: ')).map((line) => line.trim());
    expect(images).toEqual([
      'image: your-registry/metal-lb/controller:v0.1.0',
      'image: your-registry/metal-lb/speaker:v0.1.0',
    ]);
  });

  test('can have the objects of the Prometheus operator added, and again', async () => {
    const { kubectl } = cluster;
    await kubectl.must('create', '-f', POD_MONITOR);
    await kubectl.must('wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s');

    const first = await kubectl.must('apply', ...files('prometheus-operator'));
    const again = await kubectl.must('apply', ...files('prometheus-operator'));

    expect(first).toHaveLength(4);
    for (const line of first) expect(line).toMatch(/ created$/);
    for (const line of again) expect(line).toMatch(/ unchanged$/);
    const prometheus = 'system:serviceaccount:monitoring:prometheus-k8s';
    await expectRights(prometheus, { 'list pods': true, 'list secrets': false });
    await kubectl.must('delete', ...files('prometheus-operator'));
  });

  test('gives the controller the rights that it had, and no more', async () => {
    await expectRights('system:serviceaccount:metallb-system:controller', {
      'watch services -n shop': true,
      'update services --subresource=status -n shop': true,
      'create events -n shop': true,
      'patch events -n shop': true,
      'watch configmaps': true,
      'create secrets': true,
      'list secrets/memberlist': true,
      'get deployments.apps/controller': true,
      'create selfsubjectaccessreviews.authorization.k8s.io': true,
      'update services -n shop': false,
      'get configmaps -n shop': false,
      'list secrets': false,
      'list pods': false,
    });
  });

  test('gives the speaker the rights that it had, and no more', async () => {
    await expectRights('system:serviceaccount:metallb-system:speaker', {
      'watch services -n shop': true,
      'watch endpoints -n shop': true,
      'watch endpointslices.discovery.k8s.io -n shop': true,
      'watch nodes': true,
      'create events -n shop': true,
      'patch events -n shop': true,
      'watch configmaps': true,
      'list pods': true,
      'create selfsubjectaccessreviews.authorization.k8s.io': true,
      'update services --subresource=status -n shop': false,
      'watch pods': false,
      'list secrets': false,
    });
  });

  /** A copy of our folder with another kustomization. */
  function kustomization(change: (text: string) => string): string {
    const folder = mkdtempSync(join(cluster.plane.dir, 'kustomization-'));
    cpSync(MANIFESTS, folder, { recursive: true });
    const file = join(folder, 'kustomization.yaml');
    const text = readFileSync(file, 'utf8');
    const changed = change(text);
    expect(changed).not.toBe(text);
    writeFileSync(file, changed);
    return folder;
  }

  /** @param expected - the answers of `kubectl auth can-i`, in metallb-system unless another namespace is named */
  async function expectRights(
    user: string,
    expected: Readonly<Record<string, boolean>>,
  ): Promise<void> {
    const as = [`--as=${user}`, '--as-group=system:authenticated'];
    const found: Record<string, boolean> = {};
    for (const question of Object.keys(expected)) {
      const scope = question.includes(' -n ') ? [] : ['-n', 'metallb-system'];
      const line = ['auth', 'can-i', ...question.split(' '), ...scope, ...as];
      found[question] = (await cluster.kubectl.run(...line)).code === 0;
    }
    expect(found).toEqual(expected);
  }
});

describe.each([
  ['native', NATIVE],
  ['FRR', FRR],
])('in %s mode', (_mode, manifests) => {
  const cluster = ownCluster({ address: GATEWAY, audit: true });
  const running: RunningProgram[] = [];
  let lan: Lan;

  beforeAll(async () => {
    lan = new Lan();
    await cluster.kubectl.must('apply', ...manifests, ...files('example-config'));
  });

  afterAll(async () => {
    for (const program of running) await program.stop();
    lan.close();
  });

  test('both programs start from their manifests, take the example and never exceed their rights', async () => {
    const { plane } = cluster;
    const node = lan.add({ name: 'n1', number: 11 });
    await createNode(plane.admin, node.name, node.address);
    running.push(await startControllerPod(plane));
    const secret = '/api/v1/namespaces/metallb-system/secrets/memberlist';
    await eventually('the Secret is there', async () => plane.admin.find(secret));
    running.push(await startSpeakerPod(plane, node));

    for (const program of running) {
      const loaded = 'metallb_k8s_client_config_loaded_bool';
      await eventually('it has loaded the example', async () => {
        return (await program.metrics()).get(loaded) === 1 || undefined;
      });
    }

    const services = new Services(plane.admin);
    await services.create('web');
    expect(await services.assigned('web')).toEqual(['192.0.2.128']);
    const refused = plane.audit().filter(({ responseStatus }) => responseStatus?.code === 403);
    expect(refused.map(({ verb, requestURI }) => `${verb} ${requestURI}`)).toEqual([]);
  });
});

describe('on a server that knows no PodSecurityPolicy', () => {
  const cluster = ownCluster({ flags: ['--runtime-config=policy/v1beta1=false'] });

  test('the original is refused, ours is taken', async () => {
    const { kubectl } = cluster;
    const refused = await kubectl.run('apply', ...original('v0.12.1'));
    expect(refused.code).toBe(1);
    expect(refused.complaint).toContain('no matches for kind "PodSecurityPolicy"');

    await kubectl.must('apply', ...NATIVE);

    expect((await installed(kubectl)).objects).toEqual(native);
  });
});

describe('on a server that admits pods by PodSecurityPolicy', () => {
  // Nobody here makes the tokens that the other plug-in waits for.
  const cluster = ownCluster({
    flags: [
      '--enable-admission-plugins=PodSecurityPolicy',
      '--disable-admission-plugins=ServiceAccount',
    ],
  });

  beforeAll(async () => {
    const { kubectl } = cluster;
    await kubectl.must('apply', ...NATIVE);
    await kubectl.must('create', 'serviceaccount', '-n', 'kube-system', 'maker');
    await kubectl.must('create', 'clusterrole', 'maker', '--verb=create', '--resource=pods');
    const to = ['--clusterrole=maker', '--serviceaccount=kube-system:maker'];
    await kubectl.must('create', 'clusterrolebinding', 'maker', ...to);
  });

  test('the pods are let in once the policies are there, each by its own', async () => {
    const names = ['controller', 'speaker'] as const;
    for (const name of names) {
      expect(await tryPod(name)).toMatchObject({
        status: 403,
        body: { message: expect.stringContaining('PodSecurityPolicy: ') as string },
      });
    }

    await cluster.kubectl.must('apply', ...files('pod-security-policies'));

    for (const name of names) {
      const pod = await eventually('the server knows of the policies', async () => {
        const { status, body } = await tryPod(name);
        return status === 201 ? body : undefined;
      });
      expect(pod).toMatchObject({ metadata: { annotations: { 'kubernetes.io/psp': name } } });
    }
  });

  /** Asks for the pod of a workload, as an account that may make pods and use no policy itself. */
  async function tryPod(name: 'controller' | 'speaker') {
    const { kubectl, plane } = cluster;
    const kind = name === 'speaker' ? 'daemonset' : 'deployment';
    const [workload] = await kubectl.get<DaemonSet>('-n', 'metallb-system', kind, name);
    const { metadata, spec } = workload!.spec!.template;
    const pod: Pod = {
      ...{ apiVersion: 'v1', kind: 'Pod' },
      metadata: { ...metadata, name },
      spec: spec!,
    };
    const client = plane.client(await plane.token('kube-system', 'maker'));
    try {
      return await client.request('POST', '/api/v1/namespaces/metallb-system/pods?dryRun=All', pod);
    } finally {
      client.close();
    }
  }
});
