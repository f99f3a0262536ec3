import { type IpAddress, familyOf, ipToBytes } from '../../net/index.ts';
import type { Link } from '../../platform/ports.ts';

type RouterLinks = readonly Pick<Link, 'addresses' | 'linkLocal'>[];

/** What the router id of a node is made of. */
export interface RouterIdentity {
  /** As in the peer's configuration; counts only where it is IPv4 and not 0.0.0.0. */
  readonly configured: IpAddress | undefined;
  /** The address of this end of the connection. */
  readonly local: IpAddress;
  readonly links: RouterLinks;
  readonly nodeName: string;
}

/** The BGP Identifier, which looks like an IPv4 address and need not be one. legacy.md §6.6, RFC 6286 §2.1 */
export function routerIdOf({ configured, local, links, nodeName }: RouterIdentity): number {
  const address = [configured, local, firstIpv4Beside(local, links)].find(
    (candidate) => candidate !== undefined && familyOf(candidate) === 'ipv4' && !isNone(candidate),
  );
  if (address !== undefined) return word(ipToBytes(address));
  const checksum = crc32(new TextEncoder().encode(nodeName));
  // As the original stores it: the lowest octet first.
  return word(Uint8Array.of(checksum, checksum >>> 8, checksum >>> 16, checksum >>> 24));
}

/** Whether this is the one IPv4 address that no speaker may be identified by. RFC 6286 §2.1 */
export function isNone(routerId: IpAddress): boolean {
  return routerId === '0.0.0.0';
}

function firstIpv4Beside(local: IpAddress, links: RouterLinks): IpAddress | undefined {
  const owner = links.find(
    ({ addresses, linkLocal }) => linkLocal === local || addresses?.includes(local) === true,
  );
  return owner?.addresses?.find((address) => familyOf(address) === 'ipv4');
}

function word(octets: Uint8Array): number {
  return new DataView(octets.buffer, octets.byteOffset).getUint32(0);
}

/** IEEE 802.3, bits reflected. */
function crc32(octets: Uint8Array): number {
  let checksum = ~0;
  for (const octet of octets) {
    checksum ^= octet;
    for (let bit = 0; bit < 8; bit += 1) {
      checksum = (checksum >>> 1) ^ (checksum & 1 ? 0xedb88320 : 0);
    }
  }
  return ~checksum >>> 0;
}
