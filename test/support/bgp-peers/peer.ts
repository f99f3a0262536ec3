import type { Family } from '../../../src/runtime/net/index.ts';

/** How a router is configured; the same for all three. */
export interface RouterSettings {
  readonly asn: number;
  readonly routerId: string;
  readonly neighbors: readonly NeighborSettings[];
  /** Where it listens; 179 if absent. */
  readonly port?: number;
  /** Prefixes that it announces to everybody. */
  readonly announces?: readonly string[];
  /** Graceful restart, for all neighbors. RFC 4724 */
  readonly gracefulRestart?: GracefulRestartSettings;
}

export interface NeighborSettings {
  readonly address: string;
  readonly asn: number;
  readonly families: readonly Family[];
  /** The router's own address of the session. */
  readonly localAddress?: string;
  /** Key of TCP MD5 signatures. */
  readonly password?: string;
  /** Seconds; 90 and 30 if absent. */
  readonly timers?: { readonly hold: number; readonly keepalive: number };
  /** Hops that an eBGP neighbor may be away. */
  readonly multihop?: number;
  /** GTSM: hops that a neighbor may be away, 1 for one on the same link. RFC 5082 */
  readonly ttlSecurity?: number;
  /** IPv4 routes with IPv6 next hops. RFC 8950 */
  readonly extendedNextHop?: boolean;
  readonly bfd?: BfdSettings;
  /** `false`: it does not say that it knows AS numbers of four octets, as GoBGP always does. RFC 6793 */
  readonly fourOctetAsn?: boolean;
}

/** RFC 5880 */
export interface BfdSettings {
  /** Milliseconds. */
  readonly receive: number;
  /** Milliseconds. */
  readonly transmit: number;
  readonly multiplier: number;
  readonly passive?: boolean;
  /** Milliseconds between echoes; none if absent. */
  readonly echo?: number;
  readonly minimumTtl?: number;
}

export interface GracefulRestartSettings {
  /** Seconds that others shall wait for its return. */
  readonly restartTime: number;
  /** Seconds that it keeps the routes of others that are away. */
  readonly staleTime: number;
}

/** One path in the table of a router, as all three tell it. */
export interface PeerRoute {
  readonly prefix: string;
  /** Address of the neighbor that announced it. */
  readonly from: string;
  readonly nextHop: string;
  readonly asPath: readonly number[];
  readonly origin: 'igp' | 'egp' | 'incomplete';
  /** `undefined`: not announced. */
  readonly med: number | undefined;
  /** Of neighbors within the AS only; others have none that counts. */
  readonly localPref: number | undefined;
  /** Each `a:b`, in numbers, sorted. */
  readonly communities: readonly string[];
  /** Each `a:b:c`, sorted. */
  readonly largeCommunities: readonly string[];
}

/** A session as the router sees it. */
export interface PeerSession {
  readonly state: 'idle' | 'connect' | 'active' | 'openSent' | 'openConfirm' | 'established';
  /** Seconds, as agreed on. */
  readonly holdTime: number | undefined;
  /** Names this life of an established session: the same word as long as it is not reset. */
  readonly since: string | undefined;
}

/** A router to speak with. */
export interface BgpPeer {
  readonly kind: PeerKind;
  /** Its command line tool: what the tests do not need in common. */
  command(...args: readonly string[]): Promise<string>;
  /** What it learned from neighbors, sorted by prefix and neighbor. */
  routes(family: Family): Promise<readonly PeerRoute[]>;
  /** `undefined`: no such neighbor is configured. */
  session(neighbor: string): Promise<PeerSession | undefined>;
  /** Whether BFD holds the neighbor to be there; `undefined`: there is no BFD session. */
  bfdUp(neighbor: string): Promise<boolean | undefined>;
  /** Asks the neighbor for all its routes again. RFC 2918 */
  requestRefresh(neighbor: string): Promise<void>;
  /** Ends the session as an operator does, with a NOTIFICATION; it may come back at once. */
  reset(neighbor: string): Promise<void>;
  /** Ends and starts the daemon; `SIGKILL` is a crash. It says that it restarts where graceful restart is on. */
  restart(signal?: NodeJS.Signals): Promise<void>;
  /** Ends the daemons. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Starts what was stopped. */
  resume(): Promise<void>;
  /** What its daemons wrote. */
  log(): string;
}

export type PeerKind = 'frr' | 'bird' | 'gobgp';

/** By prefix, then by neighbor: the order in which tables are compared. */
export function sorted(routes: readonly PeerRoute[]): readonly PeerRoute[] {
  const key = ({ prefix, from }: PeerRoute): string => `${prefix} ${from}`;
  return routes.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** Whether the neighbor is of the same AS. */
export function isInternal(settings: RouterSettings, neighbor: string): boolean {
  return settings.neighbors.some(
    ({ address, asn }) => address === neighbor && asn === settings.asn,
  );
}
