import { type IpAddress, type MacAddress } from '../net/index.ts';
import { encodeAdvertisement } from './message.ts';

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
