import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ServiceView } from '../../src/runtime/model/index.ts';
import { millis, seconds } from '../../src/runtime/platform/ports.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { ServiceApi } from '../support/service-api.ts';
import { poolOf, serviceView } from '../support/views.ts';
import { RunningController, configOf } from './running-controller.ts';

const config = configOf(poolOf('p', ['192.0.2.0/30']), poolOf('q', ['192.0.2.8/31']));

const changes: fc.Arbitrary<Partial<ServiceView>> = fc.oneof(
  fc.record({ loadBalancerIP: fc.constantFrom('', '192.0.2.0', '192.0.2.1', '192.0.2.9') }),
  fc.record({ addressPool: fc.constantFrom('', 'p', 'q') }),
  fc.record({ type: fc.constantFrom('LoadBalancer', 'LoadBalancer', 'ClusterIP') }),
  fc.record({ labels: fc.record({ a: fc.constantFrom('b', 'c') }) }),
);

/** What users do to one of a few Services: create or change it, or delete it. */
const steps = fc.array(
  fc.record({
    at: fc.nat(600),
    service: fc.nat(7),
    change: fc.option(changes, { freq: 6, nil: undefined }),
  }),
  { minLength: 8, maxLength: 40 },
);

const weather = fc.constantFrom(
  { slowest: 40, refused: 0, lost: 0 },
  { slowest: 40, refused: 0.2, lost: 0.2 },
);

test('at no time do two Services carry one address, however late and lossy the API is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), steps, weather, async (seed, todo, badWeather) => {
      const clock = new ManualClock();
      const api = new ServiceApi(clock, new SeededRandom(seed));
      const carriers = (): ServiceView[] =>
        [...api.objects.values()].flatMap(({ view }) => (view?.ingress.length ? [view] : []));
      const doubles: string[] = [];
      api.onWrite = (key) => {
        const mine = api.view(key)?.ingress[0];
        const others = carriers().filter((view) => view.key !== key && view.ingress[0] === mine);
        doubles.push(...others.map((other) => `${key} and ${other.key}: ${mine ?? ''}`));
      };
      for (const { at, service, change } of todo) {
        const key = `ns/s${service}`;
        clock.after(millis(at), () => {
          const view = api.view(key) ?? serviceView(key, { createdAt: `${at % 3}` });
          if (change === undefined) api.delete(key);
          else api.put({ ...view, ...change });
        });
      }
      api.weather = badWeather;
      const running = new RunningController(api, clock, new SeededRandom(seed));
      running.controller.apply(config);
      running.controller.synced();
      await clock.advanceAsync(seconds(1));
      api.weather = { slowest: 40, refused: 0, lost: 0 };
      await clock.advanceAsync(seconds(200));

      expect(doubles).toEqual([]);
      const inUse = carriers().filter(({ type }) => type === 'LoadBalancer').length;
      expect([...running.usage.values()].reduce((sum, pool) => sum + pool.inUse, 0)).toBe(inUse);
      const idle = [...api.objects.values()].filter(
        ({ view }) => view?.type === 'LoadBalancer' && view.ingress.length === 0,
      );
      const free = 6 - inUse;
      const unpinned = idle.filter(({ view }) => !view?.loadBalancerIP && !view?.addressPool);
      expect(free > 0 ? unpinned : []).toEqual([]);
    }),
  );
});
