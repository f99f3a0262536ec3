import { isDeepStrictEqual } from 'node:util';
import type { Compat, ServiceView } from '../../model/index.ts';
import type { IpAddress } from '../../net/index.ts';
import type { Clock, Logger, Random } from '../../platform/ports.ts';
import type { ApiClient } from '../api.ts';
import { Informer } from '../reflection/informer.ts';
import { type Json, withoutManagedFields } from '../json.ts';
import { type Assignment, coreResource, getService, putServiceStatus } from './resources.ts';
import { serviceView } from './views.ts';

/** Hears about Services; called synchronously, must not throw. */
export interface ServiceListener {
  /** `undefined`: the Service is no more. */
  changed(key: string, view: ServiceView | undefined): void;
  synced(): void;
}

export interface ServiceStoreOptions {
  readonly client: ApiClient;
  readonly listener: ServiceListener;
  /** Which annotations count; v0.12 unless said. */
  readonly compat?: Compat;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

interface CachedService {
  readonly view: ServiceView;
  /** The object as text, a quarter of its size as values; it is needed only to write a status. */
  readonly source: string;
}

/** All Services, and the way to publish their addresses. */
export class ServiceStore {
  readonly name = 'services';
  readonly #client: ApiClient;
  readonly #informer: Informer<CachedService>;

  constructor({ client, listener, compat, ...ports }: ServiceStoreOptions) {
    this.#client = client;
    this.#informer = new Informer<CachedService>({
      ...ports,
      client,
      resource: coreResource('services'),
      project: (object) => ({
        view: serviceView(object, compat),
        source: JSON.stringify(withoutManagedFields(object)),
      }),
      listener: {
        changed: (key, now) => listener.changed(key, now?.view),
        synced: () => listener.synced(),
      },
    });
  }

  get synced(): boolean {
    return this.#informer.synced;
  }

  get(key: string): ServiceView | undefined {
    return this.#informer.get(key)?.view;
  }

  *views(): Generator<ServiceView> {
    for (const [, { view }] of this.#informer.entries()) yield view;
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#informer.run(signal);
  }

  /**
   * Writes the addresses decided from `view`. A Service that says something else by now is a `conflict` without
   * being asked for. What was written is in the cache, and told to the listener, before this resolves. Rejects when
   * the server refuses for other reasons or cannot be reached.
   *
   * @param from - the pool to name in the annotation `ip-allocated-from-pool`; absent: the annotations stay
   */
  async publish(
    view: ServiceView,
    addresses: readonly IpAddress[],
    from?: Assignment['from'],
  ): Promise<'written' | 'conflict' | 'gone'> {
    const cached = this.#informer.get(view.key);
    if (cached === undefined) return 'gone';
    if (cached.view !== view && !isDeepStrictEqual(cached.view, view)) return 'conflict';
    const commit = this.#informer.reserve(view.key);
    const object = JSON.parse(cached.source) as Json;
    const assignment = { addresses, ...(from && { from }) };
    const outcome = await putServiceStatus(this.#client, view.key, object, assignment);
    if (outcome.kind === 'written') commit(outcome.object);
    return outcome.kind;
  }

  /** Reads a Service anew; the listener hears of it if it is not as it was known. */
  async refresh(key: string): Promise<void> {
    const commit = this.#informer.reserve(key);
    commit(await getService(this.#client, key));
  }
}
