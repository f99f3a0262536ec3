import { ServiceController, type ServiceStatusWriter } from '../../src/runtime/controller/index.ts';
import type { PoolUsage } from '../../src/runtime/allocator/index.ts';
import type { Compat, Config, Pool } from '../../src/runtime/model/index.ts';
import type { Clock, Random } from '../../src/runtime/platform/ports.ts';
import { RecordingEvents } from '../support/recording-events.ts';
import { type LogLine, RecordingLogger } from '../support/recording-logger.ts';
import type { ServiceApi, ServiceCache } from '../support/service-api.ts';

export function configOf(...pools: readonly Pool[]): Config {
  return { pools, peers: [], bfdProfiles: [] };
}

/** How it was started. */
export interface Release {
  readonly compat?: Compat;
  readonly lbClass?: string;
}

/** A controller that has listed the Services of a simulated API, with its ends exposed. */
export class RunningController {
  readonly events: RecordingEvents = new RecordingEvents();
  readonly lines: LogLine[] = [];
  readonly usage: Map<string, PoolUsage> = new Map<string, PoolUsage>();
  processed = 0;
  failed = 0;
  readonly controller: ServiceController;
  readonly cache: ServiceCache;
  /** Whether the controller asked for the namespaces. */
  needsNamespaces = false;

  constructor(api: ServiceApi, clock: Clock, random: Random, release: Release = {}) {
    const { compat = 'v0.12', lbClass } = release;
    const writer: ServiceStatusWriter = {
      publish: (...parameters) => this.cache.publish(...parameters),
      refresh: (key) => this.cache.refresh(key),
    };
    const ports = {
      writer,
      clock,
      random,
      events: this.events,
      log: new RecordingLogger(this.lines),
      observer: {
        processed: () => (this.processed += 1),
        failed: () => (this.failed += 1),
        poolChanged: (usage: PoolUsage) => this.usage.set(usage.pool, usage),
        poolRemoved: (pool: string) => this.usage.delete(pool),
      },
      needNamespaces: () => (this.needsNamespaces = true),
    };
    this.controller = new ServiceController(compat, ports, lbClass);
    this.cache = api.connect((key, view) => this.controller.changed(key, view));
  }

  /** The values of one field in the log so far. */
  logged(field: string): unknown[] {
    return this.lines.map(({ fields }) => fields[field]).filter((value) => value !== undefined);
  }
}
