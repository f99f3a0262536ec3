import { beforeEach, describe, expect, test } from 'vitest';
import type { ServiceView } from '../../src/runtime/model/index.ts';
import type { IpAddress } from '../../src/runtime/net/index.ts';
import { seconds } from '../../src/runtime/platform/ports.ts';
import { FolderCluster } from '../../src/runtime/standalone/index.ts';
import { type Remembered, parseState } from '../../src/runtime/standalone/state.ts';
import { settle } from '../support/manual-clock.ts';
import { FolderStage, configMap, serviceManifest, texts } from '../support/standalone-folder.ts';

const POOL = configMap('192.0.2.0/29');
const WEB = serviceManifest('web');
const ADDRESS = ['192.0.2.1' as IpAddress];
const OPTIONS = { node: 'here', compat: 'v0.12', mode: 'native' } as const;

let stage: FolderStage;
let cluster: FolderCluster;

beforeEach(() => {
  stage = new FolderStage();
  cluster = new FolderCluster(stage.ports, OPTIONS, new Map());
});

function web(): ServiceView {
  const view = cluster.service('default/web');
  if (view === undefined) throw new Error('no Service default/web');
  return view;
}

/** The state file as the next start would read it. */
function remembered(): ReadonlyMap<string, Remembered> {
  return parseState(String(stage.disk)) ?? new Map();
}

test('the first content is told whole, configuration included, before it counts as complete', () => {
  cluster.contents(texts({ 'config.yaml': POOL, 'web.yaml': WEB }));
  expect(stage.told).toEqual(['changed default/web', 'synced']);
  expect(stage.configs.map(({ pools }) => pools.map(({ name }) => name))).toEqual([['default']]);
  expect(stage.remarks).toEqual(['the configuration is in force']);
});

const WATCHED = `apiVersion: v1
kind: ConfigMap
metadata: {name: config}
data:
  config: |
    peers:
    - {peer-address: 198.51.100.1, peer-asn: 64513, my-asn: 64512, bfd-profile: watch}
    bfd-profiles:
    - {name: watch}
    address-pools:
    - {name: default, protocol: bgp, addresses: [192.0.2.0/29]}
`;

test('a peer that BFD watches is refused in native mode and taken in FRR mode', () => {
  cluster.contents(texts({ 'config.yaml': WATCHED }));
  expect(stage.configs).toEqual([]);
  expect(stage.remarks).toEqual([expect.stringMatching(/^config\.yaml:\d+:\d+: .*bfd-profile/)]);
  const frr = new FolderCluster(stage.ports, { ...OPTIONS, mode: 'frr' }, new Map());
  frr.contents(texts({ 'config.yaml': WATCHED }));
  expect(stage.configs.map(({ peers }) => peers.map(({ bfdProfile }) => bfdProfile))).toEqual([
    ['watch'],
  ]);
});

test('only what differs is told afterwards', () => {
  cluster.contents(texts({ 'a.yaml': WEB, 'b.yaml': serviceManifest('db'), 'c.yaml': POOL }));
  stage.told.length = 0;
  const db = serviceManifest('db', '  loadBalancerIP: 192.0.2.3\n');
  cluster.contents(texts({ 'a.yaml': `# a comment\n${WEB}`, 'b.yaml': db, 'c.yaml': `${POOL}\n` }));
  expect(stage.told).toEqual(['changed default/db']);
  expect(stage.configs).toHaveLength(1);
  cluster.contents(texts({ 'b.yaml': db, 'c.yaml': POOL }));
  expect(stage.told).toEqual(['changed default/db', 'gone default/web']);
});

