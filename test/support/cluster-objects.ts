import { CRDS } from '../../src/config-crd/schema/index.ts';
import { type ApiCall, type ApiClient, ApiError } from '../../src/runtime/kube/index.ts';

/** An object as a manifest has it. */
export interface ClusterObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly [member: string]: unknown;
  };
  readonly [member: string]: unknown;
}

/** A cluster that consists of these objects: it can only be asked, and may forbid some of the questions. */
export class ClusterObjects implements ApiClient {
  readonly objects: ClusterObject[];
  /** Every request: method, path and query. */
  readonly asked: string[] = [];
  /** Resources that may not be read, as in `nodes`. */
  readonly forbidden: Set<string> = new Set<string>();
  /** What requests fail with. */
  failure: Error | undefined;

  constructor(objects: readonly ClusterObject[]) {
    this.objects = [...objects];
  }

  async request({ method, path, query = {} }: ApiCall): Promise<unknown> {
    this.asked.push(`${method} ${path} ${new URLSearchParams(query).toString()}`.trim());
    if (this.failure !== undefined) throw this.failure;
    const { apiVersion, namespace, resource, name } = placeOf(path);
    if (this.forbidden.has(resource)) {
      throw new ApiError(403, 'Forbidden', `${resource} is forbidden`);
    }
    const found = this.objects.filter(
      (one) =>
        one.apiVersion === apiVersion &&
        pluralOf(one.kind) === resource &&
        (namespace === undefined || one.metadata.namespace === namespace),
    );
    if (name === undefined) return pageOf(found, query);
    const object = found.find((one) => one.metadata.name === name);
    if (object === undefined) throw new ApiError(404, 'NotFound', `${resource} "${name}"`);
    return object;
  }

  watch(): Promise<never> {
    return Promise.reject(new Error('nothing is watched'));
  }
}

interface Place {
  readonly apiVersion: string;
  readonly namespace?: string;
  readonly resource: string;
  readonly name?: string;
}

/** Takes `/apis/group/version/namespaces/ns/plural/name` and its like apart. */
function placeOf(path: string): Place {
  const found =
    /^\/apis?\/(?<apiVersion>(?:[^/]+\/)?v\d\w*)(?:\/namespaces\/(?<namespace>[^/]+)(?=\/))?\/(?<resource>[^/]+)(?:\/(?<name>[^/]+))?$/.exec(
      path,
    );
  return found?.groups as unknown as Place;
}

/** Items of a list do not say what they are. */
function pageOf(found: readonly ClusterObject[], query: NonNullable<ApiCall['query']>): object {
  const start = Number(query['continue'] ?? 0);
  const end = start + Number(query['limit'] ?? Infinity);
  const items = found
    .slice(start, end)
    .map((one) => ({ ...one, kind: undefined, apiVersion: undefined }));
  return { metadata: end < found.length ? { continue: String(end) } : {}, items };
}

function pluralOf(kind: string): string {
  const ours = Object.values(CRDS).find(({ spec }) => spec.names.kind === kind);
  if (ours !== undefined) return ours.spec.names.plural;
  const plain = kind.toLowerCase();
  return plain === 'endpoints' ? plain : `${plain}s`;
}
