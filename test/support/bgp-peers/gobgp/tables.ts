import {
  type PeerRoute,
  type PeerSession,
  type RouterSettings,
  isInternal,
  sorted,
} from '../peer.ts';

/** `gobgp -j global rib` */
type Table = Readonly<Record<string, readonly Path[]>>;

interface Path {
  /** Absent of its own. */
  readonly 'neighbor-ip'?: string;
  readonly attrs: readonly Attribute[];
}

/** By the codes of path attributes; which fields are there depends on the code. */
interface Attribute {
  readonly type: number;
  readonly value?: unknown;
  readonly metric?: number;
  readonly as_paths?: readonly { readonly asns: readonly number[] }[];
  readonly nexthop?: string;
  readonly communities?: readonly number[];
}

const ORIGIN = 1;
const AS_PATH = 2;
const NEXT_HOP = 3;
const MED = 4;
const LOCAL_PREF = 5;
const COMMUNITIES = 8;
const MP_REACH = 14;
const LARGE_COMMUNITIES = 32;
const ORIGINS = ['igp', 'egp', 'incomplete'] as const;

export function readTable(json: string, settings: RouterSettings): readonly PeerRoute[] {
  // By the table's keys: MP_REACH of a path names all prefixes of the message that it came in.
  return sorted(
    Object.entries(JSON.parse(json) as Table).flatMap(([prefix, paths]) =>
      paths.flatMap((path) => {
        const from = path['neighbor-ip'];
        const isLearned = settings.neighbors.some(({ address }) => address === from);
        return from !== undefined && isLearned ? [routeOf(prefix, from, path, settings)] : [];
      }),
    ),
  );
}

function routeOf(prefix: string, from: string, path: Path, settings: RouterSettings): PeerRoute {
  const find = (code: number): Attribute | undefined =>
    path.attrs.find(({ type }) => type === code);
  const number = (code: number): number | undefined => {
    const attribute = find(code);
    return attribute === undefined ? undefined : (attribute.metric ?? Number(attribute.value));
  };
  return {
    prefix,
    from,
    nextHop: (find(NEXT_HOP) ?? find(MP_REACH))?.nexthop ?? '',
    asPath: (find(AS_PATH)?.as_paths ?? []).flatMap(({ asns }) => asns),
    origin: ORIGINS[number(ORIGIN) ?? 0] ?? 'igp',
    med: number(MED),
    localPref: isInternal(settings, from) ? number(LOCAL_PREF) : undefined,
    communities: (find(COMMUNITIES)?.communities ?? [])
      .map((community) => `${community >>> 16}:${community & 0xffff}`)
      .sort(),
    largeCommunities: largeCommunitiesOf(find(LARGE_COMMUNITIES)),
  };
}

interface LargeCommunity {
  readonly ASN: number;
  readonly LocalData1: number;
  readonly LocalData2: number;
}

function largeCommunitiesOf(attribute: Attribute | undefined): readonly string[] {
  return ((attribute?.value ?? []) as readonly LargeCommunity[])
    .map(({ ASN, LocalData1, LocalData2 }) => `${ASN}:${LocalData1}:${LocalData2}`)
    .sort();
}

/** `gobgp -j neighbor` */
interface Neighbor {
  readonly state: { readonly neighbor_address: string; readonly session_state?: number };
  readonly timers?: {
    readonly state?: {
      readonly negotiated_hold_time?: number;
      readonly uptime?: { readonly seconds?: number };
    };
  };
}

const STATES = [
  ...(['idle', 'idle', 'connect', 'active', 'openSent', 'openConfirm', 'established'] as const),
];

export function readSession(json: string, neighbor: string): PeerSession | undefined {
  const found = (JSON.parse(json) as readonly Neighbor[]).find(
    ({ state }) => state.neighbor_address === neighbor,
  );
  if (found === undefined) return undefined;
  const state = STATES[found.state.session_state ?? 0] ?? 'idle';
  const timers = state === 'established' ? found.timers?.state : undefined;
  return {
    state,
    holdTime: timers?.negotiated_hold_time,
    since: timers?.uptime?.seconds?.toString(),
  };
}