describe('an address given to a Service', () => {
  beforeEach(() => cluster.contents(texts({ 'web.yaml': WEB, 'config.yaml': POOL })));

  test('is on disk before anybody hears of it', async () => {
    await settle();
    stage.told.length = 0;
    const publishing = cluster.publish(web(), ADDRESS);
    expect(stage.told).toEqual([]);
    expect(await publishing).toBe('written');
    expect(remembered().get('default/web')?.view.ingress).toEqual(ADDRESS);
    expect(stage.told).toEqual(['changed default/web']);
    expect(stage.rows.map(({ view }) => view.ingress)).toEqual([ADDRESS]);
  });

  test('is there again after a restart, and so is the age', async () => {
    const { createdAt } = web();
    await cluster.publish(web(), ADDRESS);
    const next = new FolderStage();
    next.clock.advance(seconds(3600));
    const again = new FolderCluster(next.ports, OPTIONS, remembered());
    again.contents(texts({ 'web.yaml': WEB, 'config.yaml': POOL }));
    expect(next.views.get('default/web')).toMatchObject({ ingress: ADDRESS, createdAt });
  });

  test('survives a restart with its file broken: the Service is as it was', async () => {
    await cluster.publish(web(), ADDRESS);
    const next = new FolderStage();
    const again = new FolderCluster(next.ports, OPTIONS, remembered());
    again.contents(texts({ 'web.yaml': 'kind: Service\n\tbroken', 'config.yaml': POOL }));
    expect(next.views.get('default/web')).toMatchObject({ ingress: ADDRESS, type: 'LoadBalancer' });
    expect(next.remarks).toContainEqual(expect.stringMatching(/^web\.yaml:2:1: /));
  });

  test('is forgotten with its Service', async () => {
    await cluster.publish(web(), ADDRESS);
    cluster.contents(texts({ 'config.yaml': POOL }));
    await settle();
    expect([...remembered().keys()]).toEqual([]);
  });

  test('is not given if the disk does not take it', async () => {
    stage.disk = new Error('EROFS: read-only file system');
    await expect(cluster.publish(web(), ADDRESS)).rejects.toThrow('read-only');
    expect(web().ingress).toEqual([]);
    stage.disk = '';
    expect(await cluster.publish(web(), ADDRESS)).toBe('written');
  });

  test('is refused for a Service that changed meanwhile or is gone', async () => {
    const stale = web();
    cluster.contents(texts({ 'web.yaml': serviceManifest('web', '  ipFamilies: [IPv6]\n') }));
    expect(await cluster.publish(stale, ADDRESS)).toBe('conflict');
    cluster.contents(texts({}));
    expect(await cluster.publish(stale, ADDRESS)).toBe('gone');
  });

  test('is kept when the manifest changes while it is being written', async () => {
    const publishing = cluster.publish(web(), ADDRESS);
    cluster.contents(
      texts({ 'web.yaml': serviceManifest('web', '  externalTrafficPolicy: Local\n') }),
    );
    expect(await publishing).toBe('written');
    expect(web()).toMatchObject({ ingress: ADDRESS, externalTrafficPolicy: 'Local' });
    await settle();
    expect(remembered().get('default/web')?.view).toEqual(web());
  });

  test('taken back leaves the Service pending', async () => {
    await cluster.publish(web(), ADDRESS);
    await cluster.publish(web(), []);
    expect(web()).toMatchObject({ ingress: [], hasLoadBalancerStatus: false });
  });
});

test('many addresses at once share few writes', async () => {
  const names = Array.from({ length: 50 }, (_, index) => `s${index}`);
  cluster.contents(texts({ 'all.yaml': names.map((name) => serviceManifest(name)).join('---\n') }));
  await settle();
  let writes = 0;
  const save = stage.ports.saveState;
  const ports = { ...stage.ports, saveState: (text: string) => ((writes += 1), save(text)) };
  cluster = new FolderCluster(ports, OPTIONS, remembered());
  await Promise.all(
    names.map((name) => cluster.publish(cluster.service(`default/${name}`)!, ADDRESS)),
  );
  expect(writes).toBeLessThan(5);
  expect([...remembered().values()].every(({ view }) => view.ingress[0] === ADDRESS[0])).toBe(true);
});

test('addresses in a manifest that was taken from a cluster are kept', () => {
  const status = 'status: {loadBalancer: {ingress: [{ip: 192.0.2.5}]}}\n';
  cluster.contents(texts({ 'web.yaml': WEB + status }));
  expect(web().ingress).toEqual(['192.0.2.5']);
});

