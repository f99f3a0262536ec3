/**
 * Real routers to speak with, each in a namespace of its own: FRR, BIRD and GoBGP of the distribution, behind one face.
 *
 * @packageDocumentation
 */
import type { Namespace } from '../netns.ts';
import { BirdPeer } from './bird/bird.ts';
import { FrrPeer } from './frr/frr.ts';
import { GobgpPeer } from './gobgp/gobgp.ts';
import type { BgpPeer, PeerKind, RouterSettings } from './peer.ts';

export type { BgpPeer, NeighborSettings, PeerKind, PeerRoute, RouterSettings } from './peer.ts';
export { PeerSite } from './site.ts';

export const PEER_KINDS: readonly PeerKind[] = ['frr', 'bird', 'gobgp'];

/** Resolves when the router answers. */
export function startPeer(
  kind: PeerKind,
  namespace: Namespace,
  settings: RouterSettings,
): Promise<BgpPeer> {
  switch (kind) {
    case 'frr':
      return FrrPeer.start(namespace, settings);
    case 'bird':
      return BirdPeer.start(namespace, settings);
    case 'gobgp':
      return GobgpPeer.start(namespace, settings);
  }
}
