import { expect, test } from 'vitest';
import { ServiceController } from '../../src/runtime/controller/index.ts';
import { seconds } from '../../src/runtime/platform/ports.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { RecordingEvents } from '../support/recording-events.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { ServiceApi } from '../support/service-api.ts';
import { poolOf, serviceView } from '../support/views.ts';
import { configOf } from './running-controller.ts';

test('what a Service holds is told once its status says so, and that it is gone', async () => {
  const clock = new ManualClock();
  const random = new SeededRandom();
  const api = new ServiceApi(clock, random);
  const heard: string[] = [];
  const cache = api.connect((key, view) => controller.changed(key, view));
  const controller = new ServiceController('v0.12', {
    writer: cache,
    clock,
    random,
    events: new RecordingEvents(),
    log: new RecordingLogger(),
    observer: {
      processed: () => undefined,
      failed: () => undefined,
      poolChanged: () => undefined,
      poolRemoved: () => undefined,
    },
    holders: {
      settled: ({ key, ingress }, lease) => {
        heard.push(
          `${key} ${ingress.join()} ${lease?.pool ?? '-'} ${lease?.addresses.join() ?? ''}`,
        );
      },
      gone: (key) => heard.push(`${key} gone`),
    },
  });
  controller.synced();
  controller.apply(configOf(poolOf('teal', ['192.0.2.7/32'])));
  api.put(serviceView('shop/web'));
  await clock.advanceAsync(seconds(1));
  api.put(serviceView('shop/mail'));
  await clock.advanceAsync(seconds(1));
  api.delete('shop/web');
  await clock.advanceAsync(seconds(1));

  expect(heard[0]).toBe('shop/web 192.0.2.7 teal 192.0.2.7');
  expect(heard).toContain('shop/mail  - ');
  expect(heard).toContain('shop/web gone');
  expect(heard.at(-1)).toBe('shop/mail 192.0.2.7 teal 192.0.2.7');
});
