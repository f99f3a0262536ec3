import type { EndpointView } from '../../model/index.ts';
import { type Clock, type Logger, type Random, millis, seconds } from '../../platform/ports.ts';
import { isAllowed, isAvailable } from '../access.ts';
import { type ApiClient, ApiError, ConnectionError, type Resource, pathOf } from '../api.ts';
import { Informer } from '../reflection/informer.ts';
import { type Json, identify } from '../json.ts';
import { backOff, jittered, longestPause, pause } from '../pause.ts';
import { coreResource } from './resources.ts';
import { endpointsView, serviceOfSlice, sliceViews } from './views.ts';

/** Hears which Service's endpoints changed; called synchronously, must not throw. */
export interface EndpointsListener {
  changed(serviceKey: string): void;
  synced(): void;
}

export interface EndpointsOptions {
  readonly client: ApiClient;
  /** `--disable-epslices`. */
  readonly slices: 'detect' | 'disabled';
  readonly listener: EndpointsListener;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** The part of a Service's endpoints that one object holds. */
interface Part {
  readonly service: string | undefined;
  /** Of the watch that told of the object. */
  readonly source: AbortSignal;
  readonly views: readonly EndpointView[];
}

const NO_PARTS: readonly Part[] = [];

const ENDPOINTS = coreResource('endpoints');

/** The endpoints of every Service, from EndpointSlices where there are any to be had, else from Endpoints. */
export class EndpointStore {
  readonly name = 'endpoints';
  readonly #options: EndpointsOptions;
  /** By Service: what each object tells of it, as the informer keeps it. */
  readonly #services = new Map<string, readonly Part[]>();
  #synced = false;

  constructor(options: EndpointsOptions) {
    this.#options = options;
  }

  get synced(): boolean {
    return this.#synced;
  }

  /** All endpoints of a Service; `undefined` where no object speaks of it, which is not the same as none. */
  get(serviceKey: string): readonly EndpointView[] | undefined {
    const parts = this.#services.get(serviceKey);
    return parts?.flatMap(({ views }) => views);
  }

  /** Chooses what to watch and watches it until `signal` aborts; chooses again when the server withdraws it. */
  async run(signal: AbortSignal): Promise<void> {
    const { logger } = this.#options;
    let resource = await this.#choose(signal);
    while (resource !== undefined) {
      if (resource !== ENDPOINTS) logger.info({ op: 'New', msg: 'using endpoint slices' });
      resource = await this.#watch(resource, signal);
    }
  }

  /** Resolves with what to watch instead, or with nothing once `signal` aborts. */
  async #watch(resource: Resource, signal: AbortSignal): Promise<Resource | undefined> {
    const { client, clock, random, logger } = this.#options;
    const watching = new AbortController();
    const stop = (): void => watching.abort(signal.reason);
    signal.addEventListener('abort', stop);
    let other: Promise<Resource | undefined> | undefined;
    const source = watching.signal;
    const partOf = resource === ENDPOINTS ? endpointsPart : slicePart;
    const informer = new Informer<Part>({
      client,
      clock,
      random,
      logger,
      resource,
      project: (object) => partOf(object, source),
      listener: {
        changed: (_key, now, before) => this.#changed(now, before),
        synced: () => this.#took(source),
        unavailable: () => {
          other ??= this.#another(resource, watching);
        },
      },
    });
    await informer.run(watching.signal);
    signal.removeEventListener('abort', stop);
    return other;
  }

  /** Looks for another resource than the one that cannot be had any more, and then stops watching that one. */
  async #another(resource: Resource, watching: AbortController): Promise<Resource | undefined> {
    const { clock, random } = this.#options;
    const { signal } = watching;
    for (let attempt = 0; !isOver(signal); attempt += 1) {
      const ceiling = backOff(attempt, seconds(5), seconds(180));
      await pause(clock, jittered(ceiling, random), signal);
      const found = isOver(signal) ? undefined : await this.#choose(signal);
      if (found !== undefined && pathOf(found) !== pathOf(resource)) {
        watching.abort(new Error('endpoints are learnt from another resource'));
        return found;
      }
    }
    return undefined;
  }

  /** A list is complete: what another watch told before does not count any more. */
  #took(source: AbortSignal): void {
    const outdated = [...this.#services.values()].flat().filter((part) => part.source !== source);
    for (const part of outdated) this.#changed(undefined, part);
    if (this.#synced) return;
    this.#synced = true;
    this.#options.listener.synced();
  }

  /** Asks until there is an answer; `undefined` once `signal` aborts. */
  async #choose(signal: AbortSignal): Promise<Resource | undefined> {
    const { client, slices, clock, random, logger } = this.#options;
    if (slices === 'disabled') return ENDPOINTS;
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        return await endpointsResource(client, signal);
      } catch (error) {
        if (!isRefusal(error, signal)) throw error;
        logger.debug({
          op: 'New',
          error: error.message,
          msg: 'cannot tell whether there are slices',
        });
        await pause(
          clock,
          jittered(backOff(failures, millis(200), longestPause(error)), random),
          signal,
        );
      }
    }
    return undefined;
  }

  #changed(now: Part | undefined, before: Part | undefined): void {
    const { listener } = this.#options;
    if (before?.service !== undefined && before.service !== now?.service) {
      const left = this.#partsOf(before.service).filter((part) => part !== before);
      if (left.length === 0) this.#services.delete(before.service);
      else this.#services.set(before.service, left);
      listener.changed(before.service);
    }
    if (now?.service === undefined) return;
    const parts = this.#partsOf(now.service);
    // A list made by spreading has room for more, for each of thousands of Services.
    const isThere = before !== undefined && parts.includes(before);
    const next = isThere ? parts.map((part) => (part === before ? now : part)) : parts.concat(now);
    this.#services.set(now.service, next);
    listener.changed(now.service);
  }

  #partsOf(service: string): readonly Part[] {
    return this.#services.get(service) ?? NO_PARTS;
  }
}

/**
 * What to learn endpoints from: slices of the newest version that is served, may be had, and whose
 * `default/kubernetes` can be read, as the original tests it; Endpoints otherwise. legacy.md §0.3
 */
async function endpointsResource(client: ApiClient, signal?: AbortSignal): Promise<Resource> {
  for (const version of ['v1', 'v1beta1']) {
    const slices = { group: 'discovery.k8s.io', version, resource: 'endpointslices' };
    if ((await isAvailable(client, slices, signal)) && (await isReadable(client, slices, signal))) {
      return slices;
    }
  }
  return ENDPOINTS;
}

async function isReadable(
  client: ApiClient,
  slices: Resource,
  signal?: AbortSignal,
): Promise<boolean> {
  const namespaced = { ...slices, namespace: 'default' };
  if (!(await isAllowed(client, 'get', namespaced, signal))) return false;
  const path = pathOf(namespaced, 'kubernetes');
  try {
    await client.request({ method: 'GET', path, ...(signal && { signal }) });
    return true;
  } catch (error) {
    if (error instanceof ApiError && (error.code === 403 || error.code === 404)) return false;
    throw error;
  }
}

/** Asked after every await, where the compiler believes that nothing can have changed. */
function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** What asking again may heal; an abort is left to the loop to notice. */
function isRefusal(error: unknown, signal: AbortSignal): error is Error {
  return error instanceof ApiError || error instanceof ConnectionError || error === signal.reason;
}

function endpointsPart(object: Json, source: AbortSignal): Part {
  return { service: identify(object)?.key, source, views: endpointsView(object) };
}

function slicePart(object: Json, source: AbortSignal): Part {
  return { service: serviceOfSlice(object), source, views: sliceViews(object) };
}
