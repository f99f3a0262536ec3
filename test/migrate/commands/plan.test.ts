import { describe, expect, test } from 'vitest';
import type { PlanReport, ServicePlan } from '../../../src/migrate/planning/index.ts';
import type { ClusterObjects } from '../../support/cluster-objects.ts';
import {
  configMap,
  installedCluster,
  lbService,
  object,
  resource,
} from '../../support/installed-cluster.ts';
import { plan, report } from '../../support/plan-command.ts';

const POOL = 'metallb.universe.tf/address-pool';
const TEAL = 'address-pools:\n- {name: teal, protocol: layer2, addresses: [192.0.2.0/28]}\n';
const RED = '- {name: red, protocol: bgp, addresses: [198.51.100.0/24]}\n';
const RED_ONLY = `address-pools:\n${RED}`;
const PEERS = 'peers:\n- {my-asn: 64500, peer-asn: 64501, peer-address: 203.0.113.9}\n';

function of({ services }: PlanReport, name: string): ServicePlan | undefined {
  return services.find(({ service }) => service === `default/${name}`);
}

describe('the conversion of the cluster’s own ConfigMap', () => {
  const services = [
    ...lbService('web', { ip: '192.0.2.0' }),
    ...lbService('dns', { ip: '198.51.100.0', endpoints: ['n2'] }),
  ];
  const cluster = (): ClusterObjects => installedCluster({ config: PEERS + TEAL + RED }, services);

  test('moves nothing, says so in one line and exits with 0', async () => {
    const { code, printed } = await plan(cluster());
    expect(printed[0]?.split('\n')[0]).toBe('nothing moves: 2 Services stay as they are');
    expect(code).toBe(0);
  });

  test('only reads, in pages', async () => {
    const asked = cluster();
    await plan(asked);
    expect(asked.asked.filter((request) => !request.startsWith('GET '))).toEqual([]);
    expect(asked.asked).toContain('GET /api/v1/services limit=500');
  });

  test('lists definitions and resources to create', async () => {
    const { objects } = await report(cluster());
    const made = objects.filter(({ action }) => action === 'create');
    expect(made.filter(({ kind }) => kind === 'CustomResourceDefinition')).toHaveLength(7);
    expect(made.map(({ kind, name }) => `${kind} ${name}`)).toEqual(
      expect.arrayContaining([
        'IPAddressPool teal',
        'IPAddressPool red',
        'BGPPeer peer-203-0-113-9',
      ]),
    );
  });

  test('tells where each Service is announced from, and with which routes', async () => {
    const told = await report(cluster());
    expect(of(told, 'web')?.after.layer2?.node).toMatch(/^n[123]$/);
    expect(of(told, 'web')?.after.layer2).toEqual(of(told, 'web')?.before.layer2);
    const [route] = of(told, 'dns')?.after.routes ?? [];
    expect(route).toMatchObject({
      peer: '203.0.113.9:179',
      prefix: '198.51.100.0/32',
      nodes: ['n1', 'n2', 'n3'],
    });
  });

  test('of a pool that has to be called otherwise moves nothing, and names who asks for it', async () => {
    const config = TEAL.replace('teal', 'Old_Name');
    const asking = lbService('web', { ip: '192.0.2.0', annotations: { [POOL]: 'Old_Name' } });
    const told = await report(installedCluster({ config }, asking));
    expect(told.verdict.text).toBe('nothing moves: 1 Service stays as it is');
    expect(told.renames).toEqual([{ from: 'Old_Name', to: 'old-name' }]);
    expect(told.renamedRequests).toEqual([
      { service: 'default/web', annotation: POOL, from: 'Old_Name', to: 'old-name' },
    ]);
  });

  test('of a password never shows it', async () => {
    const config = `${PEERS.replace('}', ', password: correct horse}')}${TEAL}${RED}`;
    for (const form of ['text', 'json', 'html']) {
      const { printed } = await plan(installedCluster({ config }, services), ['-o', form]);
      expect(printed.join()).toContain('Secret');
      expect(printed.join()).not.toMatch(/correct horse|Y29ycmVjdCBob3JzZQ/);
    }
  });
});