describe('endpoints', () => {
  test('a Service without an Endpoints manifest counts as ready here', () => {
    cluster.contents(texts({ 'web.yaml': WEB }));
    expect(cluster.endpointsOf('default/web')).toMatchObject([{ ready: true, nodeName: 'here' }]);
  });

  test('a change of them is told', () => {
    const none = 'kind: Endpoints\nmetadata: {name: web}\nsubsets: []\n';
    cluster.contents(texts({ 'web.yaml': WEB, 'ep.yaml': none }));
    expect(cluster.endpointsOf('default/web')).toEqual([]);
    cluster.contents(texts({ 'web.yaml': WEB }));
    expect(stage.told.filter((line) => line.startsWith('endpoints'))).toHaveLength(2);
    expect(cluster.endpointsOf('default/web')).toHaveLength(1);
  });
});

describe('a file that breaks', () => {
  test('is told with file, line and column; its content and all others stay', () => {
    cluster.contents(texts({ 'a.yaml': WEB, 'b.yaml': serviceManifest('db') }));
    stage.told.length = 0;
    const broken = texts({ 'a.yaml': 'kind: [\n', 'b.yaml': serviceManifest('mail') });
    cluster.contents(broken);
    expect(stage.remarks.at(-1)).toMatch(/^a\.yaml:2:1: .*; its previous content stays in force$/);
    expect(stage.told.sort()).toEqual(['changed default/mail', 'gone default/db']);
    const before = stage.remarks.length;
    cluster.contents(broken);
    expect(stage.remarks).toHaveLength(before);
  });

  test('the same holds for one that cannot be read', () => {
    cluster.contents(texts({ 'a.yaml': WEB }));
    cluster.contents(new Map([['a.yaml', { kind: 'failed', message: 'cannot be read (EACCES)' }]]));
    expect(web().key).toBe('default/web');
    expect(stage.remarks).toContain(
      'a.yaml: cannot be read (EACCES); its previous content stays in force',
    );
  });
});

describe('the configuration', () => {
  test('that is wrong is told with its place in the file, and the last good one stays', () => {
    cluster.contents(texts({ 'config.yaml': POOL }));
    const wrong = POOL.replace('addresses', 'adresses');
    cluster.contents(texts({ 'config.yaml': wrong }));
    expect(stage.configs).toHaveLength(1);
    expect(stage.remarks.at(-1)).toMatch(
      /^config\.yaml:9:7: .*adresses.*; the configuration in force stays$/s,
    );
    cluster.contents(texts({ 'config.yaml': POOL }));
    expect(stage.configs).toHaveLength(2);
  });

  test.each<[name: string, files: Record<string, string>, remark: RegExp]>([
    ['absent', {}, /^no ConfigMap named "config" in this folder$/],
    ['there twice', { 'a.yaml': POOL, 'b.yaml': POOL }, /\(a\.yaml:1, b\.yaml:1\): leave one$/],
    [
      'not a text',
      { 'a.yaml': 'kind: ConfigMap\nmetadata: {name: config}\ndata: {config: {pools: []}}\n' },
      /^a\.yaml: data\.config is not a text$/,
    ],
  ])('that is %s is told', (_name, files, remark) => {
    cluster.contents(texts(files));
    expect(stage.remarks).toEqual([expect.stringMatching(remark)]);
    expect(stage.configs).toEqual([]);
  });

  test('refused for the addresses in use is offered again until it is taken', () => {
    const reason = 'new config not compatible with assigned IPs';
    stage.acceptance = { kind: 'refused', reason };
    cluster.contents(texts({ 'config.yaml': POOL }));
    stage.clock.advance(seconds(60));
    expect(stage.remarks).toEqual([`configuration refused: ${reason}`]);
    stage.acceptance = { kind: 'accepted' };
    stage.clock.advance(seconds(30));
    expect(stage.configs).toHaveLength(1);
    expect(stage.clock.pending).toBe(0);
  });
});
