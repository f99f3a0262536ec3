import type { ResourceKind } from '../../../config-crd/index.ts';
import type { Resource } from '../../kube/index.ts';

/** One kind and where it is read. */
export interface KindSource {
  readonly kind: ResourceKind;
  readonly apiVersion: string;
  readonly resource: Resource;
}

const GROUP = 'metallb.io';

/** The storage version of each kind, the one that must be there first. crd.md §1 */
export function kindSources(namespace: string): readonly [KindSource, ...KindSource[]] {
  const source = (kind: ResourceKind, resource: string, version = 'v1beta1'): KindSource => {
    return {
      kind,
      apiVersion: `${GROUP}/${version}`,
      resource: { group: GROUP, version, resource, namespace },
    };
  };
  return [
    source('IPAddressPool', 'ipaddresspools'),
    source('AddressPool', 'addresspools'),
    source('L2Advertisement', 'l2advertisements'),
    source('BGPAdvertisement', 'bgpadvertisements'),
    source('BGPPeer', 'bgppeers', 'v1beta2'),
    source('BFDProfile', 'bfdprofiles'),
    source('Community', 'communities'),
  ];
}