describe('another configuration', () => {
  const cluster = (): ClusterObjects =>
    installedCluster({ config: TEAL + RED }, [
      ...lbService('web', { ip: '192.0.2.0' }),
      ...lbService('api', { ip: '192.0.2.1' }),
      ...lbService('dns', { ip: '198.51.100.0' }),
    ]);

  test('that keeps every address within reach moves nothing', async () => {
    const wider = TEAL.replace('/28', '/27') + RED;
    expect((await plan(cluster(), ['new.yaml'], { 'new.yaml': wider })).code).toBe(0);
  });

  test('says that the ConfigMap has to go first, unless it says the same', async () => {
    const says = 'the ConfigMap is in force as long as it says otherwise';
    const wider = await report(cluster(), ['-'], { '-': TEAL.replace('/28', '/27') + RED });
    expect(wider.remarks.join()).toContain(says);
    const own = await report(cluster());
    expect(own.remarks.join()).not.toContain(says);
  });

  test('says so where the programs read no resources', async () => {
    const args = ['--config-source=configmap'];
    const { remarks } = await report(installedCluster({ config: TEAL, args }));
    expect(remarks.join()).toContain('once they read resources');
  });

  test('that strands addresses says what running programs do, and who moves once they restart', async () => {
    const shrunk =
      TEAL.replace('192.0.2.0/28', '192.0.2.1/32') + RED.replace('bgp', 'bgp, auto-assign: false');
    const { code, printed } = await plan(cluster(), ['new.yaml'], { 'new.yaml': shrunk });
    expect(code).toBe(1);
    const [text = ''] = printed;
    expect(text.split('\n')[0]).toBe('1 of 3 Services moves');
    expect(text).toContain('the programs refuse it and go on as before');
    expect(text).toMatch(/default\/web\n {2}address +192\.0\.2\.0 -> none/);
    expect(text).not.toContain('default/api');
  });

  test('with other advertisements lists routes that go and come', async () => {
    const longer =
      TEAL + RED.replace('}', ', bgp-advertisements: [{localpref: 5, aggregation-length: 24}]}');
    const peers = installedCluster(
      { config: PEERS + TEAL + RED },
      lbService('dns', { ip: '198.51.100.0' }),
    );
    const { code, printed } = await plan(peers, ['new.yaml'], { 'new.yaml': PEERS + longer });
    expect(code).toBe(1);
    expect(printed[0]).toMatch(/no more +198\.51\.100\.0\/32 to 203\.0\.113\.9:179 from n1 n2 n3/);
    expect(printed[0]).toMatch(/instead +198\.51\.100\.0\/24 to 203\.0\.113\.9:179/);
  });

  test('with another hold time resets the session of every node', async () => {
    const config = PEERS + TEAL;
    const changed = config.replace('}', ', hold-time: 30s}');
    const told = await report(installedCluster({ config }), ['new.yaml'], { 'new.yaml': changed });
    expect(told.sessions.map(({ node, change }) => `${node} ${change}`)).toEqual([
      'n1 is reset',
      'n2 is reset',
      'n3 is reset',
    ]);
    expect(told.sessions[0]?.because).toEqual(['hold time', 'keepalive time']);
    expect(told.verdict).toMatchObject({
      moves: true,
      text: 'no Service moves, but 3 BGP sessions would change',
    });
  });

  test('in resources is laid over those of the cluster, and what stays is told', async () => {
    const live = [
      resource('IPAddressPool', 'teal', { addresses: ['192.0.2.0/28'], autoAssign: true }),
      resource('L2Advertisement', 'all', {}),
    ];
    const there = installedCluster({}, [...live, ...lbService('web', { ip: '192.0.2.0' })]);
    const file = JSON.stringify(resource('IPAddressPool', 'teal', { addresses: ['192.0.2.0/27'] }));
    const told = await report(there, ['new.yaml'], { 'new.yaml': file });
    const actions = told.objects.map(({ action, kind, fields }) => [action, kind, ...fields]);
    expect(actions).toContainEqual(['change', 'IPAddressPool', 'spec.addresses']);
    expect(actions).toContainEqual(['extra', 'L2Advertisement']);
    expect(told.verdict.moves).toBe(false);

    const pruned = await report(there, ['new.yaml', '--prune'], { 'new.yaml': file });
    expect(of(pruned, 'web')?.changes).toEqual(['node']);
    expect(of(pruned, 'web')?.after.remarks.join()).toContain(
      'no advertisement is for pool "teal"',
    );
  });

  test('that is refused is told with its place, and nothing is planned', async () => {
    const wrong = TEAL.replace('addresses', 'adresses');
    const { code, complained, printed } = await plan(cluster(), ['new.yaml'], {
      'new.yaml': wrong,
    });
    expect([code, printed]).toEqual([2, []]);
    expect(complained.join('\n')).toContain('new.yaml:2:');
    expect(complained.join('\n')).toContain('adresses');
  });
});

describe('an upgrade to the rules of v0.13', () => {
  test('moves what excluded nodes announced', async () => {
    const excluded = { 'node.kubernetes.io/exclude-from-external-load-balancers': '' };
    const cluster = installedCluster({ config: TEAL }, lbService('web', { ip: '192.0.2.0' }));
    const before = (await report(cluster)).services[0]?.before.layer2?.node ?? '';
    const node = cluster.objects.find(({ metadata }) => metadata.name === before);
    Object.assign(node?.metadata ?? {}, { labels: excluded });
    expect((await plan(cluster)).code).toBe(0);
    const told = await report(cluster, ['--compat-after', 'v0.13']);
    expect(told.services[0]?.changes).toEqual(['node']);
    expect(told.services[0]?.after.layer2?.node).not.toBe(before);
  });
});

