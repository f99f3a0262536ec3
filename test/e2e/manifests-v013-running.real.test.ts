import type { Secret } from 'kubernetes-types/core/v1.d.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cluster, NAMESPACE, Services, eventually, startCluster } from '../cluster/index.ts';
import { INSTALL, example, overlay } from './manifests-v013.ts';

describe.each([
  ['native', INSTALL, ['layer2']],
  ['frr', overlay('frr'), ['layer2', 'bgp', 'dual', 'community']],
] as const)('an install in %s mode', (_, install, examples) => {
  let cluster: Cluster;

  beforeAll(async () => {
    // This host has no kube-proxy: the API server must find the webhook's pod by itself.
    const flags = ['--enable-aggregator-routing=true'];
    cluster = await startCluster({ nodes: 2, audit: true, flags });
    await cluster.kubectl.must('apply', ...install);
    await cluster.podsReady(NAMESPACE, 'component=controller', 1);
    await cluster.podsReady(NAMESPACE, 'component=speaker', 2);
  });

  afterAll(async () => {
    await cluster.close();
  });

  test('takes the examples through its webhook, and gives their addresses', async () => {
    const { kubectl, plane } = cluster;
    await eventually('the webhook answers', async () => {
      const { code } = await kubectl.run('apply', ...examples.flatMap(example));
      return code === 0 || undefined;
    });
    const services = new Services(plane.admin);
    await services.create('web');

    await services.assigned('web', '192.0.2.128');

    const [key] = await kubectl.get<Secret>('-n', NAMESPACE, 'secret', 'memberlist');
    expect(Object.keys(key?.data ?? {})).toEqual(['secretkey']);
  });

  test('tells in the status what was given, and serves the versions that are converted', async () => {
    const { kubectl } = cluster;
    await eventually('the pool counts its addresses', async () => {
      const status = '-o=jsonpath={.status.assignedIPv4}';
      const [count] = await kubectl.must('get', '-n', NAMESPACE, 'ipaddresspool/default', status);
      return count === '1' || undefined;
    });
    for (const name of ['addresspools', 'bgppeers']) {
      const authority = '-o=jsonpath={.spec.conversion.webhook.clientConfig.caBundle}';
      const [found] = await kubectl.must('get', 'crd', `${name}.metallb.io`, authority);
      expect(found).toMatch(/^LS0tLS1CRUdJTi/);
    }
    const peers = await kubectl.run('get', '-n', NAMESPACE, 'bgppeers.v1beta1.metallb.io');
    expect(peers).toMatchObject({ code: 0 });
  });

  test('refuses what would be refused later', async () => {
    const { kubectl } = cluster;
    const pool = ['-n', NAMESPACE, 'ipaddresspool', 'default', '--type=json'];
    const patch = '[{"op":"add","path":"/spec/addresses/-","value":"192.0.2.300/32"}]';

    const { code, complaint } = await kubectl.run('patch', ...pool, '-p', patch);

    expect(code).toBe(1);
    expect(complaint).toContain('ipaddresspoolvalidationwebhook.metallb.io');
    expect(complaint).toContain('192.0.2.300/32');
  });

  test('keeps what the controller wrote when it is applied again', async () => {
    for (const line of await cluster.kubectl.must('apply', ...install)) {
      expect(line).toMatch(/ unchanged$/);
    }
  });

  test('was never forbidden anything', () => {
    const own = `system:serviceaccount:${NAMESPACE}:`;
    const refused = cluster.plane.audit().filter(({ responseStatus, user }) => {
      return responseStatus?.code === 403 && user.username.startsWith(own);
    });

    expect(refused.map(({ verb, requestURI }) => `${verb} ${requestURI}`)).toEqual([]);
  });
});
