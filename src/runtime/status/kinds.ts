import type { Resource } from '../kube/index.ts';

/** Where objects of a kind are written, in the version that is stored. */
export type KindResource = Resource & { readonly namespace: string };

/** crd.md §1 */
const KINDS: ReadonlyMap<string, { readonly plural: string; readonly version: string }> = new Map([
  ['IPAddressPool', { plural: 'ipaddresspools', version: 'v1beta1' }],
  ['AddressPool', { plural: 'addresspools', version: 'v1beta1' }],
  ['L2Advertisement', { plural: 'l2advertisements', version: 'v1beta1' }],
  ['BGPAdvertisement', { plural: 'bgpadvertisements', version: 'v1beta1' }],
  ['BGPPeer', { plural: 'bgppeers', version: 'v1beta2' }],
  ['BFDProfile', { plural: 'bfdprofiles', version: 'v1beta1' }],
  ['Community', { plural: 'communities', version: 'v1beta1' }],
]);

export function resourceOf(kind: string, namespace: string): KindResource | undefined {
  const found = KINDS.get(kind);
  if (found === undefined) return undefined;
  const { plural: resource, version } = found;
  return { group: 'metallb.io', version, resource, namespace };
}
