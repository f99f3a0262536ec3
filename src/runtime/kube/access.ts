import { type ApiClient, ApiError, type Resource } from './api.ts';
import { elements, member, text } from './json.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

/** Whether the server serves a resource, by discovery. */
async function isServed(
  client: ApiClient,
  { group, version, resource }: Resource,
  signal?: AbortSignal,
): Promise<boolean> {
  const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  try {
    const found = await client.request({ method: 'GET', path, ...(signal && { signal }) });
    return elements(member(found, 'resources')).some(
      (one) => text(member(one, 'name')) === resource,
    );
  } catch (error) {
    if (error instanceof ApiError && error.code === 404) return false;
    throw error;
  }
}

/** What a right is about: all objects of a resource, or the one that is named. */
export interface Subject extends Resource {
  readonly name?: string;
  /** As in `status`. */
  readonly subresource?: string;
}

/** Whether we may do something, by SelfSubjectAccessReview: asking is never forbidden to whom may log in. */
export async function isAllowed(
  client: ApiClient,
  verb: Verb,
  { group, version, resource, namespace = '', ...more }: Subject,
  signal?: AbortSignal,
): Promise<boolean> {
  const { name = '', subresource = '' } = more;
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: {
      resourceAttributes: { verb, group, version, resource, subresource, namespace, name },
    },
  };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const review = await client.request({ method: 'POST', path, body, ...(signal && { signal }) });
  return member(member(review, 'status'), 'allowed') === true;
}

/**
 * Why a resource cannot be listed and watched, or `undefined` if it can: 404 where it is not served, 403 where the
 * right is missing, as the server itself would say if it were tried.
 */
export async function obstacleTo(
  client: ApiClient,
  resource: Resource,
  signal?: AbortSignal,
): Promise<ApiError | undefined> {
  const { group, version } = resource;
  if (!(await isServed(client, resource, signal))) {
    const where = group === '' ? version : `${group}/${version}`;
    return new ApiError(404, 'NotFound', `${resource.resource} of ${where} are not served here`);
  }
  for (const verb of ['list', 'watch'] as const) {
    if (await isAllowed(client, verb, resource, signal)) continue;
    return new ApiError(403, 'Forbidden', `there is no right to ${verb} ${resource.resource}`);
  }
  return undefined;
}

/** Whether a resource is served and may be listed and watched. */
export async function isAvailable(
  client: ApiClient,
  resource: Resource,
  signal?: AbortSignal,
): Promise<boolean> {
  return (await obstacleTo(client, resource, signal)) === undefined;
}
