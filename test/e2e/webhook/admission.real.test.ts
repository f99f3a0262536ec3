import { afterAll, beforeAll, expect, test } from 'vitest';
import { NAMESPACE, type RunningProgram } from '../../cluster/index.ts';
import { WebhookStage, pool, resource, said } from './stage.ts';

let stage: WebhookStage;
let controller: RunningProgram;

beforeAll(async () => {
  stage = await WebhookStage.open();
  controller = await (await stage.startController()).ready();
  await said(controller, 'admission and conversion are answered');
});

afterAll(async () => {
  await controller.stop();
  await stage.close();
});

test('a good pool is stored', async () => {
  expect(await stage.apply(pool('harbor', '198.51.100.0/28'))).toContain('harbor created');
  expect(controller.output()).toBe('');
});
