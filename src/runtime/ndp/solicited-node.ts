import { type IpAddress, ipFromBytes, ipToBytes } from '../net/index.ts';

/** ff02::1:ff00:0/104, before the last three octets of the address take its place. RFC 4291 §2.7.1 */
export const SOLICITED_NODE_PREFIX: Uint8Array = Uint8Array.of(
  ...[0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0xff],
);

/** The multicast group to which neighbors send solicitations for `address`. */
export function solicitedNodeGroup(address: IpAddress): IpAddress {
  return ipFromBytes(Uint8Array.of(...SOLICITED_NODE_PREFIX, ...ipToBytes(address).subarray(13)));
}
