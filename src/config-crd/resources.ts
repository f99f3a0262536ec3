import type { Labels, ObjectReference, Problem, Secret } from '../runtime/model/index.ts';

/** The kinds of the group `metallb.io` that configure. crd.md §1 */
export const RESOURCE_KINDS = [
  'IPAddressPool',
  'AddressPool',
  'L2Advertisement',
  'BGPAdvertisement',
  'BGPPeer',
  'BFDProfile',
  'Community',
] as const;
export type ResourceKind = (typeof RESOURCE_KINDS)[number];

/** The objects that configure, and what they refer to, as far as it is known. */
export interface ResourceSet {
  /** Objects of the group `metallb.io` in any served version, as JSON and in any order; others are passed over. */
  readonly objects: readonly unknown[];
  /** The Secrets of the namespace that peers may name, by name. */
  readonly secrets: ReadonlyMap<string, SecretContent>;
  /** Labels of the nodes by name; absent where nobody looked: then no two sets of nodes are held to be apart or not. */
  readonly nodes?: ReadonlyMap<string, Labels>;
  /** What the ConfigMap `bgpextras` holds under `extras`. */
  readonly bgpExtras?: string;
}

/** A Secret as far as a peer's password is concerned. */
export interface SecretContent {
  readonly type: string;
  /** Absent where there is no key `password`. */
  readonly password?: Secret;
}

/** A problem and the object that has it. `path` starts inside the object: `spec.addresses[0]`. */
export interface ResourceProblem extends Problem {
  /** Absent where no single object is to blame. */
  readonly object?: ObjectReference;
}
