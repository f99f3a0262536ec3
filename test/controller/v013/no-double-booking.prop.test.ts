import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Pool, ServiceView } from '../../../src/runtime/model/index.ts';
import { millis, seconds } from '../../../src/runtime/platform/ports.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { choosyPool, labeled } from '../../support/pools.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { ServiceApi } from '../../support/service-api.ts';
import { poolOf, serviceView } from '../../support/views.ts';
import { RunningController, configOf } from '../running-controller.ts';

const POOLS: readonly Pool[] = [
  poolOf('p', ['192.0.2.0/30']),
  poolOf('q', ['192.0.2.8/31']),
  choosyPool('r', ['192.0.2.16/31'], { namespaceSelectors: [labeled({ team: 'a' })] }),
];
const ADDRESSES = ['192.0.2.0', '192.0.2.1', '192.0.2.9', '192.0.2.16'];

const changes: fc.Arbitrary<Partial<ServiceView>> = fc.oneof(
  fc.record({ loadBalancerIP: fc.constantFrom('', ...ADDRESSES) }),
  fc.record({ addressPool: fc.constantFrom('', 'p', 'q', 'r') }),
  fc.record({ type: fc.constantFrom('LoadBalancer', 'LoadBalancer', 'ClusterIP') }),
);

/** What happens, so many milliseconds after the start. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('service' as const),
      at: fc.nat(600),
      service: fc.nat(7),
      change: fc.option(changes, { freq: 6, nil: undefined }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('pools' as const),
      at: fc.nat(600),
      pools: fc.subarray([...POOLS]),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('namespace' as const),
      at: fc.nat(600),
      team: fc.constantFrom('a', 'b', undefined),
    }),
  },
);

const weather = fc.constantFrom(
  { slowest: 40, refused: 0, lost: 0 },
  { slowest: 40, refused: 0.2, lost: 0.2 },
);

test('while pools come and go and namespaces change, no two Services ever carry one address', async () => {
  const carried = fc.uniqueArray(fc.constantFrom(...ADDRESSES), { maxLength: 3 });
  const steps = fc.array(step, { minLength: 8, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(fc.integer(), carried, steps, weather, async (seed, ips, todo, badWeather) => {
      const clock = new ManualClock();
      const api = new ServiceApi(clock, new SeededRandom(seed));
      const carriers = (): ServiceView[] =>
        [...api.objects.values()].flatMap(({ view }) =>
          view?.type === 'LoadBalancer' && view.ingress.length > 0 ? [view] : [],
        );
      const doubles: string[] = [];
      api.onWrite = (key) => {
        const mine = carriers().find((view) => view.key === key)?.ingress[0];
        if (mine === undefined) return;
        const others = carriers().filter((view) => view.key !== key && view.ingress[0] === mine);
        doubles.push(...others.map((other) => `${key} and ${other.key}: ${mine}`));
      };
      ips.forEach((ip, index) => {
        const key = `ns/s${index}`;
        api.put(serviceView(key, { ingress: [ip], hasLoadBalancerStatus: true }));
      });
      const running = new RunningController(api, clock, new SeededRandom(seed), {
        compat: 'v0.13',
      });
      const { controller } = running;
      for (const each of todo) {
        clock.after(millis(each.at), () => {
          if (each.kind === 'pools') controller.apply(configOf(...each.pools));
          else if (each.kind === 'namespace') {
            controller.namespaceChanged('ns', each.team && { team: each.team });
          } else {
            const key = `ns/s${each.service}`;
            const view = api.view(key) ?? serviceView(key, { createdAt: `${each.at % 3}` });
            if (each.change === undefined) api.delete(key);
            else api.put({ ...view, ...each.change });
          }
        });
      }
      api.weather = badWeather;
      controller.apply(configOf());
      controller.synced();
      await clock.advanceAsync(seconds(1));
      api.weather = { slowest: 40, refused: 0, lost: 0 };
      controller.namespaceChanged('ns', { team: 'a' });
      controller.apply(configOf(...POOLS));
      await clock.advanceAsync(seconds(700));

      expect(doubles).toEqual([]);
      const inUse = carriers().length;
      expect([...running.usage.values()].reduce((sum, pool) => sum + pool.inUse, 0)).toBe(inUse);
      const idle = [...api.objects.values()].filter(
        ({ view }) => view?.type === 'LoadBalancer' && view.ingress.length === 0,
      );
      const unpinned = idle.filter(({ view }) => !view?.loadBalancerIP && !view?.addressPool);
      expect(inUse < 8 ? unpinned : []).toEqual([]);
    }),
  );
});
