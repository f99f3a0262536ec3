import { type ControlPlane, NAMESPACE } from '../../cluster/index.ts';

export type Account = 'controller' | 'speaker';

/** One request as the authorizer saw it. */
interface Entry {
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly responseStatus?: { readonly code: number };
  readonly stageTimestamp: string;
  /** Absent: no resource was asked for, as in discovery. */
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly apiGroup?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
}

/** Objects whose names the tests and the recorder make up. */
const ANY_NAME = new Set(['services', 'services/status', 'events']);

/** `verb resource[.group] namespace name` of legacy.md §8.1's rules; `*` for all namespaces or any name, `-` for none. */
export const REQUIRED: Readonly<Record<Account, readonly string[]>> = {
  controller: [
    'list services * -',
    'watch services * -',
    'update services/status default *',
    'create events default *',
    `list configmaps ${NAMESPACE} config`,
    `watch configmaps ${NAMESPACE} config`,
    `list secrets ${NAMESPACE} memberlist`,
    `create secrets ${NAMESPACE} memberlist`,
    `get deployments.apps ${NAMESPACE} controller`,
  ],
  speaker: [
    'list services * -',
    'watch services * -',
    'get endpointslices.discovery.k8s.io default kubernetes',
    'list endpointslices.discovery.k8s.io * -',
    'watch endpointslices.discovery.k8s.io * -',
    'list nodes * own',
    'watch nodes * own',
    'create events default *',
    `list configmaps ${NAMESPACE} config`,
    `watch configmaps ${NAMESPACE} config`,
    `list pods ${NAMESPACE} -`,
  ],
};

/** What a refused configuration, a repeated Event or an object that changed meanwhile call for. */
export const OCCASIONAL: Readonly<Record<Account, readonly string[]>> = {
  controller: [
    'get services default *',
    'patch events default *',
    `create events ${NAMESPACE} *`,
    `patch events ${NAMESPACE} *`,
  ],
  speaker: [
    'patch events default *',
    `create events ${NAMESPACE} *`,
    `patch events ${NAMESPACE} *`,
    'create selfsubjectaccessreviews.authorization.k8s.io * -',
  ],
};

/** What an account asked of the server so far. */
export class Requests {
  readonly #entries: readonly Entry[];

  constructor(entries: readonly Entry[]) {
    this.#entries = entries;
  }

  static of(plane: ControlPlane, account: Account): Requests {
    const username = `system:serviceaccount:${NAMESPACE}:${account}`;
    const entries = plane.audit() as readonly Entry[];
    return new Requests(entries.filter(({ user }) => user.username === username));
  }

  get count(): number {
    return this.#entries.length;
  }

  /** Those after the first `count`. */
  after(count: number): Requests {
    return new Requests(this.#entries.slice(count));
  }

  /** Those that the authorizer refused. */
  get forbidden(): Requests {
    return new Requests(this.#entries.filter(({ responseStatus }) => responseStatus?.code === 403));
  }

  /** Distinct requests for resources, as {@link REQUIRED} spells them, sorted. */
  get asked(): string[] {
    return [...new Set(this.each)].sort();
  }

  /** Every request for a resource, in order. */
  get each(): string[] {
    return this.#entries.flatMap((entry) => {
      const { objectRef } = entry;
      return objectRef?.resource === undefined ? [] : [spelled(entry.verb, objectRef)];
    });
  }

  /** Paths that name no resource: discovery. */
  get discovery(): string[] {
    const paths = this.#entries
      .filter(({ objectRef }) => objectRef?.resource === undefined)
      .map(({ requestURI }) => new URL(requestURI, 'https://kubernetes').pathname);
    return [...new Set(paths)].sort();
  }
}

function spelled(verb: string, reference: NonNullable<Entry['objectRef']>): string {
  const { resource = '', subresource, apiGroup, namespace = '*', name = '-' } = reference;
  const kind = subresource === undefined ? resource : `${resource}/${subresource}`;
  const group = apiGroup === undefined ? '' : `.${apiGroup}`;
  const named = resource === 'nodes' && name !== '-' ? 'own' : name;
  return `${verb} ${kind}${group} ${namespace} ${ANY_NAME.has(kind) && name !== '-' ? '*' : named}`;
}
