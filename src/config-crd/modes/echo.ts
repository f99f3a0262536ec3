import type { BfdProfile, Peer } from '../../runtime/model/index.ts';
import type { Place } from '../objects/place.ts';

/** A pool's addresses and to whom they are announced. */
export interface AnnouncedPool {
  readonly name: string;
  readonly hasIpv6: boolean;
  /** In order; the one that an AddressPool implies has no name. */
  readonly announcements: readonly { readonly name: string; readonly peers: readonly string[] }[];
  readonly place: Place;
}

/**
 * Refuses, in every mode, to announce IPv6 addresses to a peer whose BFD profile has echo mode, which is IPv4 only: the
 * first such peer of each pool. crd.md §2.7
 */
export function checkEcho(
  pools: readonly AnnouncedPool[],
  peers: readonly Peer[],
  profiles: readonly BfdProfile[],
): void {
  const echoing = new Set(profiles.filter(({ echoMode }) => echoMode).map(({ name }) => name));
  const suspects = peers.filter(({ bfdProfile = '' }) => echoing.has(bfdProfile));
  if (suspects.length === 0) return;
  for (const { name, hasIpv6, announcements, place } of pools) {
    if (!hasIpv6) continue;
    for (const announcement of announcements) {
      const named = new Set(announcement.peers);
      const peer = suspects.find((one) => named.size === 0 || named.has(one.name));
      if (peer === undefined) continue;
      const found = `pool ${name} has bgpadvertisement ${announcement.name} which references peer ${peer.name}`;
      const message = `${found} which has bfd echo enabled, which is not possible`;
      place.at('spec', 'addresses').refuse({ reason: 'bfd-echo-ipv6', message });
      break;
    }
  }
}
