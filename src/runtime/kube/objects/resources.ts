import type { IpAddress } from '../../net/index.ts';
import { type ApiClient, ApiError, type Resource, pathOf } from '../api.ts';
import { type Json, elements, identify, isObject, member, text } from '../json.ts';
import { withAllocatedFrom } from './annotations.ts';
import { type PodView, podView } from './views.ts';

/** A resource of the core group, in one namespace or in all. */
export function coreResource(resource: string, namespace?: string): Resource {
  return { group: '', version: 'v1', resource, ...(namespace !== undefined && { namespace }) };
}

/** What became of a write: it holds, another one was quicker, or the object is no more. */
export type WriteOutcome =
  { readonly kind: 'written'; readonly object: Json } | { readonly kind: 'conflict' | 'gone' };

/** What a Service is to have; no addresses at all clear `status.loadBalancer` altogether. legacy.md §3.2 */
export interface Assignment {
  readonly addresses: readonly IpAddress[];
  /** The pool to name in an annotation, `undefined` to remove that; absent: the annotations stay as they are. */
  readonly from?: { readonly pool: string | undefined };
}

/** A Service as it is now, or `undefined` if there is none. `key` is `namespace/name`. */
export function getService(client: ApiClient, key: string, signal?: AbortSignal): Promise<Json> {
  return getOrAbsent(client, servicePath(key), signal);
}

/**
 * Publishes the addresses of a Service by PUT on its `status`, the only write that the rights of a v0.12 install
 * allow. `object` is the Service as last seen: it is sent whole; its version guards the write, and its uid keeps a server from creating anew, by this very PUT, a
 * Service that was deleted meanwhile. What a server takes by it of the metadata are labels and annotations.
 */
export async function putServiceStatus(
  client: ApiClient,
  key: string,
  object: Json,
  { addresses, from }: Assignment,
): Promise<WriteOutcome> {
  if (!isObject(object) || !identify(object)?.uid) throw new TypeError('not a Service as served');
  const { status } = object;
  const metadata = from && { metadata: withAllocatedFrom(object['metadata'], from.pool) };
  const loadBalancer = addresses.length === 0 ? {} : { ingress: addresses.map((ip) => ({ ip })) };
  // The items of a list do not say what they are.
  const kind = { apiVersion: 'v1', kind: 'Service' };
  const newStatus = { ...(isObject(status) && status), loadBalancer };
  const body = { ...kind, ...object, ...metadata, status: newStatus };
  try {
    const path = `${servicePath(key)}/status`;
    return { kind: 'written', object: await client.request({ method: 'PUT', path, body }) };
  } catch (error) {
    if (error instanceof ApiError && error.code === 409) return { kind: 'conflict' };
    if (error instanceof ApiError && error.code === 404) return { kind: 'gone' };
    throw error;
  }
}

/** Whether a Secret of that name is there. Asked by a list: reading one is more than a v0.12 install allows. */
export async function secretExists(
  client: ApiClient,
  namespace: string,
  name: string,
): Promise<boolean> {
  const query = { fieldSelector: `metadata.name=${name}` };
  return (await listAll(client, coreResource('secrets', namespace), query)).length > 0;
}

/** Creates a Secret; `exists` if another one was quicker. */
export async function createSecret(
  client: ApiClient,
  namespace: string,
  secret: Json,
): Promise<'created' | 'exists'> {
  const path = pathOf(coreResource('secrets', namespace));
  try {
    await client.request({ method: 'POST', path, body: secret });
    return 'created';
  } catch (error) {
    if (error instanceof ApiError && error.code === 409) return 'exists';
    throw error;
  }
}

/** The `uid` of a Deployment, by which what it owns refers to it. */
export async function deploymentUid(
  client: ApiClient,
  namespace: string,
  name: string,
): Promise<string> {
  const deployments = { group: 'apps', version: 'v1', resource: 'deployments', namespace };
  const found = await client.request({ method: 'GET', path: pathOf(deployments, name) });
  return text(member(member(found, 'metadata'), 'uid'));
}

/** @param labelSelector as in `app=metallb,component=speaker`; empty for all Pods of the namespace */
export async function listPods(
  client: ApiClient,
  namespace: string,
  labelSelector = '',
  signal?: AbortSignal,
): Promise<readonly PodView[]> {
  const query = labelSelector === '' ? {} : { labelSelector };
  return (await listAll(client, coreResource('pods', namespace), query, signal)).map(podView);
}

async function listAll(
  client: ApiClient,
  resource: Resource,
  query: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<readonly Json[]> {
  const found = await client.request({
    method: 'GET',
    path: pathOf(resource),
    query,
    ...(signal && { signal }),
  });
  return elements(member(found, 'items'));
}

/** An object, or `undefined` where the server knows none of that name. */
async function getOrAbsent(client: ApiClient, path: string, signal?: AbortSignal): Promise<Json> {
  try {
    return await client.request({ method: 'GET', path, ...(signal && { signal }) });
  } catch (error) {
    if (error instanceof ApiError && error.code === 404) return undefined;
    throw error;
  }
}

function servicePath(key: string): string {
  const [namespace = '', name = ''] = key.split('/');
  return pathOf(coreResource('services', namespace), name);
}
