import { type ApiClient, ApiError, type Json, member } from '../../kube/index.ts';
import { type Clock, type Duration, type Logger, seconds } from '../../platform/ports.ts';

/** One thing to be allowed to do, to one object where it is named. */
export interface Right {
  readonly verb: 'get' | 'create' | 'patch';
  readonly group: string;
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
}

export interface PermitsOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long a missing right is taken for missing. */
const ASK_AGAIN: Duration = seconds(180);
const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

/**
 * What we may do, asked before it is tried, so that nothing forbidden is tried over and over. A missing right is told
 * once by its name, and so is its arrival.
 */
export class Permits {
  readonly #options: PermitsOptions;
  readonly #granted = new Set<string>();
  readonly #missing = new Map<string, Duration>();

  constructor(options: PermitsOptions) {
    this.#options = options;
  }

  /** Whether there is this right; rejects as the client does where the server does not answer. */
  async has(right: Right, signal: AbortSignal): Promise<boolean> {
    const text = rightText(right);
    if (this.#granted.has(text)) return true;
    const { clock, logger } = this.#options;
    const askedAt = this.#missing.get(text);
    if (askedAt !== undefined && clock.now() - askedAt < ASK_AGAIN) return false;
    const allowed = await this.#ask(right, signal);
    if (allowed) {
      this.#granted.add(text);
      if (this.#missing.delete(text)) {
        logger.info({ op: 'webhook', right: text, msg: 'the right has been granted' });
      }
      return true;
    }
    if (askedAt === undefined) logger.warn({ op: 'webhook', right: text, msg: MISSING });
    this.#missing.set(text, clock.now());
    return false;
  }

  /** As `act`, with a refusal taken for a right that has been taken away. */
  async using<T>(right: Right, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      if (error instanceof ApiError && error.code === 403) this.#granted.delete(rightText(right));
      throw error;
    }
  }

  async #ask(right: Right, signal: AbortSignal): Promise<boolean> {
    const { verb, group, resource, namespace = '', name = '' } = right;
    const body: Json = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb, group, resource, namespace, name } },
    };
    const review = await this.#options.client.request({
      method: 'POST',
      path: REVIEWS,
      body,
      signal,
    });
    return member(member(review, 'status'), 'allowed') === true;
  }
}

const MISSING = 'a right is missing; the webhook does without, and looks again in a few minutes';

/** As in `patch customresourcedefinitions.apiextensions.k8s.io/bgppeers.metallb.io`. */
function rightText({ verb, group, resource, namespace, name }: Right): string {
  const where = namespace === undefined ? '' : ` in ${namespace}`;
  const which = name === undefined ? '' : `/${name}`;
  return `${verb} ${resource}${group === '' ? '' : `.${group}`}${which}${where}`;
}
