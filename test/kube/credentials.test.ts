import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  CredentialsError,
  HttpApiClient,
  inClusterCredentials,
  kubeconfigCredentials,
  podNamespace,
} from '../../src/runtime/kube/index.ts';
import { seconds } from '../../src/runtime/platform/ports.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { SeededRandom } from '../support/seeded-random.ts';

const CERTIFICATE = readFileSync(join(import.meta.dirname, '../fixtures/kube/server.crt'), 'utf8');
const KEY = readFileSync(join(import.meta.dirname, '../fixtures/kube/server.key'), 'utf8');

let folder: string;
let clock: ManualClock;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'credentials-'));
  clock = new ManualClock();
  await writeFile(join(folder, 'token'), 'token-one\n');
  await writeFile(join(folder, 'ca.crt'), CERTIFICATE);
  await writeFile(join(folder, 'namespace'), 'metallb-system');
});

afterEach(() => rm(folder, { recursive: true }));

function pod(host = '192.0.2.1', port = '443'): ReturnType<typeof inClusterCredentials> {
  const environment = { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port };
  return inClusterCredentials(clock, environment, folder);
}

async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => expect.unreachable('it succeeded'),
    (error: unknown) => error as Error,
  );
}

describe('in a pod', () => {
  test('server, token and authority come from the service account', async () => {
    expect(await pod().current()).toEqual({
      server: 'https://192.0.2.1:443',
      tls: { ca: CERTIFICATE.trim() },
      headers: { Authorization: 'Bearer token-one' },
    });
    expect(await podNamespace(folder)).toBe('metallb-system');
  });

  test('an IPv6 server address is bracketed', async () => {
    expect((await pod('2001:db8::1', '6443').current()).server).toBe('https://[2001:db8::1]:6443');
  });

  test('a rotated token is used within a minute', async () => {
    const credentials = pod();
    const before = await credentials.current();
    await writeFile(join(folder, 'token'), 'token-two');
    expect((await credentials.current()).headers).toEqual(before.headers);
    clock.advance(seconds(60));
    const after = await credentials.current();
    expect(after.headers).toEqual({ Authorization: 'Bearer token-two' });
    expect(after.tls).toBe(before.tls);
  });

  test('a refused token is read again at once', async () => {
    const credentials = pod();
    await credentials.current();
    await writeFile(join(folder, 'token'), 'token-two');
    credentials.refused();
    expect((await credentials.current()).headers).toEqual({ Authorization: 'Bearer token-two' });
  });

  test('a token that is gone for a moment does not take away the one that works', async () => {
    const credentials = pod();
    const before = await credentials.current();
    await rm(join(folder, 'token'));
    clock.advance(seconds(61));
    expect(await credentials.current()).toBe(before);
  });

  test('what is missing is named', async () => {
    await rm(join(folder, 'token'));
    const error = await failure(pod().current());
    expect(error).toBeInstanceOf(CredentialsError);
    expect(error.message).toBe(`${folder}/token cannot be read: ENOENT`);
    expect(() => inClusterCredentials(clock, {}, folder)).toThrow('KUBERNETES_SERVICE_HOST');
    expect(await podNamespace(join(folder, 'absent'))).toBeUndefined();
  });
});

