import {
  type ApiClient,
  ApiError,
  type Json,
  elements,
  isAllowed,
  member,
  pathOf,
} from '../kube/index.ts';
import { type Clock, type Duration, type Logger, seconds } from '../platform/ports.ts';
import { inBackground } from './background.ts';
import { type KindResource, resourceOf } from './kinds.ts';

export interface SchemaOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly namespace: string;
}

/** Marks the CRDs whose status has our fields: the original's has none, and nobody wants it filled. */
const SCHEMA_MARK = { annotation: 'metal-lb.io/schema', value: 'v1' } as const;

/** How long an answer is believed. */
const ASK_AGAIN: Duration = seconds(300);
const DEFINITIONS = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  resource: 'customresourcedefinitions',
};

interface Answer {
  readonly askedAt: Duration;
  readonly obstacle: string | undefined;
}

/**
 * Of which kinds we may write the status: where the CRD is ours, and there is the right. Nothing forbidden is tried;
 * what stands in the way is said once, in a debug line. product.md §2
 */
export class Schemas {
  readonly #options: SchemaOptions;
  readonly #answers = new Map<string, Answer>();

  constructor(options: SchemaOptions) {
    this.#options = { ...options, client: inBackground(options.client) };
  }

  /** Whether the status of objects of a kind may be written. Rejects as the client does where there is no answer. */
  async mayWrite(kind: string, signal: AbortSignal): Promise<boolean> {
    const known = this.#answers.get(kind);
    if (known !== undefined && this.#options.clock.now() - known.askedAt < ASK_AGAIN) {
      return known.obstacle === undefined;
    }
    const obstacle = await this.#obstacle(kind, signal);
    this.#note(kind, obstacle);
    return obstacle === undefined;
  }

  /** A write was refused all the same: leaves the kind alone for a while. */
  refused(kind: string, why: string): void {
    this.#note(kind, why);
  }

  #note(kind: string, obstacle: string | undefined): void {
    const before = this.#answers.get(kind);
    const { clock, logger } = this.#options;
    this.#answers.set(kind, { askedAt: clock.now(), obstacle });
    if (obstacle === undefined || before?.obstacle === obstacle) return;
    logger.debug({ op: 'writeStatus', kind, reason: obstacle, msg: 'no status is written' });
  }

  async #obstacle(kind: string, signal: AbortSignal): Promise<string | undefined> {
    const { client, namespace } = this.#options;
    const resource = resourceOf(kind, namespace);
    if (resource === undefined) return 'the kind is not known';
    const name = `${resource.resource}.${resource.group}`;
    if (!(await isAllowed(client, 'get', { ...DEFINITIONS, name }, signal))) {
      return `there is no right to get the CRD ${name}`;
    }
    const definition = await this.#definition(name, signal);
    const foreign =
      definition === undefined ? 'there is no CRD' : strangeness(definition, resource);
    if (foreign !== undefined) return foreign;
    const status = { ...resource, subresource: 'status' };
    if (await isAllowed(client, 'patch', status, signal)) return undefined;
    return `there is no right to patch ${resource.resource}/status`;
  }

  async #definition(name: string, signal: AbortSignal): Promise<Json> {
    const path = pathOf(DEFINITIONS, name);
    try {
      return await this.#options.client.request({ method: 'GET', path, signal });
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return undefined;
      throw error;
    }
  }
}

/** Why a CRD is not one whose status we fill. */
function strangeness(definition: Json, { version }: KindResource): string | undefined {
  const annotations = member(member(definition, 'metadata'), 'annotations');
  if (member(annotations, SCHEMA_MARK.annotation) !== SCHEMA_MARK.value) {
    return 'the CRD is not ours';
  }
  const versions = elements(member(member(definition, 'spec'), 'versions'));
  const ours = versions.find((one) => member(one, 'name') === version);
  const hasStatus = member(member(ours, 'subresources'), 'status') !== undefined;
  return hasStatus ? undefined : `the CRD has no status in ${version}`;
}
