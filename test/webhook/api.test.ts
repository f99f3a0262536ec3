import { beforeEach, describe, expect, test } from 'vitest';
import { ApiError } from '../../src/runtime/kube/index.ts';
import { Secret } from '../../src/runtime/model/index.ts';
import { seconds } from '../../src/runtime/platform/ports.ts';
import { TrustInjector } from '../../src/runtime/webhook/certificates/injector.ts';
import { Permits } from '../../src/runtime/webhook/certificates/permits.ts';
import { SecretStore } from '../../src/runtime/webhook/certificates/secret.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { ObjectApi } from '../support/object-api.ts';
import { RecordingLogger } from '../support/recording-logger.ts';

const NAMESPACE = 'metallb-system';
const service = { namespace: NAMESPACE, name: 'webhook-service' };
const SECRETS = `/api/v1/namespaces/${NAMESPACE}/secrets`;
const SECRET = `${SECRETS}/webhook-server-cert`;
const WEBHOOKS = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
const OURS = `${WEBHOOKS}/metallb-webhook-configuration`;
const OPTED_IN = `${WEBHOOKS}/metallb-configmap-webhook-configuration`;
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const PEERS = `${DEFINITIONS}/bgppeers.metallb.io`;
const AUTHORITY = '-----BEGIN CERTIFICATE-----\nYQ==\n-----END CERTIFICATE-----\n';
const ENCODED = Buffer.from(AUTHORITY).toString('base64');
const { signal } = new AbortController();

let api: ObjectApi;
let clock: ManualClock;
let logger: RecordingLogger;
let permits: Permits;

beforeEach(() => {
  api = new ObjectApi();
  clock = new ManualClock();
  logger = new RecordingLogger();
  permits = new Permits({ client: api, clock, logger });
});

const said = (): string[] =>
  logger.lines.map(
    ({ level, fields }) => `${level} ${String(fields['right'] ?? fields['object'])}`,
  );

describe('the Secret', () => {
  const bundle = {
    ...{ caCertificate: 'a', certificate: 'c' },
    ...{ caKey: new Secret('b'), key: new Secret('d') },
  };
  const data = { 'ca.crt': 'YQ==', 'ca.key': 'Yg==', 'tls.crt': 'Yw==', 'tls.key': 'ZA==' };
  let store: SecretStore;

  beforeEach(() => {
    store = new SecretStore(api, permits, NAMESPACE);
  });

  test('is made where there is none, with the four keys of the original', async () => {
    expect(await store.read(signal)).toBe('absent');
    expect(await store.write(bundle, 'absent', signal)).toBe('written');
    expect(api.objects.get(SECRET)).toMatchObject({ kind: 'Secret', data });
    expect(await store.read(signal)).toEqual({ bundle, version: '1' });
  });

  test('keeps everything else that it has', async () => {
    const metadata = { name: 'webhook-server-cert', labels: { app: 'metallb' } };
    api.put(SECRET, { kind: 'Secret', metadata, data: { 'ca.crt': '', other: 'b3RoZXI=' } });
    const found = await store.read(signal);
    if (typeof found === 'string') throw new Error(found);
    expect(await store.write(bundle, found, signal)).toBe('written');
    expect(api.objects.get(SECRET)).toMatchObject({
      metadata: { labels: { app: 'metallb' } },
      data: { ...data, other: 'b3RoZXI=' },
    });
  });

  test('is not written over what somebody else has written, made or taken away meanwhile', async () => {
    expect(await store.write(bundle, 'absent', signal)).toBe('written');
    expect(await store.write(bundle, 'absent', signal)).toBe('conflict');
    const found = await store.read(signal);
    if (typeof found === 'string') throw new Error(found);
    api.put(SECRET, api.objects.get(SECRET)!);
    expect(await store.write(bundle, found, signal)).toBe('conflict');
    api.objects.delete(SECRET);
    expect(await store.write(bundle, found, signal)).toBe('conflict');
  });

  test('is not asked for without the right to it', async () => {
    api.missing.add('get secrets webhook-server-cert');
    expect(await store.read(signal)).toBe('forbidden');
    api.missing.add('create secrets ');
    expect(await store.write(bundle, 'absent', signal)).toBe('forbidden');
    expect(api.seen).toEqual([]);
    expect(said()).toEqual([
      'warn get secrets/webhook-server-cert in metallb-system',
      'warn create secrets in metallb-system',
    ]);
  });
});

