import type { Family } from '../../net/index.ts';

const UNICAST = 1;
const AFI = { ipv4: 1, ipv6: 2 } as const;

/** What the wire calls a family: AFI and, being unicast, SAFI 1. RFC 4760 §6 */
export function afiSafiOf(family: Family): { readonly afi: number; readonly safi: number } {
  return { afi: AFI[family], safi: UNICAST };
}

/** `undefined`: a family that this speaker does not know. */
export function familyFor(afi: number, safi: number): Family | undefined {
  if (safi !== UNICAST) return undefined;
  if (afi === AFI.ipv4) return 'ipv4';
  return afi === AFI.ipv6 ? 'ipv6' : undefined;
}
