import { type Family, type IpAddress, familyOf } from '../../../net/index.ts';
import type { Attributes } from '../../attributes.ts';

/** What is known of this end, for the next hop of routes. */
export interface NextHops {
  /** This end's address of the TCP connection. */
  readonly session: IpAddress;
  /** This end's link-local address where the peer is on the link; goes along with IPv6. RFC 2545 §3 */
  readonly linkLocal?: IpAddress;
  /** The node's addresses, for routes of the family that the session does not run over. product.md §5 #13 */
  readonly node: Readonly<Partial<Record<Family, IpAddress>>>;
}

/**
 * The next hop of a route of the family.
 *
 * @returns `undefined`: there is none, so that the route cannot be sent
 */
export function nextHopOf(
  { nextHop }: Attributes,
  family: Family,
  { session, node }: NextHops,
): IpAddress | undefined {
  const address = nextHop === 'session' ? session : node[family];
  return address !== undefined && familyOf(address) === family ? address : undefined;
}
