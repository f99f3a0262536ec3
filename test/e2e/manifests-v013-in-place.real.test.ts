import { beforeAll, describe, expect, test } from 'vitest';
import { Kubectl, startControlPlane } from '../cluster/index.ts';
import { type Installed, files, installed, original, ownCluster } from './installed.ts';
import { INSTALL, example, found, overlay, upstream } from './manifests-v013.ts';

type Objects = Installed['objects'];

/** What fresh installs ask for, native and in FRR mode, and what of them carries the label of the v0.12 install. */
let native: Objects;
let frr: Objects;
let labeled: Objects;

beforeAll(async () => {
  const plane = await startControlPlane();
  try {
    const kubectl = new Kubectl(plane);
    await kubectl.must('create', ...INSTALL);
    native = (await found(kubectl, ...INSTALL)).objects;
    labeled = (await installed(kubectl)).objects;
    await kubectl.must('apply', ...overlay('frr'));
    frr = (await found(kubectl, ...INSTALL)).objects;
  } finally {
    await plane.close();
  }
});

describe('over MetalLB v0.13.12', () => {
  const cluster = ownCluster();
  const old = upstream('v0.13.12');
  let before: Installed;

  beforeAll(async () => {
    const { kubectl } = cluster;
    await kubectl.must('apply', ...upstream());
    await kubectl.must('wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s');
    await kubectl.must('create', 'namespace', 'metallb-system', '--save-config');
    // Now, as nobody serves the webhook here.
    await kubectl.must('apply', ...example('layer2'));
    await kubectl.must('apply', ...old);
    before = await found(kubectl, ...old);
  });

  test('one command replaces no object, and leaves nothing over', async () => {
    const { kubectl } = cluster;
    const belongings = await addBelongings(kubectl);

    await kubectl.must('apply', ...INSTALL);

    expect(await found(kubectl, ...INSTALL)).toEqual({ uids: before.uids, objects: native });
    expect(await belongingsOf(kubectl)).toEqual(belongings);
    for (const line of await kubectl.must('apply', ...INSTALL)) expect(line).toMatch(/ unchanged$/);
  });

  test('going back is applying the old file', async () => {
    const { kubectl } = cluster;
    await kubectl.must('apply', ...INSTALL);
    expect(await found(kubectl, ...old)).not.toEqual(before);

    await kubectl.must('apply', ...old);

    expect(await found(kubectl, ...old)).toEqual(before);
  });
});

describe('over MetalLB v0.13.12 in FRR mode', () => {
  const cluster = ownCluster();
  const old = upstream('v0.13.12', 'v0.13.12-frr');
  let before: Installed;

  beforeAll(async () => {
    await cluster.kubectl.must('apply', ...old);
    before = await found(cluster.kubectl, ...old);
  });

  test('one command replaces no object, and leaves nothing of FRR but its ConfigMap', async () => {
    const { kubectl } = cluster;

    await kubectl.must('apply', ...overlay('frr'));

    const { 'ConfigMap frr-startup': startup, ...rest } = before.uids;
    expect(startup).toBeDefined();
    expect(await found(kubectl, ...INSTALL)).toEqual({ uids: rest, objects: frr });
    expect(JSON.stringify(frr)).not.toContain('frrouting');
  });

  test('going back is applying the old files', async () => {
    const { kubectl } = cluster;
    await kubectl.must('apply', ...overlay('frr'));

    await kubectl.must('apply', ...old);

    expect(await found(kubectl, ...old)).toEqual(before);
  });
});

describe('over MetalLB v0.12.1', () => {
  const cluster = ownCluster();
  let before: Installed;

  beforeAll(async () => {
    await cluster.kubectl.must('apply', ...original('v0.12.1'));
    await cluster.kubectl.must('create', ...files('example-layer2-config'));
    before = await installed(cluster.kubectl);
  });

  test('one command replaces no object, and leaves over what v0.13 has no use for', async () => {
    const { kubectl } = cluster;
    const config = await versionOf(kubectl, 'configmap/config');

    await kubectl.must('apply', ...INSTALL);

    const after = await installed(kubectl);
    const left = Object.keys(after.objects).filter((key) => !(key in labeled));
    expect(left.sort()).toEqual([
      'PodSecurityPolicy controller',
      'PodSecurityPolicy speaker',
      'Role config-watcher',
      'RoleBinding config-watcher',
    ]);
    expect(after.uids).toMatchObject(before.uids);
    expect(after.objects).toMatchObject(labeled);
    expect(await versionOf(kubectl, 'configmap/config')).toBe(config);
  });

  test('going back is applying the old file', async () => {
    const { kubectl } = cluster;
    await kubectl.must('apply', ...INSTALL);

    await kubectl.must('apply', ...original('v0.12.1'));

    const after = await installed(kubectl);
    expect(after.uids).toMatchObject(before.uids);
    expect(after.objects).toMatchObject(before.objects);
  });
});

/** Gives an install what its programs put into its Secrets. */
async function addBelongings(kubectl: Kubectl): Promise<readonly string[]> {
  const key = ['secret', 'generic', 'memberlist', '--from-literal=secretkey=0123456789abcdef'];
  await kubectl.must('create', '-n', 'metallb-system', ...key);
  const patch = JSON.stringify({ data: { 'ca.crt': 'Y2VydGlmaWNhdGU=' } });
  await kubectl.must('patch', '-n', 'metallb-system', 'secret', 'webhook-server-cert', '-p', patch);
  return await belongingsOf(kubectl);
}

/** What an install must not lose: the version of each object, which any write changes, or what is in it. */
async function belongingsOf(kubectl: Kubectl): Promise<readonly string[]> {
  const certificate = ['secret', 'webhook-server-cert', '-o=jsonpath={.data}'];
  return [
    await versionOf(kubectl, 'secret/memberlist'),
    await versionOf(kubectl, 'ipaddresspool/default'),
    await versionOf(kubectl, 'l2advertisement/default'),
    ...(await kubectl.must('get', '-n', 'metallb-system', ...certificate)),
  ];
}

async function versionOf(kubectl: Kubectl, name: string): Promise<string> {
  const version = '-o=jsonpath={.metadata.uid} {.metadata.resourceVersion}';
  return (await kubectl.must('get', '-n', 'metallb-system', name, version)).join();
}
