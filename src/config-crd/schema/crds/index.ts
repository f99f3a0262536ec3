import type { ResourceKind } from '../../resources.ts';
import type { CustomResourceDefinition } from '../definition.ts';
import { BGP_ADVERTISEMENTS, L2_ADVERTISEMENTS } from './advertisements.ts';
import { BFD_PROFILES } from './bfd-profiles.ts';
import { COMMUNITIES } from './communities.ts';
import { BGP_PEERS } from './peers.ts';
import { ADDRESS_POOLS, IP_ADDRESS_POOLS } from './pools.ts';

/** The definitions of the seven kinds, by kind. */
export const CRDS: Readonly<Record<ResourceKind, CustomResourceDefinition>> = {
  IPAddressPool: IP_ADDRESS_POOLS,
  AddressPool: ADDRESS_POOLS,
  L2Advertisement: L2_ADVERTISEMENTS,
  BGPAdvertisement: BGP_ADVERTISEMENTS,
  BGPPeer: BGP_PEERS,
  BFDProfile: BFD_PROFILES,
  Community: COMMUNITIES,
};
