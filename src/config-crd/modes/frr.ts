import type { Resource } from '../objects/collect.ts';
import type { PeerSpec } from '../objects/kinds.ts';
import type { ProblemReason } from '../objects/reason.ts';

type PeerResource = Resource<PeerSpec>;

/** Refuses what one FRR cannot be configured for: every later peer against those before it, by name. crd.md §2.7 */
export function checkFrr(peers: readonly PeerResource[]): void {
  const [first] = peers;
  if (first === undefined) return;
  const firstOfVrf = new Map<string, PeerResource>();
  const addresses = new Set<string>();
  for (const peer of peers) {
    const { peerAddress = '', vrf = '' } = peer.spec;
    checkRouterID(peer, first);
    checkNumber(peer, firstOfVrf.get(vrf) ?? peer);
    if (!firstOfVrf.has(vrf)) firstOfVrf.set(vrf, peer);
    const key = JSON.stringify([peerAddress, vrf]);
    if (addresses.has(key)) {
      const message = `peer ${peerAddress} already exists, FRR mode doesn't support duplicate BGPPeers`;
      refuse(peer, 'peerAddress', { reason: 'frr-duplicate-peer', message });
    }
    addresses.add(key);
  }
}

/** As texts, over all VRFs; none is a text too. */
function checkRouterID(peer: PeerResource, first: PeerResource): void {
  const routerID = peer.spec.routerID ?? '';
  const wanted = first.spec.routerID ?? '';
  if (routerID === wanted) return;
  const found = `peer ${routerID} has RouterID different from ${wanted}`;
  const message = `${found}, in FRR mode all RouterID must be equal`;
  refuse(peer, 'routerID', { reason: 'frr-router-id-mismatch', message });
}

function checkNumber(peer: PeerResource, first: PeerResource): void {
  if ((peer.spec.myASN ?? 0) === (first.spec.myASN ?? 0)) return;
  const others = first.spec.peerAddress ?? '';
  const found = `peer ${peer.spec.peerAddress ?? ''} has myAsn different from ${others}`;
  const message = `${found}, in FRR mode all myAsn must be equal for the same VRF`;
  refuse(peer, 'myASN', { reason: 'frr-asn-mismatch', message });
}

function refuse(
  { place }: PeerResource,
  key: keyof PeerSpec,
  problem: { reason: ProblemReason; message: string },
): void {
  place.at('spec', key).refuse(problem);
}
