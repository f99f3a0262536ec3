/** What a peer is named by. */
export interface PeerTraits {
  /** Canonical. */
  readonly address: string;
  readonly port: number;
  /** All that it says, as one text: equal for peers that no order tells apart. */
  readonly content: string;
}

/**
 * A name for each peer, made of its address; of its port too, and then of a number, where others have the same address.
 * Numbers go by what the peers say, so that the order of the document means nothing.
 */
export function peerNames(peers: readonly PeerTraits[]): readonly string[] {
  const names = new Map<PeerTraits, string>();
  for (const [plain, alike] of groupedBy(peers, ({ address }) => plainName(address))) {
    if (alike.length === 1) {
      for (const peer of alike) names.set(peer, plain);
      continue;
    }
    for (const [exact, twins] of groupedBy(alike, ({ port }) => `${plain}-port-${port}`)) {
      const sorted = twins.toSorted((a, b) => (a.content < b.content ? -1 : 1));
      sorted.forEach((peer, index) => {
        names.set(peer, sorted.length === 1 ? exact : `${exact}-${index + 1}`);
      });
    }
  }
  return peers.map((peer) => names.get(peer) ?? '');
}

/** As in `peer-192-0-2-1` and `peer-2001-db8--1`. */
function plainName(address: string): string {
  const text = address.endsWith(':') ? `${address}0` : address;
  return `peer-${text.replaceAll(/[.:]/g, '-')}`;
}

function groupedBy(
  peers: readonly PeerTraits[],
  key: (peer: PeerTraits) => string,
): ReadonlyMap<string, readonly PeerTraits[]> {
  const groups = new Map<string, PeerTraits[]>();
  for (const peer of peers) {
    const group = groups.get(key(peer));
    if (group === undefined) groups.set(key(peer), [peer]);
    else group.push(peer);
  }
  return groups;
}
