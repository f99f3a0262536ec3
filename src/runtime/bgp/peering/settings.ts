import type { GracefulRestart } from '../fsm/fsm.ts';
import type { BgpMode } from '../rules.ts';
import type { Session } from '../session.ts';
import type { Capability } from '../wire/message.ts';
import type { DialTarget } from './dialer.ts';
import type { PeerSettings } from './peer-session.ts';

/** What sessions do beyond what the original's did. */
export interface PeeringFeatures {
  readonly mode: BgpMode;
  /** RFC 2918 */
  readonly routeRefresh: boolean;
  /** RFC 4724 */
  readonly gracefulRestart?: GracefulRestart;
  /** Hops that a peer may be away, which asks the same of this end; 0: any number. RFC 5082 */
  readonly ttlSecurity: number;
}

const LONGEST_TTL = 255;
/** The field of the OPEN has two octets, and what is longer wraps. legacy.md §1.5 */
const HOLD_TIME_MODULUS = 65_536;

/** What the original's OPEN says, in its order. legacy.md §6.3 */
const FAMILIES: readonly Capability[] = [
  { kind: 'multiprotocol', afi: 1, safi: 1, family: 'ipv4' },
  { kind: 'multiprotocol', afi: 2, safi: 1, family: 'ipv6' },
];

/** How a session is run, from how it is configured. legacy.md §6.2, §6.8 */
export function peerSettings(session: Session, features: PeeringFeatures): PeerSettings {
  const { myASN, peerASN, holdTimeSeconds, keepaliveTimeSeconds } = session.peer;
  return {
    localAsn: myASN,
    peerAsn: peerASN,
    holdTime: holdTimeSeconds % HOLD_TIME_MODULUS,
    keepaliveTime: keepaliveTimeSeconds,
    capabilities: capabilitiesOf(features),
    // MetalLB's own BGP refuses peers that FRR serves. legacy.md §6.2
    servesOldPeers: features.mode === 'frr',
    target: targetOf(session, features),
  };
}

function capabilitiesOf(features: PeeringFeatures): readonly Capability[] {
  const { routeRefresh, gracefulRestart } = features;
  return [
    ...FAMILIES,
    ...(routeRefresh ? [{ kind: 'routeRefresh' } as const] : []),
    ...(gracefulRestart === undefined ? [] : [gracefulRestart]),
  ];
}

/** MetalLB's own BGP reaches as far as packets go; FRR keeps peers of another AS to the next hop. legacy.md §6.2, §6.9 */
function targetOf({ kind, peer }: Session, features: PeeringFeatures): DialTarget {
  const { address, port, sourceAddress, password, vrf, ebgpMultiHop } = peer;
  const isNextHop = features.mode === 'frr' && kind === 'external' && !ebgpMultiHop;
  return {
    address,
    port,
    ...(sourceAddress !== undefined && { source: sourceAddress }),
    ...(password !== undefined && { password: password.reveal() }),
    ...(isNextHop && { ttl: 1 }),
    ...(features.ttlSecurity > 0 && limitsOf(features.ttlSecurity)),
    ...(vrf !== undefined && { device: vrf }),
  };
}

/** What has come from further away has lost more of the 255 that it began with. RFC 5082 §3 */
function limitsOf(hops: number): Pick<DialTarget, 'ttl' | 'minTtl'> {
  return { ttl: LONGEST_TTL, minTtl: LONGEST_TTL - hops + 1 };
}
