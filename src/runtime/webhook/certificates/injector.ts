import { type ApiClient, ApiError, type Json, pathOf } from '../../kube/index.ts';
import type { Logger } from '../../platform/ports.ts';
import type { Permits, Right } from './permits.ts';
import { type ServiceName, planTrust } from './trust.ts';

export interface InjectorOptions {
  readonly client: ApiClient;
  readonly permits: Permits;
  readonly logger: Logger;
  readonly service: ServiceName;
}

interface Target {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly name: string;
}

const WEBHOOKS = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  resource: 'validatingwebhookconfigurations',
};
const DEFINITIONS = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  resource: 'customresourcedefinitions',
};
/** Names are the original's; the second is ours, for the legacy ConfigMap. crd.md §2.10, §1.10 */
const TARGETS: readonly Target[] = [
  { ...WEBHOOKS, name: 'metallb-webhook-configuration' },
  { ...WEBHOOKS, name: 'metallb-configmap-webhook-configuration' },
  { ...DEFINITIONS, name: 'addresspools.metallb.io' },
  { ...DEFINITIONS, name: 'bgppeers.metallb.io' },
];
/** So many repairs of one object, and somebody else keeps overwriting it. */
const CONTESTED = 3;

/** Writes the authority into what points to our webhooks, and writes it again whenever somebody took it away. */
export class TrustInjector {
  readonly #options: InjectorOptions;
  /** How often each object was repaired. */
  readonly #repairs = new Map<string, number>();
  readonly #strangers = new Set<string>();

  constructor(options: InjectorOptions) {
    this.#options = options;
  }

  /** Looks at every object once. Rejects as the client does, after the others have been looked at. */
  async inject(authorities: readonly string[], signal: AbortSignal): Promise<void> {
    const looks = TARGETS.map((target) => this.#look(target, authorities, signal));
    const failed = (await Promise.allSettled(looks)).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }

  async #look(target: Target, authorities: readonly string[], signal: AbortSignal): Promise<void> {
    const { service, client } = this.#options;
    const path = pathOf(target, target.name);
    const object = await this.#ifAllowed('get', target, signal, () =>
      client.request({ method: 'GET', path, signal }),
    );
    if (object === undefined) return;
    const plan = planTrust(object, service, authorities);
    if (plan.kind === 'stranger') this.#meet(target, plan.service);
    if (plan.kind !== 'patch') return;
    const patched = await this.#ifAllowed('patch', target, signal, () =>
      client.request({
        method: 'PATCH',
        path,
        query: { fieldManager: 'metal-lb-webhook' },
        contentType: 'application/json-patch+json',
        body: plan.steps,
        signal,
      }),
    );
    if (patched !== undefined) this.#repaired(target);
  }

  /** `undefined` where the right is missing, or what was asked for is not there or not as it was looked at. */
  async #ifAllowed(
    verb: 'get' | 'patch',
    { group, resource, name }: Target,
    signal: AbortSignal,
    act: () => Promise<Json>,
  ): Promise<Json> {
    const { permits } = this.#options;
    const right: Right = { verb, group, resource, name };
    if (!(await permits.has(right, signal))) return undefined;
    try {
      return await permits.using(right, act);
    } catch (error) {
      if (error instanceof ApiError && [404, 409, 422].includes(error.code)) return undefined;
      throw error;
    }
  }

  #repaired({ resource, name }: Target): void {
    const times = (this.#repairs.get(name) ?? 0) + 1;
    this.#repairs.set(name, times);
    const fields = { op: 'webhook', object: `${resource}/${name}` };
    const { logger } = this.#options;
    if (times < CONTESTED) logger.info({ ...fields, msg: 'caBundle set' });
    else if (times > CONTESTED) logger.debug({ ...fields, times, msg: 'caBundle set again' });
    else logger.warn({ ...fields, times, msg: CONTEST });
  }

  #meet({ resource, name }: Target, called: string): void {
    if (this.#strangers.has(name)) return;
    this.#strangers.add(name);
    const { service, logger } = this.#options;
    const own = `${service.namespace}/${service.name}`;
    const msg = 'calls another Service than --cert-service-name names; its caBundle is left alone';
    logger.warn({ op: 'webhook', object: `${resource}/${name}`, calls: called, own, msg });
  }
}

const CONTEST =
  'caBundle set again and again: something else keeps overwriting it; have it ignore that field';
