import { type ApiClient, ApiError, type Resource } from './api.ts';
import { elements, member, text } from './json.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch';

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

/** Whether we may do something, by SelfSubjectAccessReview: asking is never forbidden to whom may log in. */
export async function isAllowed(
  client: ApiClient,
  verb: Verb,
  { group, version, resource, namespace = '' }: Resource,
  signal?: AbortSignal,
): Promise<boolean> {
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { verb, group, version, resource, namespace } },
  };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const review = await client.request({ method: 'POST', path, body, ...(signal && { signal }) });
  return member(member(review, 'status'), 'allowed') === true;
}

/** Whether a resource is served and may be listed and watched. */
export async function isAvailable(
  client: ApiClient,
  resource: Resource,
  signal?: AbortSignal,
): Promise<boolean> {
  if (!(await isServed(client, resource, signal))) return false;
  if (!(await isAllowed(client, 'list', resource, signal))) return false;
  return isAllowed(client, 'watch', resource, signal);
}