describe('the original in the cluster', () => {
  const original = (role: string): string => `quay.io/metallb/${role}:v0.12.1`;

  test('is known by its image, and nothing moves with ours in its place', async () => {
    const install = { config: TEAL, image: original, speakerEnv: { METALLB_ML_BIND_ADDR: '' } };
    const told = await report(installedCluster(install, lbService('web', { ip: '192.0.2.0' })));
    expect(told.cluster.runs).toBe('MetalLB v0.12.1');
    expect(told.remarks.join()).toContain('once metal-lb has its place');
    expect(told.verdict.moves).toBe(false);
  });

  test('without gossip announces nothing with the policy Cluster, where ours will', async () => {
    const install = { config: TEAL, image: original, speakerEnv: {} };
    const told = await report(installedCluster(install, lbService('web', { ip: '192.0.2.0' })));
    expect(told.services[0]?.before.layer2?.node).toBeUndefined();
    expect(told.services[0]?.changes).toEqual(['node']);
  });
});

test('of v0.13 the original goes on: resources as they are move nothing', async () => {
  const image = (role: string): string => `quay.io/metallb/${role}:v0.13.7`;
  const cluster = installedCluster({ image, speakerEnv: {} }, [
    resource('IPAddressPool', 'teal', { addresses: ['192.0.2.0/28'] }),
    resource('L2Advertisement', 'all', {}),
    ...lbService('web', { ip: '192.0.2.0' }),
  ]);
  expect((await plan(cluster)).code).toBe(0);
});

describe('two sources in the cluster', () => {
  test('that differ leave the ConfigMap in force', async () => {
    const live = resource('IPAddressPool', 'other', { addresses: ['198.51.100.0/24'] });
    const cluster = installedCluster({ config: TEAL }, [
      live,
      ...lbService('web', { ip: '192.0.2.0' }),
    ]);
    const told = await report(cluster);
    expect(told.sides.before).toBe('ConfigMap metallb-system/config');
    expect(told.remarks.join()).toContain('the ConfigMap is in force');
  });

  test('another name of the ConfigMap is found in the flags', async () => {
    const cluster = installedCluster({ args: ['--config', 'release-metallb'] }, [
      configMap(TEAL, 'release-metallb'),
      ...lbService('web', { ip: '192.0.2.0' }),
    ]);
    const told = await report(cluster);
    expect(told.sides.before).toBe('ConfigMap metallb-system/release-metallb');
    expect(told.services[0]?.before.pool).toBe('teal');
  });
});

test('a plan can be written to a file, the verdict is then all that is printed', async () => {
  const cluster = installedCluster({ config: TEAL }, lbService('web', { ip: '192.0.2.0' }));
  const { printed, written } = await plan(cluster, ['-o', 'html', '--to', 'plan.html']);
  expect(printed).toEqual(['nothing moves: 1 Service stays as it is']);
  expect(written[0]?.path).toBe('plan.html');
  expect(written[0]?.text).toMatch(/^<!doctype html>/i);
});

describe('in a cluster of many nodes', () => {
  const names = Array.from({ length: 12 }, (_, index) => `node-${index + 10}`);
  const cluster = (): ClusterObjects => {
    const made = installedCluster(
      { config: PEERS + PEERS.slice('peers:\n'.length).replace('.9', '.10') + RED_ONLY },
      lbService('dns', { ip: '198.51.100.0' }),
    );
    const programs = made.objects.filter(({ kind }) => kind !== 'Pod');
    const pods = made.objects.filter(({ kind }) => kind === 'Pod').slice(0, 1);
    const speakers = names.flatMap((nodeName) =>
      pods.map((pod) => ({
        ...pod,
        spec: { nodeName },
        metadata: { ...pod.metadata, name: nodeName },
      })),
    );
    made.objects.splice(0, made.objects.length, ...programs, ...speakers);
    return made;
  };

  test('a route that every node announces to several peers is one short line', async () => {
    const [text = ''] = (await plan(cluster(), ['--all'])).printed;
    expect(text).toMatch(/^speakers +12: node-10 .*node-15 and 6 more$/m);
    expect(text).toMatch(
      /^ {2}routes +198\.51\.100\.0\/32 to 203\.0\.113\.10:179 203\.0\.113\.9:179 from every node \(12\) \(/m,
    );
  });

  test('a route that comes to fewer nodes names them', async () => {
    const racked = PEERS.replace('}', ', node-selectors: [{match-labels: {rack: a}}]}');
    const files = { 'new.yaml': racked + RED_ONLY };
    const labelled = cluster();
    for (const name of names.slice(0, 10)) {
      labelled.objects.push(object('v1', 'Node', name, { metadata: { labels: { rack: 'a' } } }));
    }
    const [text = ''] = (await plan(labelled, ['new.yaml'], files)).printed;
    expect(text).toMatch(/no more .* from every node \(12\)/);
    expect(text).toMatch(/instead .* from node-10 .* node-19 \(/);
  });
});
