import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NAMESPACE, type RunningProgram } from '../../cluster/index.ts';
import { WebhookStage, pool, resource, said } from './stage.ts';

const PEER = { myASN: 64512, peerASN: 64513, peerAddress: '192.0.2.254' };
const CONFIG = 'address-pools:\n- name: a\n  protocol: layer2\n  addresses:\n  - 203.0.113.0/28\n';

let stage: WebhookStage;
let controller: RunningProgram;

beforeAll(async () => {
  stage = await WebhookStage.open({ folder: 'overlays/legacy-configmap-webhook' });
  controller = await (await stage.startController()).ready();
});

afterAll(async () => {
  await controller.stop();
  await stage.close();
});

async function names(kind: string): Promise<readonly string[]> {
  const objects = await stage.kubectl.get<{ metadata: { name: string } }>(kind, '-n', NAMESPACE);
  return objects.map(({ metadata }) => metadata.name);
}

describe('an operator who applies', () => {
  test('a good pool sees it stored, and is told what it still lacks', async () => {
    expect(await stage.apply(pool('harbor', '198.51.100.0/28'))).toBe(
      'Warning: no advertisement is for pool "harbor": its addresses are assigned and nobody announces them\n' +
        'ipaddresspool.metallb.io/harbor created',
    );
    expect(await stage.apply(resource('L2Advertisement', 'all', {}))).toBe(
      'l2advertisement.metallb.io/all created',
    );
  });

  test('a pool with a typo sees what is wrong in it, and where, and nothing is stored', async () => {
    expect(await stage.apply(pool('typo', '198.51.100.300/32'))).toMatch(
      /^Error from server \(Forbidden\): error when creating ".*": admission webhook "ipaddresspoolvalidationwebhook.metallb.io" denied the request: parsing address pool typo: invalid CIDR "198.51.100.300\/32" in pool "typo": invalid CIDR "198.51.100.300\/32" \(at spec.addresses\[0\]\)\n$/,
    );
    expect(await names('ipaddresspools')).not.toContain('typo');
  });

  test('a pool that overlaps with a stored one sees which', async () => {
    expect(await stage.apply(pool('again', '198.51.100.8/29'))).toContain(
      'CIDR "198.51.100.0/28" in pool "harbor" overlaps with already defined CIDR "198.51.100.8/29"',
    );
  });

  test('a resource in another namespace sees where it belongs', async () => {
    const stray = pool('stray', '203.0.113.128/28') as { metadata: object };
    const elsewhere = { ...stray, metadata: { name: 'stray', namespace: 'default' } };
    expect(await stage.apply(elsewhere)).toContain(
      'denied the request: resource must be created in metallb-system namespace',
    );
  });

  test('a peer before its Secret and its profile is told what it waits for', async () => {
    const peer = { ...PEER, bfdProfile: 'swift', passwordSecret: { name: 'spine-md5' } };
    const heard = await stage.apply(resource('BGPPeer', 'waiting', peer, 'v1beta2'));
    expect(heard).toContain('bgppeer.metallb.io/waiting created');
    expect(heard).toMatch(/Warning: not in force until .*secret ref not found/);
    expect(heard).toMatch(/Warning: not in force until .*non existing bfd profile swift/);
  });

  test('several objects at once sees each judged in the light of those before', async () => {
    const heard = await stage.apply(
      resource('Community', 'one', { communities: [{ name: 'quiet', value: '64512:1' }] }),
      resource('BGPAdvertisement', 'hush', { communities: ['quiet'], aggregationLength: 28 }),
      resource('BGPAdvertisement', 'wide', { aggregationLength: 24 }),
    );
    expect(heard).toContain('community.metallb.io/one created');
    expect(heard).toContain('bgpadvertisement.metallb.io/hush created');
    expect(heard).toMatch(/denied the request: invalid aggregation length 24: prefix 28/);
  });
});

test('a BFDProfile goes only when no peer uses it', async () => {
  const user = { ...PEER, peerAddress: '192.0.2.10', bfdProfile: 'used' };
  const applied = await stage.apply(
    resource('BFDProfile', 'used', {}),
    resource('BGPPeer', 'user', user, 'v1beta2'),
  );
  expect(applied).toContain('bgppeer.metallb.io/user created');
  const remove = async (...more: readonly string[]): Promise<string> => {
    const profile = ['bfdprofile', 'used', '-n', NAMESPACE];
    return (await stage.kubectl.run('delete', ...profile, ...more)).complaint;
  };
  expect(await remove('--dry-run=server')).toContain(
    'denied the request: failed to delete BFDProfile used, used by BGPPeer user',
  );
  await stage.kubectl.must('delete', 'bgppeer', 'user', '-n', NAMESPACE);
  expect(await remove()).toBe('');
});

