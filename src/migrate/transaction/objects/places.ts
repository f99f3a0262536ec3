import { CRDS } from '../../../config-crd/schema/index.ts';
import { type Resource, coreResource, pathOf } from '../../../runtime/kube/index.ts';
import type { Manifest } from '../../manifests/manifest.ts';

/** What says which object is meant. */
export type Reference = Pick<Manifest, 'apiVersion' | 'kind' | 'metadata'>;

/** What refers to something comes after it; what is announced comes last, so that nothing agrees before all is there. */
const ORDER: readonly string[] = [
  ...['Secret', 'Community', 'BFDProfile', 'BGPPeer', 'AddressPool', 'IPAddressPool'],
  ...['L2Advertisement', 'BGPAdvertisement'],
];

/** As in `IPAddressPool/teal`. */
export function keyOf({ kind, metadata }: Reference): string {
  return `${kind}/${metadata.name}`;
}

/** What is applied first comes first. */
export function inOrder<T extends Reference>(objects: readonly T[]): readonly T[] {
  return objects.toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}

/** The collection that an object belongs to; only Secrets and the kinds of `metallb.io` are written. */
export function collectionOf({ apiVersion, kind }: Reference, namespace: string): Resource {
  if (kind === 'Secret') return coreResource('secrets', namespace);
  const [group = '', version = ''] = apiVersion.split('/');
  const resource = Object.values(CRDS).find(({ spec }) => spec.names.kind === kind);
  if (resource === undefined) throw new TypeError(`${kind} is not written`);
  return { group, version, resource: resource.spec.names.plural, namespace };
}

export function pathTo(object: Reference, namespace: string): string {
  return pathOf(collectionOf(object, namespace), object.metadata.name);
}

const DEFINITIONS = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  resource: 'customresourcedefinitions',
} as const;

/** Where definitions are: all of them, or one. */
export function definitionPath(name?: string): string {
  return name === undefined ? pathOf(DEFINITIONS) : pathOf(DEFINITIONS, name);
}

/** A Service by `namespace/name`. */
export function servicePath(key: string): string {
  const [namespace = '', name = ''] = key.split('/');
  return pathOf(coreResource('services', namespace), name);
}
