import { afterEach, expect, test } from 'vitest';
import type { RunningProgram } from '../../cluster/index.ts';
import { WebhookStage, pool } from './stage.ts';

const PROXY = 'http://127.0.0.1:9';

let stage: WebhookStage;
let controller: RunningProgram | undefined;

afterEach(async () => {
  delete process.env['HTTPS_PROXY'];
  await controller?.stop();
  await stage.close();
});

test('who applies before the controller is there hears why, and who applies once it is ready succeeds', async () => {
  stage = await WebhookStage.open();
  expect(await stage.apply(pool('early', '198.51.100.0/28'))).toContain(
    'dial tcp 192.0.2.1:9443: connect: connection refused',
  );
  controller = await (await stage.startController()).ready();
  expect(await stage.apply(pool('harbor', '198.51.100.0/28'))).toContain('harbor created');
  expect(await stage.apply(pool('again', '198.51.100.0/28'))).toContain('overlaps with');
});

test('an API server behind a proxy that does not spare the Service says so', async () => {
  process.env['HTTPS_PROXY'] = PROXY;
  stage = await WebhookStage.open();
  controller = await (await stage.startController()).ready();
  expect(await stage.apply(pool('harbor', '198.51.100.0/28'))).toContain(
    'proxyconnect tcp: dial tcp 127.0.0.1:9: connect: connection refused',
  );
});
