import { mkdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type RunningProgram, eventually } from '../../cluster/index.ts';
import { CertificateAuthority } from '../../cluster/pki.ts';
import { WebhookStage, pool, said } from './stage.ts';

const WEBHOOK = 'ipaddresspoolvalidationwebhook.metallb.io';
const CALLED =
  'https://webhook-service.metallb-system.svc:443/validate-metallb-io-v1beta1-ipaddresspool';
const CALLING = `Internal error occurred: failed calling webhook "${WEBHOOK}": Post "${CALLED}?timeout=`;

let stage: WebhookStage;
let controller: RunningProgram;

beforeAll(async () => {
  stage = await WebhookStage.open();
});

beforeEach(async () => {
  controller = await (await stage.startController()).ready();
  await works();
});

afterEach(async () => {
  await controller.stop();
  await stage.direct(9443);
  await stage.edit((webhook) => ({ ...webhook, failurePolicy: 'Fail', timeoutSeconds: 10 }));
});

afterAll(async () => {
  await stage.close();
});

/** Tries to apply a pool; what the operator sees. */
async function apply(): Promise<string> {
  const file = stage.file(pool('harbor', '198.51.100.0/28'));
  const { lines, complaint } = await stage.kubectl.run('apply', '--dry-run=server', '-f', file);
  return `${complaint}${lines.join('\n')}`;
}

/** Waits until pools are judged and stored. */
async function works(within?: number): Promise<void> {
  await eventually(
    'a pool is stored',
    async () => (await apply()).includes('created') || undefined,
    within,
  );
}

/** Waits for a text that an operator sees. */
async function sees(text: string): Promise<string> {
  let heard = '';
  try {
    return await eventually(`an operator sees: ${text}`, async () => {
      heard = await apply();
      return heard.includes(text) ? heard : undefined;
    });
  } catch (error) {
    throw new Error(`the operator saw: ${heard}`, { cause: error });
  }
}

function bundle(authority: string): string {
  return Buffer.from(authority).toString('base64');
}

describe('an authority that is not ours', () => {
  test('is x509 to the operator, and mended within seconds', async () => {
    const before = controller.lines().length;
    const other = bundle(stage.plane.access.ca);
    await stage.edit(({ clientConfig, ...rest }) => {
      return { ...rest, clientConfig: { ...clientConfig, caBundle: other } };
    });
    const heard = await sees('x509: certificate signed by unknown authority');
    expect(heard).toContain(CALLING);
    await works();
    const later = controller.lines().slice(before);
    expect(later).toContainEqual(
      expect.objectContaining({
        msg: 'caBundle set',
        object: 'validatingwebhookconfigurations/metallb-webhook-configuration',
      }),
    );
  });

  test('is mended too where a tool empties the field', async () => {
    await stage.edit(({ clientConfig, ...rest }) => {
      return { ...rest, clientConfig: { ...clientConfig, caBundle: undefined } };
    });
    await sees('x509: certificate signed by unknown authority');
    await works();
  });
});

describe('a controller that does not run', () => {
  test('is connection refused to the operator where the policy is Fail', async () => {
    await controller.stop();
    const heard = await sees('connect: connection refused');
    expect(heard).toContain(`${CALLING}10s": dial tcp 192.0.2.1:9443`);
  });

  test('holds up nobody where the policy is Ignore', async () => {
    await stage.edit((webhook) => ({ ...webhook, failurePolicy: 'Ignore' }));
    await controller.stop();
    await works();
  });

  test('is a Service without endpoints to the operator', async () => {
    // Connections that it has are used on.
    await controller.stop();
    await stage.direct(undefined);
    const heard = await sees('no endpoints available for service "webhook-service"');
    expect(heard).toContain(CALLING);
  });
});

test('a network that swallows what is sent is a deadline to the operator', async () => {
  const silent = createServer(() => {}).listen(0, '0.0.0.0');
  await once(silent, 'listening');
  await controller.stop();
  await stage.edit((webhook) => ({ ...webhook, timeoutSeconds: 1 }));
  await stage.direct((silent.address() as AddressInfo).port);
  const heard = await sees('context deadline exceeded');
  expect(heard).toContain(`${CALLING}1s"`);
  silent.close();
});

test('a Secret that is ill-formed is made anew, and that is told', async () => {
  await controller.stop();
  const nonsense = Buffer.from('nonsense').toString('base64');
  const change = JSON.stringify({ data: { 'tls.crt': nonsense } });
  await stage.kubectl.must('patch', 'secret', 'webhook-server-cert', ...IN, '-p', change);
  controller = await (await stage.startController({ name: 'after-nonsense' })).ready();
  expect(await said(controller, 'made a certificate')).toMatchObject({
    reason: 'tls.crt holds no certificate',
    secret: 'metallb-system/webhook-server-cert',
  });
  expect(await apply()).toContain('created');
});

