import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ServiceView } from '../../src/runtime/model/index.ts';
import { millis, seconds } from '../../src/runtime/platform/ports.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { ServiceApi } from '../support/service-api.ts';
import { poolOf, serviceView } from '../support/views.ts';
import { RunningController, configOf } from './running-controller.ts';

const config = configOf(poolOf('p', ['192.0.2.0/28']));

/** One thing a user does, so many milliseconds after the start. */
type Step =
  | {
      readonly at: number;
      readonly kind: 'create';
      readonly service: number;
      readonly age: number;
      readonly sharing: boolean;
      readonly port: number;
    }
  | { readonly at: number; readonly kind: 'delete' | 'touch' | 'share'; readonly service: number };

const at = fc.nat(400);
const service = fc.nat(9);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      at,
      kind: fc.constant('create' as const),
      service,
      age: fc.nat(3),
      sharing: fc.boolean(),
      port: fc.constantFrom(80, 80, 53),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ at, kind: fc.constantFrom('delete', 'touch', 'share'), service }),
  },
);

interface Run {
  readonly api: ServiceApi;
  /** The controller that was left. */
  readonly after: RunningController;
  /** For each Service, in order: an address it lost to a younger one or to nobody. */
  readonly injustices: readonly string[];
  /** What a third controller wrote that started when all was settled. */
  readonly writesAtRestart: number;
}

/** An old controller at work, a new one starting beside it, and the old one ending, while users do things. */
async function overlap(seed: number, steps: readonly Step[], lost: number): Promise<Run> {
  const clock = new ManualClock();
  const random = new SeededRandom(seed);
  const api = new ServiceApi(clock, random);
  const justice = new Justice(api);
  for (const each of steps) clock.after(millis(each.at), () => perform(api, each));
  api.weather = { slowest: 60, refused: lost, lost };
  const begin = (): RunningController => {
    const running = new RunningController(api, clock, random);
    running.controller.apply(config);
    running.controller.synced();
    return running;
  };
  const before = begin();
  await clock.advanceAsync(millis(120));
  const after = begin();
  await clock.advanceAsync(millis(400));
  before.cache.connected = false;
  await Promise.all([before.controller.stop(), clock.advanceAsync(seconds(1))]);
  api.weather = { slowest: 60, refused: 0, lost: 0 };
  await clock.advanceAsync(seconds(200));
  const settled = justice.writes;
  after.cache.connected = false;
  begin();
  await clock.advanceAsync(seconds(1));
  const { injustices, writes } = justice;
  return { api, after, injustices, writesAtRestart: writes - settled };
}

function perform(api: ServiceApi, step: Step): void {
  const key = `ns/s${step.service}`;
  const view = api.view(key);
  if (step.kind === 'delete') api.delete(key);
  else if (step.kind === 'create') {
    if (view !== undefined) return;
    const createdAt = `2026-01-01T00:00:0${step.age}Z`;
    const ports = [{ protocol: 'TCP', port: step.port }];
    const uid = `${key} created at ${step.at}`;
    api.put(serviceView(key, { uid, createdAt, ports, sharingKey: step.sharing ? 'k' : '' }));
  } else if (view !== undefined) {
    const change = step.kind === 'touch' ? { labels: { at: `${step.at}` } } : { sharingKey: 'k' };
    api.put({ ...view, ...change });
  }
}

/** Watches that nobody loses an address to a younger Service, or for nothing. */
class Justice {
  readonly injustices: string[] = [];
  writes = 0;
  readonly #api: ServiceApi;
  /** Everyone who carried an address so far, as they then were. */
  readonly #carried = new Map<string, ServiceView[]>();
  readonly #last = new Map<string, string>();

  constructor(api: ServiceApi) {
    this.#api = api;
    api.onWrite = (key) => this.#note(key);
  }

  #note(key: string): void {
    this.writes += 1;
    const view = this.#api.view(key);
    const now = view?.ingress[0];
    if (view === undefined) return;
    const before = this.#last.get(view.uid);
    if (before !== undefined && before !== now && view.sharingKey === '') {
      const elder = this.#carried.get(before)?.some((other) => precedes(other, view));
      if (!elder) this.injustices.push(`${key} lost ${before}`);
    }
    if (now === undefined) return;
    this.#last.set(view.uid, now);
    this.#carried.set(now, [...(this.#carried.get(now) ?? []), view]);
  }
}

function precedes(a: ServiceView, b: ServiceView): boolean {
  return a.createdAt < b.createdAt || (a.createdAt === b.createdAt && a.key < b.key);
}

/** Pairs of Services that carry one address and may not share it. */
function duplicates(views: readonly ServiceView[]): string[] {
  return views.flatMap((a, index) =>
    views
      .slice(index + 1)
      .filter((b) => a.ingress[0] === b.ingress[0] && !mayShare(a, b))
      .map((b) => `${a.key} and ${b.key} both have ${b.ingress.join()}`),
  );
}

function mayShare(a: ServiceView, b: ServiceView): boolean {
  const [portA, portB] = [a.ports[0]?.port, b.ports[0]?.port];
  return a.sharingKey === 'k' && b.sharingKey === 'k' && portA !== portB;
}

test('two controllers side by side end with an address for every Service and none twice; the elder keeps its own', async () => {
  const lost = fc.constantFrom(0, 0, 0.1);
  const steps = fc.array(step, { minLength: 8, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(fc.integer(), steps, lost, async (seed, todo, failing) => {
      const { api, after, injustices, writesAtRestart } = await overlap(seed, todo, failing);
      const views = [...api.objects.values()].flatMap(({ view }) => (view ? [view] : []));
      expect(duplicates(views)).toEqual([]);
      expect(views.filter(({ ingress }) => ingress.length !== 1)).toEqual([]);
      expect(injustices).toEqual([]);
      expect(writesAtRestart).toBe(0);
      const inUse = new Set(views.map(({ ingress }) => ingress[0])).size;
      expect(after.usage.get('p')).toMatchObject({ inUse, services: views.length });
    }),
  );
});
