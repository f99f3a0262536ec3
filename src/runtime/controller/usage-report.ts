import { isDeepStrictEqual } from 'node:util';
import type { Allocator, PoolUsage } from '../allocator/index.ts';
import type { ControllerObserver } from './ports.ts';

/** Tells an observer how full the pools are, where that changed. */
export class UsageReport {
  readonly #observer: ControllerObserver;
  #generation = 0;
  #told: ReadonlyMap<string, PoolUsage> = new Map();

  constructor(observer: ControllerObserver) {
    this.#observer = observer;
  }

  tell(allocator: Allocator): void {
    if (allocator.generation === this.#generation) return;
    this.#generation = allocator.generation;
    const now = new Map(allocator.usage().map((figures) => [figures.pool, figures]));
    for (const pool of this.#told.keys()) if (!now.has(pool)) this.#observer.poolRemoved(pool);
    for (const figures of now.values()) {
      if (!sameFigures(figures, this.#told.get(figures.pool))) this.#observer.poolChanged(figures);
    }
    this.#told = now;
  }
}

function sameFigures(a: PoolUsage, b: PoolUsage | undefined): boolean {
  return (
    a.capacity === b?.capacity &&
    a.inUse === b.inUse &&
    a.services === b.services &&
    isDeepStrictEqual(a.families, b.families)
  );
}
