import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ControlPlane, NAMESPACE, startControlPlane } from '../../cluster/index.ts';
import { runCommand } from './process.ts';

const FORMS = 'test/fixtures/migrate/forms';
const configMap = readFileSync(`${FORMS}/config-map.yaml`, 'utf8');
const resources = JSON.parse(readFileSync(`${FORMS}/resources.json`, 'utf8')) as {
  readonly items: readonly { readonly kind: string; readonly apiVersion: string }[];
};
const PLURALS: Readonly<Record<string, string>> = {
  IPAddressPool: 'ipaddresspools',
  L2Advertisement: 'l2advertisements',
  BGPAdvertisement: 'bgpadvertisements',
  BGPPeer: 'bgppeers',
  Community: 'communities',
};

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

let plane: ControlPlane;
let admin: string;

beforeAll(async () => {
  plane = await startControlPlane();
  admin = plane.kubeconfig('admin', plane.adminUser);
  await plane.admin.create('/api/v1/namespaces', { metadata: { name: NAMESPACE } });
  await plane.admin.create(`/api/v1/namespaces/${NAMESPACE}/configmaps`, load(configMap));
});

afterAll(async () => {
  await plane.close();
});

const validate = (kubeconfig: string, ...more: readonly string[]) =>
  runCommand(['validate', 'cluster', '--kubeconfig', kubeconfig, ...more]);

describe('a cluster', () => {
  test('that has a ConfigMap alone is read, and equals the file that it was made of', async () => {
    const { code, stdout, stderr } = await validate(admin);
    expect([code, stdout]).toEqual([0, 'cluster: valid: 2 pools, 1 peer\n']);
    expect(stderr).toContain('their CRDs are not installed');
    const diff = await runCommand(['diff', 'cluster', `${FORMS}/bare.yaml`, '--kubeconfig', admin]);
    expect(diff.code).toBe(0);
  });

  test('that has resources too is told which count', async () => {
    for (const plural of [...Object.values(PLURALS), 'addresspools', 'bfdprofiles']) {
      const definition = load(
        readFileSync(`manifests/v0.13/crds/${plural}.yaml`, 'utf8'),
      ) as object;
      await plane.admin.create(DEFINITIONS, definition);
    }
    for (const item of resources.items) {
      const path = `/apis/${item.apiVersion}/namespaces/${NAMESPACE}/${PLURALS[item.kind] ?? ''}`;
      await createOnceServed(path, item);
    }
    for (const plural of ['addresspools', 'bfdprofiles']) {
      await served(`/apis/metallb.io/v1beta1/namespaces/${NAMESPACE}/${plural}`);
    }
    const { code, stdout, stderr } = await validate(admin);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('that mean the same: the resources count');
  });

  test('that gives no rights is told what is forbidden, within a moment', async () => {
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'nobody' } };
    await plane.admin.create('/api/v1/namespaces/default/serviceaccounts', account);
    const token = await plane.token('default', 'nobody');
    const { code, stdout, stderr, seconds } = await validate(plane.kubeconfig('nobody', { token }));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('ConfigMap "config" in namespace "metallb-system": 403 Forbidden');
    expect(stderr).not.toContain(token);
    expect(seconds).toBeLessThan(5);
  });

  test('that has no such namespace is told so', async () => {
    const { code, stderr } = await validate(admin, '-n', 'nowhere');
    expect(code).toBe(2);
    expect(stderr).toContain('ConfigMap "config" in namespace "nowhere": 404 NotFound');
  });

  async function createOnceServed(path: string, item: object): Promise<void> {
    await served(path);
    await plane.admin.create(path, item);
  }

  /** A definition is served a moment after it was stored. */
  async function served(path: string): Promise<void> {
    await expect
      .poll(async () => (await plane.admin.request('GET', path)).status, { timeout: 20_000 })
      .toBe(200);
  }
});

describe('a kubeconfig', () => {
  test.each([
    ['that is not there', undefined, 'gone.yaml cannot be read: ENOENT'],
    ['that is no YAML', 'users: [{token: s3cret', 'cannot be read: YAMLException'],
    ['without a cluster', 'kind: Config\n', 'has no cluster for context'],
    [
      'whose server is no address',
      'current-context: a\ncontexts: [{name: a, context: {cluster: a, user: a}}]\nclusters: [{name: a, cluster: {server: "not one"}}]\nusers: [{name: a, user: {token: s3cret}}]\n',
      '"not one" is no server address',
    ],
  ])('%s is told, and nothing of what is in it', async (_name, text, words) => {
    const file = join(plane.dir, text === undefined ? 'gone.yaml' : 'broken.yaml');
    if (text !== undefined) writeFileSync(file, text);
    const { code, stdout, stderr } = await validate(file);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain('s3cret');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test('without the context that is named is told', async () => {
    const { code, stderr } = await validate(admin, '--context', 'elsewhere');
    expect(code).toBe(2);
    expect(stderr).toContain('has no cluster for context "elsewhere"');
  });
});

describe('an API server', () => {
  const servers: Server[] = [];

  afterAll(() => {
    for (const server of servers) server.close();
  });

  async function kubeconfigOf(serve: (socket: Socket) => void): Promise<string> {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      serve(socket);
    });
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return kubeconfigFor((server.address() as AddressInfo).port);
  }

  function kubeconfigFor(port: number): string {
    const file = join(plane.dir, `port-${port}.yaml`);
    writeFileSync(
      file,
      JSON.stringify({
        'current-context': 'a',
        contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
        clusters: [{ name: 'a', cluster: { server: `http://127.0.0.1:${port}` } }],
        users: [{ name: 'a', user: { token: 'none' } }],
      }),
    );
    return file;
  }

  test('out of reach is told by its address within a moment', async () => {
    const { code, stderr, seconds } = await validate(kubeconfigFor(1));
    expect(code).toBe(2);
    expect(stderr).toMatch(/cluster: http:\/\/127\.0\.0\.1:1: ECONNREFUSED/);
    expect(seconds).toBeLessThan(5);
  });

  test.each<[string, (socket: Socket) => void, RegExp]>([
    ['says nothing', () => undefined, /no answer|did not answer|within 10 s/],
    [
      'stops in the middle',
      (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"data"'),
      /no answer|did not answer|within 10 s/,
    ],
    ['is none', (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'), /Parse Error|HPE_/],
    [
      'answers with a page',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>'),
      /not JSON/,
    ],
  ])('that %s is given up within seconds', async (_name, serve, words) => {
    const { code, stdout, stderr, seconds } = await validate(await kubeconfigOf(serve));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(words);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(seconds).toBeLessThan(20);
  });

  test('that says nothing is not waited for by somebody who interrupts', async () => {
    let connected: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => (connected = resolve));
    const kubeconfig = await kubeconfigOf(() => connected());
    const { code, stderr, seconds } = await runCommand(
      ['validate', 'cluster', '--kubeconfig', kubeconfig],
      { meanwhile: (child) => asked.then(() => void child.kill('SIGINT')) },
    );
    expect([code, stderr]).toEqual([130, 'metal-migrate: interrupted by SIGINT\n']);
    expect(seconds).toBeLessThan(5);
  });
});
