import { describe, expect, test } from 'vitest';
import { CRDS } from '../../../src/config-crd/schema/index.ts';
import { ApiError, ConnectionError } from '../../../src/runtime/kube/index.ts';
import type { ClusterObject, ClusterObjects } from '../../support/cluster-objects.ts';
import { installedCluster, lbService, resource } from '../../support/installed-cluster.ts';
import { plan, report } from '../../support/plan-command.ts';

const TEAL = 'address-pools:\n- {name: teal, protocol: layer2, addresses: [192.0.2.0/28]}\n';

describe('what may not be read', () => {
  test('is told with what cannot be said for it', async () => {
    const cluster = installedCluster({ config: TEAL }, lbService('web', { ip: '192.0.2.0' }));
    cluster.forbidden.add('pods');
    const told = await report(cluster);
    expect(told.cluster.speakers).toBeNull();
    expect(told.remarks.join()).toContain('pods cannot be read, so which nodes have a speaker');
    expect(told.services[0]?.after.layer2?.unknown).toContain('not known');
  });

  test.each(['pods', 'nodes', 'endpoints'])(
    'leaves open whether another configuration moves anything: %s',
    async (what) => {
      const cluster = installedCluster({ config: TEAL }, lbService('web', { ip: '192.0.2.0' }));
      cluster.forbidden.add(what);
      const files = { 'new.yaml': TEAL.replace('/28', '/29') };
      const { code, printed } = await plan(cluster, ['new.yaml'], files);
      expect([code, printed[0]?.split('\n')[0]]).toEqual([
        2,
        `it cannot be told whether anything moves: ${what} cannot be read`,
      ]);
      expect((await plan(cluster, ['-o', 'html', 'new.yaml'], files)).printed[0]).not.toContain(
        'Every Service keeps',
      );
      expect((await plan(cluster)).code).toBe(0);
    },
  );

  test('is not taken for absent where it is the ConfigMap', async () => {
    const cluster = installedCluster({ config: TEAL }, lbService('web', { ip: '192.0.2.0' }));
    cluster.forbidden.add('configmaps');
    const files = { 'new.yaml': TEAL };
    for (const argv of [[], ['new.yaml'], ['--before', 'new.yaml']]) {
      const { code, complained, printed } = await plan(cluster, argv, files);
      expect([code, printed]).toEqual([2, []]);
      expect(complained[0]).toContain('ConfigMap metallb-system/config cannot be read');
    }
  });

  describe('where it is resources', () => {
    const hidden = (install: object = {}, more: readonly ClusterObject[] = []): ClusterObjects => {
      const web = lbService('web', { ip: '192.0.2.0' });
      const cluster = installedCluster({ config: TEAL, ...install }, [...web, ...more]);
      cluster.forbidden.add('ipaddresspools');
      return cluster;
    };
    const definition: ClusterObject = { ...CRDS.IPAddressPool };

    test('leaves open what programs that may read them have in force', async () => {
      const { code, complained } = await plan(hidden({}, [definition]));
      expect([code, complained[0]]).toEqual([2, expect.stringContaining('ipaddresspools')]);
    });

    test('leaves open what they and the new ones mean together', async () => {
      const cluster = hidden({ args: ['--config-source=configmap'] }, [definition]);
      const { code, printed } = await plan(cluster);
      expect([code, printed[0]]).toEqual([2, expect.stringContaining('it cannot be told')]);
      expect((await plan(cluster, ['--prune'])).code).toBe(0);
    });

    test('means nothing where their definition is not installed', async () => {
      expect((await plan(hidden())).code).toBe(0);
    });
  });

  test('leaves nothing to say where it is the Services', async () => {
    const cluster = installedCluster({ config: TEAL });
    cluster.forbidden.add('services');
    const { code, complained, printed } = await plan(cluster);
    expect([code, printed]).toEqual([2, []]);
    expect(complained).toEqual([expect.stringContaining('cannot read services: 403 Forbidden')]);
  });

  test('for want of an answer is one message, in JSON where that is asked for', async () => {
    const cluster = installedCluster({ config: TEAL });
    cluster.failure = new ConnectionError('no answer within 20 s');
    expect((await plan(cluster)).complained).toHaveLength(1);
    const { code, json } = await plan(cluster, ['-o', 'json']);
    expect(code).toBe(2);
    const [{ error }] = json() as [{ error: { reason: string; message: string } }];
    expect(error.reason).toBe('unreadable');
    expect(error.message).toContain('no answer within 20 s');
  });

  test('because the ConfigMap in force is refused asks for a file with what is', async () => {
    const cluster = installedCluster(
      { config: 'nonsense: 1' },
      lbService('web', { ip: '192.0.2.0' }),
    );
    const files = { 'old.yaml': TEAL, 'new.yaml': TEAL };
    const { code, complained } = await plan(cluster, ['new.yaml'], files);
    expect([code, complained[0]]).toEqual([2, expect.stringContaining('--before')]);
    expect((await plan(cluster, ['new.yaml', '--before', 'old.yaml'], files)).code).toBe(0);
  });
});

test('a namespace with nothing to convert is no plan that takes addresses away', async () => {
  const cluster = installedCluster({ config: TEAL }, lbService('web', { ip: '192.0.2.0' }));
  const { code, complained, printed } = await plan(cluster, ['-n', 'elsewhere']);
  expect([code, printed]).toEqual([2, []]);
  expect(complained[0]).toContain('there is no ConfigMap elsewhere/config');
});

test('without a ready speaker, who would announce what is left open', async () => {
  const cluster = installedCluster({ config: TEAL }, lbService('web', { ip: '192.0.2.0' }));
  const kept = cluster.objects.filter(({ kind }) => kind !== 'Pod');
  cluster.objects.splice(0, cluster.objects.length, ...kept);
  const files = { '-': TEAL.replace('layer2', 'bgp') };
  const { code, printed } = await plan(cluster, ['-'], files);
  expect([code, printed[0]]).toEqual([2, expect.stringContaining('no speaker is ready')]);
  expect(printed[0]).toContain('in standard input');
  expect((await plan(cluster)).code).toBe(0);
});

test('of peers that the API server has as v1beta1 the sessions are told', async () => {
  const spec = { myASN: 64500, peerASN: 64501, peerAddress: '203.0.113.9' };
  const pool = resource('IPAddressPool', 'teal', { addresses: ['192.0.2.0/28'] });
  const advertised = [pool, resource('BGPAdvertisement', 'all', {}, 'v1beta1')];
  const cluster = installedCluster({}, [
    ...advertised,
    resource('BGPPeer', 'tor', spec, 'v1beta1'),
    ...lbService('web', { ip: '192.0.2.0' }),
  ]);
  expect((await report(cluster)).services[0]?.after.routes).toHaveLength(1);
});

test('an answer that asks for rights is passed on in its own words', async () => {
  const cluster = installedCluster({ config: TEAL });
  cluster.failure = new ApiError(401, 'Unauthorized', 'log in first');
  expect((await plan(cluster)).complained[0]).toContain('401 Unauthorized: log in first');
});
