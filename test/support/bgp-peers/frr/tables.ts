import {
  type PeerRoute,
  type PeerSession,
  type RouterSettings,
  isInternal,
  sorted,
} from '../peer.ts';

/** `show bgp ipv4 unicast json detail`: of each prefix a heading, then its paths. */
interface DetailedTable {
  readonly routes: Readonly<Record<string, readonly (Heading | DetailedPath)[]>>;
}

interface Heading {
  readonly prefix: string;
}

interface DetailedPath {
  readonly aspath: { readonly segments: readonly { readonly list: readonly number[] }[] };
  readonly origin: string;
  readonly metric?: number;
  readonly locPrf?: number;
  readonly community?: { readonly string: string };
  readonly largeCommunity?: { readonly string: string };
  readonly nexthops: readonly { readonly ip: string; readonly scope?: string }[];
  readonly peer: { readonly peerId: string };
}

/** Names by IANA and by FRR. */
const WELL_KNOWN: Readonly<Record<string, string>> = {
  internet: '0:0',
  'graceful-shutdown': '65535:0',
  'accept-own': '65535:1',
  'llgr-stale': '65535:6',
  'no-llgr': '65535:7',
  blackhole: '65535:666',
  'no-export': '65535:65281',
  'no-advertise': '65535:65282',
  'local-AS': '65535:65283',
  'no-peer': '65535:65284',
};

export function readTable(json: string, settings: RouterSettings): readonly PeerRoute[] {
  const { routes } = JSON.parse(json) as DetailedTable;
  return sorted(
    Object.entries(routes).flatMap(([prefix, entries]) =>
      entries
        .filter((entry): entry is DetailedPath => 'aspath' in entry)
        // Its own, which `network` made.
        .filter(({ peer }) => settings.neighbors.some(({ address }) => address === peer.peerId))
        .map((path) => routeOf(prefix, path, settings)),
    ),
  );
}

function routeOf(prefix: string, path: DetailedPath, settings: RouterSettings): PeerRoute {
  const from = path.peer.peerId;
  const words = (text = ''): string[] => text.split(' ').filter((word) => word !== '');
  return {
    prefix,
    from,
    nextHop: (path.nexthops.find(({ scope }) => scope !== 'link-local') ?? path.nexthops[0])!.ip,
    asPath: path.aspath.segments.flatMap(({ list }) => list),
    origin: path.origin.toLowerCase() as PeerRoute['origin'],
    med: path.metric,
    localPref: isInternal(settings, from) ? path.locPrf : undefined,
    communities: words(path.community?.string)
      .map((word) => WELL_KNOWN[word] ?? word)
      .sort(),
    largeCommunities: words(path.largeCommunity?.string).sort(),
  };
}

/** `show bgp neighbors ADDRESS json` */
type Neighbors = Readonly<Record<string, Neighbor | undefined>>;

interface Neighbor {
  readonly bgpState: string;
  readonly bgpTimerHoldTimeMsecs?: number;
  readonly connectionsEstablished: number;
}

export function readSession(json: string, neighbor: string): PeerSession | undefined {
  const found = (JSON.parse(json) as Neighbors)[neighbor];
  if (found === undefined) return undefined;
  const { bgpState, bgpTimerHoldTimeMsecs, connectionsEstablished } = found;
  const state = `${bgpState.charAt(0).toLowerCase()}${bgpState.slice(1)}` as PeerSession['state'];
  const isUp = state === 'established';
  return {
    state,
    holdTime: isUp ? (bgpTimerHoldTimeMsecs ?? 0) / 1000 : undefined,
    since: isUp ? `life ${connectionsEstablished}` : undefined,
  };
}

/** `show bfd peers json` */
export function readBfd(json: string, neighbor: string): boolean | undefined {
  const peers = JSON.parse(json) as readonly { readonly peer: string; readonly status: string }[];
  const found = peers.find(({ peer }) => peer === neighbor);
  return found === undefined ? undefined : found.status === 'up';
}
