import { type ResourceSet, type SecretContent, readResources } from '../../src/config-crd/index.ts';
import type { AdmissionRequest } from '../../src/runtime/webhook/review/admission.ts';
import type { ReviewFacts } from '../../src/runtime/webhook/review/resources.ts';

const NAMESPACE = 'metallb-system';

export interface AnObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec?: unknown;
}

/** A resource as kubectl sends it. */
export function anObject(kind: string, name: string, spec?: unknown): AnObject {
  const apiVersion = `metallb.io/${kind === 'BGPPeer' ? 'v1beta2' : 'v1beta1'}`;
  return { apiVersion, kind, metadata: { name, namespace: NAMESPACE }, spec };
}

export const aPool = (name: string, ...addresses: readonly string[]): AnObject =>
  anObject('IPAddressPool', name, { addresses });

export const aPeer = (name: string, more: object = {}): AnObject =>
  anObject('BGPPeer', name, {
    myASN: 64512,
    peerASN: 64513,
    peerAddress: '192.0.2.254',
    ...more,
  });

/** The question about writing an object; for DELETE it is the one that goes. */
export function asked(
  operation: 'CREATE' | 'UPDATE' | 'DELETE',
  object: AnObject,
  before?: AnObject,
): AdmissionRequest {
  const { kind, metadata } = object;
  return {
    apiVersion: 'admission.k8s.io/v1',
    uid: 'u-1',
    operation,
    kind,
    ...metadata,
    object: operation === 'DELETE' ? undefined : object,
    oldObject: operation === 'DELETE' ? object : before,
  };
}

export interface Known {
  readonly mode?: ReviewFacts['mode'];
  readonly secrets?: Readonly<Record<string, SecretContent>>;
  readonly secretsRead?: boolean;
  readonly nodes?: ResourceSet['nodes'];
}

/** What a review knows when these objects are stored. */
export function factsOf(
  objects: readonly unknown[],
  { mode = 'frr', secrets = {}, secretsRead = true, nodes }: Known = {},
): ReviewFacts {
  const stored: ResourceSet = {
    objects,
    secrets: new Map(Object.entries(secrets)),
    ...(nodes !== undefined && { nodes }),
  };
  const standing = readResources(stored, { namespace: NAMESPACE, mode });
  return { namespace: NAMESPACE, mode, stored, standing, secretsRead };
}
