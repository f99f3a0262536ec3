import type { Pool, ServiceView } from '../../src/runtime/model/index.ts';
import { type Duration, seconds } from '../../src/runtime/platform/ports.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { ServiceApi } from '../support/service-api.ts';
import { serviceView } from '../support/views.ts';
import { type Release, RunningController, configOf } from './running-controller.ts';

/** An API with Services, and a clock under which controllers run. */
export class SimulatedCluster {
  readonly clock: ManualClock = new ManualClock();
  readonly api: ServiceApi = new ServiceApi(this.clock, new SeededRandom());
  readonly #release: Release;

  constructor(release: Release = {}) {
    this.#release = release;
  }

  start(): RunningController {
    return new RunningController(this.api, this.clock, new SeededRandom(), this.#release);
  }

  /** A controller that is configured, knows every Service, and has settled. */
  async startSettled(...pools: readonly Pool[]): Promise<RunningController> {
    const running = this.start();
    running.controller.apply(configOf(...pools));
    running.controller.synced();
    await this.pass();
    return running;
  }

  async pass(time: Duration = seconds(1)): Promise<void> {
    await this.clock.advanceAsync(time);
  }

  /** Creates a Service, or changes one. */
  put(key: string, over: Partial<ServiceView> = {}): void {
    this.api.put({ ...serviceView(key), ...this.api.view(key), ...over });
  }

  /** The first address of each Service. */
  addressesOf(...keys: string[]): (string | undefined)[] {
    return keys.map((key) => this.api.view(key)?.ingress[0]);
  }
}

/** A creation time so many minutes into 2026. */
export function stamp(minutes: number): string {
  return new Date(Date.UTC(2026, 0, 1) + minutes * 60_000).toISOString().replace('.000', '');
}
