import type { ServiceStatusWriter } from '../../src/runtime/controller/index.ts';
import type { ServiceView } from '../../src/runtime/model/index.ts';
import { type Clock, type Random, millis } from '../../src/runtime/platform/ports.ts';

interface Stored {
  readonly version: number;
  /** Absent once deleted. */
  readonly view: ServiceView | undefined;
}

/** Hands over what a cache learns: `ServiceController.changed`. */
type Changed = (key: string, view: ServiceView | undefined) => void;

/** The pool to name in the annotation `ip-allocated-from-pool`. */
type Origin = Parameters<ServiceStatusWriter['publish']>[2];

/** How long things take, and what goes wrong. */
export interface Weather {
  /** The longest a request, an answer or a watch event takes, in milliseconds; 0 is at once. */
  readonly slowest: number;
  /** The share of requests that are refused. */
  readonly refused: number;
  /** The share of requests that take effect, but their answers are lost. */
  readonly lost: number;
}

/** Services behind an API with resource versions; caches learn of changes late and out of order. */
export class ServiceApi {
  readonly objects: Map<string, Stored> = new Map<string, Stored>();
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #caches = new Set<ServiceCache>();
  #version = 0;
  weather: Weather = { slowest: 0, refused: 0, lost: 0 };
  /** Called after every status write. */
  onWrite: (key: string) => void = () => {};

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  view(key: string): ServiceView | undefined {
    return this.objects.get(key)?.view;
  }

  put(view: ServiceView): void {
    this.#store(view.key, view);
  }

  delete(key: string): void {
    if (this.view(key) !== undefined) this.#store(key, undefined);
  }

  connect(changed: Changed): ServiceCache {
    const cache = new ServiceCache(this, changed);
    this.#caches.add(cache);
    cache.list();
    return cache;
  }

  /** Writes the status if the object is still the one of this version. */
  replaceStatus(
    key: string,
    version: number,
    ingress: readonly string[],
    from?: Origin,
  ): 'written' | 'conflict' | 'gone' {
    const stored = this.objects.get(key);
    if (stored?.view === undefined) return 'gone';
    if (stored.version !== version) return 'conflict';
    const status = { ingress, hasLoadBalancerStatus: ingress.length > 0 };
    this.#store(key, withOrigin({ ...stored.view, ...status }, from));
    this.onWrite(key);
    return 'written';
  }

  /** Whether something of this share happens now. */
  happens(share: number): boolean {
    return this.#random.float() < share;
  }

  /** Lets one trip over the network pass. */
  async trip(): Promise<void> {
    const { slowest } = this.weather;
    if (slowest === 0) return;
    const delay = millis(this.#random.float() * slowest);
    await new Promise<void>((resolve) => this.#clock.after(delay, resolve));
  }

  #store(key: string, view: ServiceView | undefined): void {
    this.#version += 1;
    const stored = { version: this.#version, view };
    this.objects.set(key, stored);
    for (const cache of this.#caches) void this.trip().then(() => cache.learn(key, stored));
  }
}

/** What one controller knows, and its way to write. Never goes back in time for any one object. */
export class ServiceCache implements ServiceStatusWriter {
  readonly #api: ServiceApi;
  readonly #changed: Changed;
  readonly #known = new Map<string, Stored>();
  /** Set to cut the controller off. */
  connected = true;

  constructor(api: ServiceApi, changed: Changed) {
    this.#api = api;
    this.#changed = changed;
  }

  learn(key: string, stored: Stored): void {
    if (!this.connected || stored.version <= (this.#known.get(key)?.version ?? 0)) return;
    this.#known.set(key, stored);
    this.#changed(key, stored.view);
  }

  /** Reads everything anew. */
  list(): void {
    for (const [key, stored] of this.#api.objects) this.learn(key, stored);
  }

  async publish(
    view: ServiceView,
    addresses: readonly string[],
    from?: Origin,
  ): Promise<'written' | 'conflict' | 'gone'> {
    const version = this.#known.get(view.key)?.version ?? 0;
    await this.#api.trip();
    if (this.#api.happens(this.#api.weather.refused)) throw new Error('connection refused');
    const result = this.#api.replaceStatus(view.key, version, addresses, from);
    const stored = this.#api.objects.get(view.key);
    await this.#api.trip();
    if (this.#api.happens(this.#api.weather.lost)) throw new Error('connection reset');
    if (result === 'written' && stored !== undefined) this.learn(view.key, stored);
    return result;
  }

  async refresh(key: string): Promise<void> {
    await this.#api.trip();
    const stored = this.#api.objects.get(key);
    await this.#api.trip();
    if (stored !== undefined) this.learn(key, stored);
  }
}

function withOrigin(view: ServiceView, from: Origin): ServiceView {
  if (from === undefined) return view;
  const { allocatedFrom, ...rest } = view;
  if (allocatedFrom === from.pool) return view;
  return from.pool === undefined ? rest : { ...rest, allocatedFrom: from.pool };
}
