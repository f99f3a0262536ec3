import type { ApiObject, Filter } from './object-store.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

/** One request as the server understands it. */
export interface Route {
  readonly verb: Verb | 'discover' | 'review' | 'unknown';
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
  readonly query: URLSearchParams;
}

/** `group/version` (or `version` for the core group) to the resources served there. */
export const SERVED: Readonly<Record<string, readonly string[]>> = {
  v1: ['services', 'endpoints', 'configmaps', 'nodes', 'pods', 'secrets', 'events'],
  'apps/v1': ['deployments'],
  'apiextensions.k8s.io/v1': ['customresourcedefinitions'],
  'discovery.k8s.io/v1': ['endpointslices'],
  'discovery.k8s.io/v1beta1': ['endpointslices'],
  'metallb.io/v1beta1': [
    'ipaddresspools',
    'addresspools',
    'l2advertisements',
    'bgpadvertisements',
    'bfdprofiles',
    'communities',
  ],
  'metallb.io/v1beta2': ['bgppeers'],
};

export const KINDS: Readonly<Record<string, string>> = {
  services: 'Service',
  endpoints: 'Endpoints',
  configmaps: 'ConfigMap',
  nodes: 'Node',
  pods: 'Pod',
  secrets: 'Secret',
  events: 'Event',
  deployments: 'Deployment',
  customresourcedefinitions: 'CustomResourceDefinition',
  endpointslices: 'EndpointSlice',
  ipaddresspools: 'IPAddressPool',
  addresspools: 'AddressPool',
  l2advertisements: 'L2Advertisement',
  bgpadvertisements: 'BGPAdvertisement',
  bgppeers: 'BGPPeer',
  bfdprofiles: 'BFDProfile',
  communities: 'Community',
};

export function parseRoute(method: string, url: string): Route {
  const { pathname, searchParams: query } = new URL(url, 'http://localhost');
  const [root, ...parts] = pathname.split('/').slice(1).map(decodeURIComponent);
  const [group = '', version = '', ...rest] = root === 'api' ? ['', ...parts] : parts;
  const [namespace, named] = splitNamespace(rest);
  const [resource = '', name = '', subresource = ''] = named;
  const route = { group, version, resource, namespace, name, subresource, query };
  if (resource === '') return { ...route, verb: 'discover' };
  if (resource === 'selfsubjectaccessreviews') return { ...route, verb: 'review' };
  return { ...route, verb: verbOf(method, name, query) };
}

function splitNamespace(parts: readonly string[]): [string, readonly string[]] {
  const namespaced = parts[0] === 'namespaces' && parts.length > 2;
  return namespaced ? [parts[1] ?? '', parts.slice(2)] : ['', parts];
}

function verbOf(method: string, name: string, query: URLSearchParams): Route['verb'] {
  if (method === 'GET' && query.get('watch') === '1') return 'watch';
  if (method === 'GET') return name === '' ? 'list' : 'get';
  const writes: Record<string, Verb> = {
    POST: 'create',
    PUT: 'update',
    PATCH: 'patch',
    DELETE: 'delete',
  };
  return writes[method] ?? 'unknown';
}

/** What the namespace and the selectors of a request let through. */
export function filterOf({ namespace, query }: Route): Filter {
  const fields = requirements(query.get('fieldSelector'));
  const labels = requirements(query.get('labelSelector'));
  return (object: ApiObject) =>
    (namespace === '' || object.metadata.namespace === namespace) &&
    fields.every(([path, value]) => hasField(object, path, value)) &&
    labels.every(([label, value]) => object.metadata.labels?.[label] === value);
}

/** The two fields that anybody here selects by; `type!` is how a selector that excludes a type begins. */
function hasField(object: ApiObject, path: string, value: string): boolean {
  if (path === 'metadata.name') return object.metadata.name === value;
  return path === 'type!' && object['type'] !== value;
}

function requirements(selector: string | null): readonly (readonly [string, string])[] {
  if (selector === null || selector === '') return [];
  return selector.split(',').map((requirement) => {
    const [name = '', value = ''] = requirement.split(/==?/);
    return [name, value];
  });
}
