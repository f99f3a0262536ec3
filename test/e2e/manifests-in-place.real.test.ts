import { beforeAll, describe, expect, test } from 'vitest';
import type { Kubectl } from '../cluster/index.ts';
import {
  FRR,
  type Installed,
  NATIVE,
  files,
  freshInstalls,
  installed,
  original,
  ownCluster,
} from './installed.ts';

let native: Installed['objects'];
let frr: Installed['objects'];

beforeAll(async () => {
  ({ native, frr } = await freshInstalls());
});

describe.each([
  ['v0.10.3', 'apply'],
  ['v0.11.0', 'apply'],
  ['v0.12.1', 'apply'],
  ['v0.12.1', 'create'],
])('over MetalLB %s, installed by kubectl %s', (release, how) => {
  const cluster = ownCluster();
  let before: Installed;

  beforeAll(async () => {
    await cluster.kubectl.must(how, ...original(release));
    before = await installed(cluster.kubectl);
  });

  test('one command replaces no object, and leaves nothing over but the policies', async () => {
    const { kubectl } = cluster;
    const belongings = await addBelongings(kubectl);

    await kubectl.must('apply', ...NATIVE);

    const after = await installed(kubectl);
    expect(after.uids).toEqual(before.uids);
    expect(after.objects).toEqual({ ...native, ...policiesOf(before) });
    expect(await belongingsOf(kubectl)).toEqual(belongings);
    for (const line of await kubectl.must('apply', ...NATIVE)) expect(line).toMatch(/ unchanged$/);
  });

  test('our policies are those that the install brought', async () => {
    const { kubectl } = cluster;
    await kubectl.must('apply', ...NATIVE);

    await kubectl.must('apply', ...files('pod-security-policies'));

    const objects = { ...native, ...policiesOf(before) };
    expect(await installed(kubectl)).toEqual({ uids: before.uids, objects });
  });

  test('going back is applying the old file', async () => {
    const { kubectl } = cluster;
    await kubectl.must('apply', ...NATIVE);
    expect(await installed(kubectl)).not.toEqual(before);

    await kubectl.must('apply', ...original(release));

    expect(await installed(kubectl)).toEqual(before);
  });
});

describe('over MetalLB v0.12.1 in FRR mode', () => {
  const cluster = ownCluster();
  let before: Installed;

  beforeAll(async () => {
    await cluster.kubectl.must('apply', ...original('v0.12.1', 'v0.12.1-frr'));
    before = await installed(cluster.kubectl);
  });

  test('one command replaces no object, and leaves nothing of FRR but its ConfigMap', async () => {
    await cluster.kubectl.must('apply', ...FRR);

    const after = await installed(cluster.kubectl);
    expect(after.uids).toEqual(before.uids);
    expect(after.objects).toEqual({ ...frr, ...policiesOf(before), ...startupOf(before) });
  });

  test('native mode is entered by the native file', async () => {
    await cluster.kubectl.must('apply', ...NATIVE);

    const after = await installed(cluster.kubectl);
    expect(after.objects).toEqual({ ...native, ...policiesOf(before), ...startupOf(before) });
  });

  test('going back is applying the old files', async () => {
    await cluster.kubectl.must('apply', ...FRR);

    await cluster.kubectl.must('apply', ...original('v0.12.1', 'v0.12.1-frr'));

    expect(await installed(cluster.kubectl)).toEqual(before);
  });
});

describe('over MetalLB v0.12.1 in FRR mode, installed by kubectl create', () => {
  const cluster = ownCluster();

  test('replacing takes away in place the containers that applying keeps', async () => {
    const { kubectl } = cluster;
    await kubectl.must('create', ...original('v0.12.1'));
    await kubectl.must('delete', '-n', 'metallb-system', 'daemonset', 'speaker');
    await kubectl.must('create', ...original('v0.12.1-frr'));
    const before = await installed(kubectl);

    await kubectl.must('apply', ...FRR);
    const kept = (await installed(kubectl)).objects['DaemonSet speaker'];
    expect(JSON.stringify(kept)).toContain('SYS_ADMIN');

    await kubectl.must('replace', '--save-config', ...files('metallb-frr'));

    const after = await installed(kubectl);
    expect(after.uids).toEqual(before.uids);
    expect(after.objects).toEqual({ ...frr, ...policiesOf(before), ...startupOf(before) });
    for (const line of await kubectl.must('apply', ...FRR)) expect(line).toMatch(/ unchanged$/);
  });
});

function policiesOf({ objects }: Installed): Installed['objects'] {
  const policies = Object.entries(objects).filter(([key]) => key.startsWith('PodSecurityPolicy '));
  expect(policies).toHaveLength(2);
  return Object.fromEntries(policies);
}

function startupOf({ objects }: Installed): Installed['objects'] {
  const key = 'ConfigMap frr-startup';
  const startup = objects[key];
  expect(startup).toBeDefined();
  return { [key]: startup! };
}

/** Gives an install what it has besides its manifest. */
async function addBelongings(kubectl: Kubectl): Promise<readonly string[]> {
  const secret = ['secret', 'generic', 'memberlist', '--from-literal=secretkey=0123456789abcdef'];
  await kubectl.must('create', '-n', 'metallb-system', ...secret);
  await kubectl.must('create', ...files('example-layer2-config'));
  return await belongingsOf(kubectl);
}

/** Each with its version, which any write changes. */
async function belongingsOf(kubectl: Kubectl): Promise<readonly string[]> {
  const objects = ['secret/memberlist', 'configmap/config'];
  const versions =
    '-o=jsonpath={range .items[*]}{.metadata.uid} {.metadata.resourceVersion}{"\\n"}';
  const lines = await kubectl.must('get', '-n', 'metallb-system', ...objects, `${versions}{end}`);
  expect(lines).toHaveLength(2);
  return lines;
}
