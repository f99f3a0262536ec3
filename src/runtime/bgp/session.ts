import {
  type BfdProfile,
  type Config,
  type Labels,
  type Peer,
  type Selector,
  anySelects,
} from '../model/index.ts';
import { familyOf } from '../net/index.ts';

/** A session that this node runs. */
export interface Session {
  /** Who talks to whom, as in `64513@192.0.2.1:179-64512@`; unique, whatever peers are called. legacy.md §6.9 */
  readonly key: string;
  /** Both in one AS, or not. RFC 4271 §1.1 */
  readonly kind: 'internal' | 'external';
  readonly peer: Peer;
  /** What `peer.bfdProfile` names; absent: no BFD, or no such profile. */
  readonly bfd?: BfdProfile;
}

/**
 * The sessions of a node, in the order of the peers.
 *
 * @param labels - of the node; `undefined`: not known yet, so that only what selects every node is for it
 */
export function sessionsOn(
  { peers, bfdProfiles }: Config,
  labels: Labels | undefined,
): readonly Session[] {
  const profiles = new Map(bfdProfiles.map((profile) => [profile.name, profile]));
  const seen = new Map<string, number>();
  return peers
    .filter(({ nodeSelectors }) => isFor(nodeSelectors, labels))
    .map((peer) => {
      const bfd = peer.bfdProfile === undefined ? undefined : profiles.get(peer.bfdProfile);
      const kind = peer.myASN === peer.peerASN ? 'internal' : 'external';
      const session = { key: distinctKey(keyOf(peer), seen), kind, peer } as const;
      return bfd === undefined ? session : { ...session, bfd };
    });
}

/** Whether any selector is for the node. crd.md §2.3 */
export function isFor(selectors: readonly Selector[], labels: Labels | undefined): boolean {
  if (labels !== undefined) return anySelects(selectors, labels);
  return selectors.length === 0 || selectors.some(({ requirements }) => requirements.length === 0);
}

function keyOf({ myASN, peerASN, address, port, sourceAddress, vrf }: Peer): string {
  const host = familyOf(address) === 'ipv6' ? `[${address}]` : address;
  const key = `${peerASN}@${host}:${port}-${myASN}@${sourceAddress ?? ''}`;
  return vrf === undefined ? key : `${key}%${vrf}`;
}

/** Peers that differ in their timers only are two sessions nonetheless. legacy.md §1.5 */
function distinctKey(key: string, seen: Map<string, number>): string {
  const count = (seen.get(key) ?? 0) + 1;
  seen.set(key, count);
  return count === 1 ? key : `${key}#${count}`;
}