describe('of two writes one right after the other', () => {
  const path = `/apis/metallb.io/v1beta1/namespaces/${NAMESPACE}/ipaddresspools`;
  const create = async (name: string, addresses: string): Promise<number> =>
    (await stage.plane.admin.request('POST', path, pool(name, addresses))).status;

  test('the second is refused where it is in the way of the first', async () => {
    for (let turn = 0; turn < 20; turn += 1) {
      expect(await create(`first-${turn}`, '198.51.100.64/28')).toBe(201);
      expect(await create(`second-${turn}`, '198.51.100.72/29')).toBe(403);
      await stage.plane.admin.request('DELETE', `${path}/first-${turn}`);
    }
  });

  test('a pool takes the place of one that was deleted', async () => {
    for (let turn = 0; turn < 20; turn += 1) {
      expect(await create(`turn-${turn}`, '198.51.100.128/28')).toBe(201);
      await stage.plane.admin.request('DELETE', `${path}/turn-${turn}`);
    }
  });
});

describe('conversion', () => {
  const peer = (...args: readonly string[]) =>
    stage.kubectl.get<{ apiVersion: string; spec: Record<string, unknown> }>(
      ...args,
      '-n',
      NAMESPACE,
    );

  test('a peer written in the old version is read in both', async () => {
    const selectors = [{ matchExpressions: [{ key: 'rack', operator: 'In', values: ['a'] }] }];
    const spec = { ...PEER, peerAddress: '192.0.2.11', nodeSelectors: selectors };
    expect(await stage.apply(resource('BGPPeer', 'old', spec))).toContain('old created');
    for (const version of ['v1beta1', 'v1beta2']) {
      const [found] = await peer(`bgppeers.${version}.metallb.io`, 'old');
      expect(found).toMatchObject({ apiVersion: `metallb.io/${version}`, spec });
    }
  });

  test('a peer edited through the old version keeps its password', async () => {
    const spec = { ...PEER, peerAddress: '192.0.2.12', passwordSecret: { name: 'md5' } };
    await stage.apply(resource('BGPPeer', 'kept', spec, 'v1beta2'));
    const path = `/apis/metallb.io/v1beta1/namespaces/${NAMESPACE}/bgppeers/kept`;
    const old = await stage.plane.admin.get<{ spec: object }>(path);
    expect(old.spec).not.toHaveProperty('passwordSecret');
    await stage.plane.admin.replace(path, { ...old, spec: { ...old.spec, peerPort: 1790 } });
    const [found] = await peer('bgppeers.v1beta2.metallb.io', 'kept');
    expect(found?.spec).toMatchObject({ passwordSecret: { name: 'md5' }, peerPort: 1790 });
  });

  test('an AddressPool of the oldest version is judged as any other', async () => {
    const spec = { protocol: 'layer2', addresses: ['203.0.113.64/28'] };
    const heard = await stage.apply(resource('AddressPool', 'oldest', spec, 'v1alpha1'));
    expect(heard).toContain('addresspool.metallb.io/oldest created');
    expect(heard).toContain('Warning: AddressPool is deprecated');
    const twice = { protocol: 'layer2', addresses: ['203.0.113.64/29'] };
    expect(await stage.apply(resource('AddressPool', 'twice', twice, 'v1alpha1'))).toContain(
      'overlaps with already defined CIDR',
    );
  });
});

describe('the legacy ConfigMap', () => {
  const configMap = (config: string, name = 'config') => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: NAMESPACE },
    data: { config },
  });

  test('with a typo is refused with its line and what was probably meant', async () => {
    expect(await stage.apply(configMap(CONFIG))).toBe('configmap/config created');
    const heard = await stage.apply(configMap(CONFIG.replace('addresses:', 'adresses:')));
    expect(heard).toContain('admission webhook "configmapvalidationwebhook.metallb.io" denied');
    expect(heard).toMatch(/key config of ConfigMap metallb-system\/config: line 4, column 3: /);
    expect(heard).toContain('did you mean "addresses"?');
    const [kept] = await stage.kubectl.get<{ data: object }>(
      'configmap',
      'config',
      '-n',
      NAMESPACE,
    );
    expect(kept?.data).toEqual({ config: CONFIG });
  });

  test('is the only one that is looked at', async () => {
    expect(await stage.apply(configMap('nonsense: [', 'other'))).toBe('configmap/other created');
  });
});

test('what was judged is counted, and the log names what was refused', async () => {
  const metrics = await controller.metrics();
  expect(metrics.get('metallb_webhook_ready_bool')).toBe(1);
  expect(
    metrics.get('metallb_webhook_reviews_total{kind="IPAddressPool",verdict="refused"}'),
  ).toBeGreaterThan(0);
  expect(metrics.get('metallb_webhook_conversions_total{outcome="converted"}')).toBeGreaterThan(0);
  const left = metrics.get('metallb_webhook_certificate_expiry_timestamp_seconds') ?? 0;
  expect(left - Date.now() / 1000).toBeGreaterThan(360 * 24 * 3600);
  expect(await said(controller, 'refused')).toMatchObject({ op: 'review', level: 'info' });
});
