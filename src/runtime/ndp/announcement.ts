import { type IpAddress, type MacAddress, ipToBytes, macFromBytes } from '../net/index.ts';
import { encodeAdvertisement, encodeSolicitation } from './message.ts';
import { solicitedNodeGroup } from './solicited-node.ts';

const ALL_NODES = 'ff02::1' as IpAddress;
const ALL_NODES_MAC = '33:33:00:00:00:01' as MacAddress;

/** The unsolicited advertisement that tells a link where an address is now: R=0 S=0 O=1. legacy.md §5.4 */
export function announcement(
  mac: MacAddress,
  linkLocal: IpAddress,
  address: IpAddress,
): Uint8Array {
  return encodeAdvertisement({
    destinationMac: ALL_NODES_MAC,
    sourceMac: mac,
    source: linkLocal,
    destination: ALL_NODES,
    target: address,
    router: false,
    solicited: false,
    override: true,
    linkLayerAddress: mac,
  });
}

/**
 * Asks who has the address, as a neighbor would: without the source link-layer address option speakers of the original
 * do not answer (legacy.md §5.4). Nobody learns an address of ours from it but the link-local one. RFC 4861 §4.3
 */
export function question(mac: MacAddress, linkLocal: IpAddress, address: IpAddress): Uint8Array {
  const destination = solicitedNodeGroup(address);
  const group = ipToBytes(destination).subarray(12);
  return encodeSolicitation({
    destinationMac: macFromBytes(Uint8Array.of(0x33, 0x33, ...group)),
    sourceMac: mac,
    source: linkLocal,
    destination,
    target: address,
    linkLayerAddress: mac,
  });
}
