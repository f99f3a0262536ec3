import { type IpAddress, familyOf } from '../../net/index.ts';

/**
 * Why a router id that is written means nothing, for people. It is taken, as the original took it; sessions use an address of
 * their own. RFC 6286 §2.1, legacy.md §6.6
 *
 * @returns `undefined`: it identifies a router
 */
export function routerIdFlaw(routerId: IpAddress): string | undefined {
  if (routerId === '0.0.0.0') return 'router ID "0.0.0.0" identifies nobody and means nothing';
  if (familyOf(routerId) === 'ipv4') return undefined;
  return `router ID "${routerId}" is not an IPv4 address and means nothing`;
}
