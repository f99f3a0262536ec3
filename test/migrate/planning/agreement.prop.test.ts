import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Forecast,
  forecast,
  forecastChange,
} from '../../../src/migrate/planning/simulation/forecast.ts';
import { type Compat, RELEASES, isServed } from '../../../src/runtime/model/index.ts';
import type { Situation } from '../../../src/migrate/planning/index.ts';
import { type Observed, Production } from './production.ts';
import { configs, situations } from './scenes.ts';

const RUNS = Number(process.env['FC_RUNS'] ?? 12);

/** What the programs did, of the Services that a plan speaks of. */
function planned(
  observed: ReadonlyMap<string, Observed>,
  { services, rules }: Situation,
): Record<string, object> {
  const spoken = services.filter(
    (view) => view.type === 'LoadBalancer' && isServed(view, rules.compat, rules.lbClass),
  );
  return Object.fromEntries(
    spoken.map(({ key }) => {
      const { addresses = [], layer2 = [], bgp = [] } = observed.get(key) ?? {};
      return [key, { addresses, layer2, bgp }];
    }),
  );
}

function foretold({ services }: Forecast): Record<string, object> {
  return Object.fromEntries(
    [...services].map(([key, { addresses, layer2, routes = [] }]) => {
      const bgp = [...new Set(routes.flatMap(({ nodes }) => nodes))].sort();
      return [key, { addresses, layer2: layer2?.node === undefined ? [] : [layer2.node], bgp }];
    }),
  );
}

/** Native mode sends no IPv6, whatever the speaker says it announces. */
function withoutSilentRoutes(told: Record<string, object>): Record<string, object> {
  return Object.fromEntries(
    Object.entries(told).map(([key, one]) => {
      const { addresses, bgp } = one as Observed;
      const sent = addresses.some((address) => !address.includes(':'));
      return [key, { ...one, bgp: sent ? bgp : [] }];
    }),
  );
}

describe.each(RELEASES)('with the rules of %s', (compat: Compat) => {
  test('what is foretold of a configuration is what controller and speakers come to', async () => {
    await fc.assert(
      fc.asyncProperty(situations(compat), configs, async (situation, config) => {
        const production = new Production(situation);
        await production.apply(config);
        const came = planned(await production.observe(), situation);
        expect(foretold(forecast(config, situation))).toEqual(withoutSilentRoutes(came));
      }),
      { numRuns: RUNS },
    );
  });

  test('what is foretold of a change is what comes of it, refused by running programs or not', async () => {
    await fc.assert(
      fc.asyncProperty(situations(compat), configs, configs, async (situation, before, after) => {
        const production = new Production(situation);
        await production.apply(before);
        const acceptance = await production.apply(after);
        if (acceptance.kind === 'refused') await production.restart(after);
        const came = planned(await production.observe(), situation);
        const later = { later: situation, restart: false };
        const told = forecastChange([before, after], situation, later);
        expect(told.acceptance).toEqual(acceptance);
        expect(foretold(told.after)).toEqual(withoutSilentRoutes(came));
      }),
      { numRuns: RUNS },
    );
  });
});