describe('with a kubeconfig', () => {
  const path = (): string => join(folder, 'kubeconfig');

  async function write(user: string, server = 'https://192.0.2.1:6443'): Promise<void> {
    const ca = Buffer.from(CERTIFICATE).toString('base64');
    const cluster = server.startsWith('https') ? `, certificate-authority-data: ${ca}` : '';
    await writeFile(
      path(),
      [
        'apiVersion: v1',
        'kind: Config',
        'current-context: here',
        `clusters: [{name: c, cluster: {server: "${server}"${cluster}}}]`,
        'contexts: [{name: here, context: {cluster: c, user: u}}, {name: lost, context: {cluster: x, user: u}}]',
        `users: [{name: u, user: ${user}}]`,
      ].join('\n'),
    );
  }

  test('a token is taken, and again after a refusal', async () => {
    await write('{token: one}');
    const credentials = kubeconfigCredentials(clock, { path: path() });
    const first = await credentials.current();
    expect(first).toMatchObject({
      server: 'https://192.0.2.1:6443',
      headers: { Authorization: 'Bearer one' },
    });
    expect(String(first.tls.ca)).toBe(CERTIFICATE);
    await write('{token: two}');
    credentials.refused();
    expect((await credentials.current()).headers).toEqual({ Authorization: 'Bearer two' });
  });

  test('a token file is read, and again after a refusal', async () => {
    await write('{tokenFile: token}');
    const credentials = kubeconfigCredentials(clock, { path: path() });
    expect((await credentials.current()).headers).toEqual({ Authorization: 'Bearer token-one' });
    await writeFile(join(folder, 'token'), 'token-two\n');
    credentials.refused();
    expect((await credentials.current()).headers).toEqual({ Authorization: 'Bearer token-two' });
  });

  test('client certificates, user names and plain HTTP are taken', async () => {
    const encoded = Buffer.from('certificate').toString('base64');
    await write(`{client-certificate-data: ${encoded}, client-key-data: ${encoded}}`);
    const certificate = await kubeconfigCredentials(clock, { path: path() }).current();
    expect(String(certificate.tls.cert)).toBe('certificate');
    await write('{username: me, password: secret}', 'http://127.0.0.1:8001');
    const basic = await kubeconfigCredentials(clock, { path: path() }).current();
    expect(basic.headers).toEqual({ Authorization: `Basic ${btoa('me:secret')}` });
  });

  test('an exec plugin gives the token', async () => {
    const status = JSON.stringify({ status: { token: 'from-plugin' } }).replaceAll('"', '\\"');
    await write(`{exec: {apiVersion: v1, command: echo, args: ["${status}"]}}`);
    const { headers } = await kubeconfigCredentials(clock, { path: path() }).current();
    expect(headers).toEqual({ Authorization: 'Bearer from-plugin' });
  });

  test('a plugin that prints rubbish is named, its output never repeated', async () => {
    await write('{exec: {apiVersion: v1, command: echo, args: [hunter2-is-the-token]}}');
    const error = await failure(kubeconfigCredentials(clock, { path: path() }).current());
    expect(error.message).toContain('user "u" has no usable credentials');
    expect(`${error.message} ${String(error.stack)}`).not.toContain('hunter2');
  });

  test('a file that is no YAML is named, its contents never repeated', async () => {
    await writeFile(path(), 'users: [{token: hunter2');
    const error = await failure(kubeconfigCredentials(clock, { path: path() }).current());
    expect(error.message).toBe(`${path()} cannot be read: YAMLException`);
    expect(String(error.stack)).not.toContain('hunter2');
  });

  test('a context without a cluster is named', async () => {
    await write('{token: one}');
    const lost = kubeconfigCredentials(clock, { path: path(), context: 'lost' });
    expect((await failure(lost.current())).message).toContain('no cluster for context "lost"');
  });
});

describe('over TLS', () => {
  test('a request is answered by a server that the authority vouches for, and by no other', async () => {
    const seen: (string | undefined)[] = [];
    const server = createServer({ cert: CERTIFICATE, key: KEY }, (request, response) => {
      seen.push(request.headers.authorization);
      response.end('{"kind":"Service"}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const port = String((server.address() as AddressInfo).port);
    const request = async (credentials: ReturnType<typeof pod>): Promise<unknown> => {
      const client = new HttpApiClient({ credentials, clock, random: new SeededRandom() });
      return client.request({ method: 'GET', path: '/api' }).finally(() => client.close());
    };
    expect(await request(pod('127.0.0.1', port))).toEqual({ kind: 'Service' });
    const untrusted = { server: `https://127.0.0.1:${port}`, tls: {}, headers: {} };
    const credentials = { current: () => Promise.resolve(untrusted), refused: () => undefined };
    const error = await failure(request(credentials));
    expect(error.message).toMatch(/SELF_SIGNED|UNABLE_TO_VERIFY/);
    expect(seen).toEqual(['Bearer token-one']);
    server.close();
  });
});