describe('a right', () => {
  const right = { verb: 'get', group: '', resource: 'secrets', name: 'x' } as const;

  test('that is missing is told once, and asked for again every few minutes', async () => {
    api.missing.add('get secrets x');
    for (let minute = 0; minute < 10; minute += 1) {
      expect(await permits.has(right, signal)).toBe(false);
      clock.advance(seconds(60));
    }
    expect(api.reviews).toBe(4);
    expect(said()).toEqual(['warn get secrets/x']);
  });

  test('that arrives is used and told', async () => {
    api.missing.add('get secrets x');
    await permits.has(right, signal);
    api.missing.clear();
    clock.advance(seconds(180));
    expect(await permits.has(right, signal)).toBe(true);
    expect(said()).toEqual(['warn get secrets/x', 'info get secrets/x']);
  });

  test('that is there is asked for once, until it is refused', async () => {
    for (let time = 0; time < 3; time += 1) expect(await permits.has(right, signal)).toBe(true);
    expect(api.reviews).toBe(1);
    const refused = new ApiError(403, 'Forbidden', 'no');
    await expect(permits.using(right, () => Promise.reject(refused))).rejects.toBe(refused);
    api.missing.add('get secrets x');
    expect(await permits.has(right, signal)).toBe(false);
  });
});

describe('the authority', () => {
  let injector: TrustInjector;

  beforeEach(() => {
    injector = new TrustInjector({ client: api, permits, logger, service });
    const hook = (name: string) => ({ name, clientConfig: { service, caBundle: 'Cg==' } });
    const mark = { annotations: { keep: 'me' } };
    api.put(OURS, { metadata: mark, webhooks: [hook('a'), hook('b')] });
    const webhook = { clientConfig: { service }, conversionReviewVersions: ['v1'] };
    api.put(PEERS, { metadata: mark, spec: { conversion: { strategy: 'Webhook', webhook } } });
  });

  test('comes to wherever the API server looks for it, and nothing else is touched', async () => {
    api.put(OPTED_IN, { webhooks: [{ name: 'c', clientConfig: { service } }] });
    await injector.inject([AUTHORITY], signal);
    const trusting = { service, caBundle: ENCODED };
    expect(api.objects.get(OURS)).toMatchObject({
      metadata: { annotations: { keep: 'me' } },
      webhooks: [
        { name: 'a', clientConfig: trusting },
        { name: 'b', clientConfig: trusting },
      ],
    });
    expect(api.objects.get(OPTED_IN)).toMatchObject({ webhooks: [{ clientConfig: trusting }] });
    const webhook = { clientConfig: trusting, conversionReviewVersions: ['v1'] };
    expect(api.objects.get(PEERS)).toMatchObject({ spec: { conversion: { webhook } } });
  });

  test('is written once, and looked at from then on', async () => {
    for (let time = 0; time < 3; time += 1) await injector.inject([AUTHORITY], signal);
    expect(api.seen.filter((one) => one.startsWith('PATCH'))).toHaveLength(2);
  });

  test('is written again when a tool takes it away, which is told three times and not for ever', async () => {
    for (let time = 0; time < 20; time += 1) {
      await injector.inject([AUTHORITY], signal);
      api.put(OURS, { webhooks: [{ name: 'a', clientConfig: { service } }] });
    }
    const lines = logger.lines.filter(({ fields }) => String(fields['object']).includes('webhook'));
    expect(lines.filter(({ level }) => level !== 'debug').map(({ level }) => level)).toEqual([
      'info',
      'info',
      'warn',
    ]);
    expect(lines[2]?.fields['msg']).toContain('have it ignore that field');
  });

  test('comes to the rest although one object may not be written or cannot be had', async () => {
    api.missing.add('patch validatingwebhookconfigurations metallb-webhook-configuration');
    await injector.inject([AUTHORITY], signal);
    expect(JSON.stringify(api.objects.get(PEERS))).toContain(ENCODED);
    expect(said()).toContain(
      'warn patch validatingwebhookconfigurations.admissionregistration.k8s.io/metallb-webhook-configuration',
    );
  });

  test('is not written where another Service is called, which is told once', async () => {
    const other = { namespace: NAMESPACE, name: 'metallb-webhook-service' };
    api.put(OURS, { webhooks: [{ name: 'a', clientConfig: { service: other } }] });
    for (let time = 0; time < 3; time += 1) await injector.inject([AUTHORITY], signal);
    expect(JSON.stringify(api.objects.get(OURS))).not.toContain('caBundle');
    expect(logger.lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { fields: { calls: `${NAMESPACE}/metallb-webhook-service` } },
    ]);
  });

  test('waits for an API that does not answer', async () => {
    await injector.inject([AUTHORITY], signal);
    api.down = true;
    await expect(injector.inject([AUTHORITY], signal)).rejects.toThrow('ECONNREFUSED');
  });
});