test('a Secret that is deleted is made anew, and nobody notices', async () => {
  await stage.kubectl.must('delete', 'secret', 'webhook-server-cert', ...IN);
  const before = controller.lines().length;
  let made = false;
  await eventually(
    'another certificate is in use',
    async () => {
      expect(await apply()).toContain('created');
      const later = controller.lines().slice(before);
      made ||= later.some(({ msg }) => msg === 'made a certificate');
      return later.some(({ msg }) => msg === 'certificate in use') || undefined;
    },
    80_000,
  );
  expect(made).toBe(true);
  for (let time = 0; time < 5; time += 1) expect(await apply()).toContain('created');
}, 100_000);

test('a controller that starts again serves the certificate that is stored', async () => {
  await controller.stop();
  const again = await (await stage.startController({ name: 'again' })).ready();
  controller = again;
  await said(again, 'certificate in use');
  expect(again.output()).not.toContain('made a certificate');
  expect(await apply()).toContain('created');
});

test('rights that are missing are told by name, and the rest runs on', async () => {
  await controller.stop();
  const rules = (await stage.kubectl.get<{ rules: unknown[] }>('role', 'controller', ...IN))[0]
    ?.rules;
  const change = (value: unknown) => JSON.stringify([{ op: 'replace', path: '/rules', value }]);
  const patch = ['patch', 'role', 'controller', ...IN, '--type=json', '-p'];
  await stage.kubectl.must(...patch, change([]));
  try {
    controller = await (await stage.startController({ name: 'poor' })).ready();
    expect(
      await said(
        controller,
        'a right is missing; the webhook does without, and looks again in a few minutes',
      ),
    ).toMatchObject({
      level: 'warn',
      right: 'get secrets/webhook-server-cert in metallb-system',
    });
    expect((await controller.metrics()).get('metallb_webhook_ready_bool')).toBe(0);
    expect(controller.ending).toBeUndefined();
  } finally {
    await stage.kubectl.must(...patch, change(rules));
  }
});

test('proxies in the environment of the controller are nothing to it', async () => {
  await controller.stop();
  const proxy = 'http://127.0.0.1:9';
  const env = { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, http_proxy: proxy, https_proxy: proxy };
  controller = await (await stage.startController({ name: 'proxied', env })).ready();
  expect(await apply()).toContain('created');
});

describe('--webhook-mode', () => {
  test('disabled: nothing is answered', async () => {
    await controller.stop();
    const flags = ['--webhook-mode=disabled'];
    controller = await (await stage.startController({ name: 'disabled', flags })).ready();
    await sees('connect: connection refused');
    expect(controller.output()).not.toContain('webhook');
  });

  test('onlywebhook: nothing but that is done', async () => {
    await controller.stop();
    const flags = ['--webhook-mode=onlywebhook'];
    controller = await (await stage.startController({ name: 'only', flags })).ready();
    expect(await apply()).toContain('created');
    expect(controller.output()).not.toContain('stateSynced');
  });
});

test('a certificate that somebody else keeps is served, and so is its successor', async () => {
  await controller.stop();
  const directory = join(stage.plane.dir, 'given');
  mkdirSync(directory);
  const authority = new CertificateAuthority(directory);
  const names = 'DNS:webhook-service.metallb-system.svc';
  const flags = ['--disable-cert-rotation', '--cert-dir', directory];
  controller = await (await stage.startController({ name: 'given', flags })).ready(20_000);
  expect(
    await said(controller, 'no certificate to serve with; looked for again every few seconds'),
  ).toMatchObject({ directory });
  await stage.edit(({ clientConfig, ...rest }) => {
    return { ...rest, clientConfig: { ...clientConfig, caBundle: bundle(authority.cert) } };
  });
  authority.issue('tls', '/CN=webhook', names);
  await works(20_000);
  const served = controller.lines().length;
  authority.issue('tls', '/CN=webhook', names);
  await eventually(
    'the successor is in use',
    () =>
      controller
        .lines()
        .slice(served)
        .some(({ msg }) => msg === 'certificate in use') || undefined,
    20_000,
  );
  expect(await apply()).toContain('created');
  await controller.stop();
  // What was found in the configuration is somebody else's, until rotation is on again.
  controller = await (await stage.startController({ name: 'rotating' })).ready();
  await works();
}, 100_000);

const IN = ['-n', 'metallb-system'];
