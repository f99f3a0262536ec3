import type { AnnouncedService, SessionRoutes } from '../../src/runtime/bgp/index.ts';
import type { BgpAdvertisement, Config, Peer, Pool } from '../../src/runtime/model/index.ts';
import { ip, poolOf } from './views.ts';

/** An external peer at 192.0.2.1 for every node, but for what is said otherwise. */
export function peer(name: string, over: Partial<Peer> = {}): Peer {
  return {
    name,
    myASN: 64512,
    peerASN: 64513,
    address: ip('192.0.2.1'),
    port: 179,
    holdTimeSeconds: 90,
    keepaliveTimeSeconds: 30,
    ebgpMultiHop: false,
    nodeSelectors: [],
    ...over,
  };
}

/** A peer in the AS of the speakers. */
export function internalPeer(name: string, over: Partial<Peer> = {}): Peer {
  return peer(name, { peerASN: 64512, address: ip('192.0.2.2'), ...over });
}

/** An advertisement as it is where nothing is said of it. */
export function advertisement(over: Partial<BgpAdvertisement> = {}): BgpAdvertisement {
  return {
    aggregationLength: 32,
    aggregationLengthV6: 128,
    localPref: 0,
    communities: [],
    peers: [],
    nodeSelectors: [],
    ...over,
  };
}

/** A pool that only BGP announces. */
export function advertisedPool(
  name: string,
  addresses: readonly string[],
  ...bgp: readonly BgpAdvertisement[]
): Pool {
  return poolOf(name, addresses, { bgp });
}

export function bgpConfig(pools: readonly Pool[], peers: readonly Peer[]): Config {
  return { pools, peers, bfdProfiles: [] };
}

/** A Service with addresses of a pool. */
export function announced(
  service: string,
  pool: string,
  ...addresses: readonly string[]
): AnnouncedService {
  return { service, pool, addresses: addresses.map(ip) };
}

/** The routes of each peer by its name, as `prefix attributes`. */
export function shownRoutes(
  sessions: readonly SessionRoutes[],
): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    sessions.map(({ session, routes }) => [
      session.peer.name,
      routes.map(({ prefix, attributes }) => `${prefix.text}: ${attributes.text}`),
    ]),
  );
}
