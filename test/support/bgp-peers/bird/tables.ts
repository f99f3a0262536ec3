import { protocolName } from './configuration.ts';
import {
  type PeerRoute,
  type PeerSession,
  type RouterSettings,
  isInternal,
  sorted,
} from '../peer.ts';

/** First line of a path; further paths of a prefix leave its column empty. */
const PATH = /^(?<prefix>\S+)?\s+\S+\s+\[(?<protocol>\S+) [^\]]*\]/;
const ATTRIBUTE = /^\s+BGP\.(?<name>\w+):\s*(?<value>.*)$/;

/** Reads what `show route all` prints: there is no JSON. */
export function readTable(text: string, settings: RouterSettings): readonly PeerRoute[] {
  const neighbors = new Map(
    settings.neighbors.map(({ address }) => [protocolName(settings, address), address]),
  );
  const routes: PeerRoute[] = [];
  let prefix = '';
  let from: string | undefined;
  let attributes = new Map<string, string>();
  const flush = (): void => {
    if (from !== undefined) routes.push(routeOf(prefix, from, attributes, settings));
    from = undefined;
  };
  for (const line of text.split('\n')) {
    const path = line.startsWith('\t') ? undefined : PATH.exec(line)?.groups;
    const attribute = ATTRIBUTE.exec(line)?.groups;
    if (path !== undefined) {
      flush();
      prefix = path['prefix'] ?? prefix;
      from = neighbors.get(path['protocol']);
      attributes = new Map();
    } else if (attribute !== undefined) {
      attributes.set(attribute['name'] ?? '', attribute['value'] ?? '');
    }
  }
  flush();
  return sorted(routes);
}

function routeOf(
  prefix: string,
  from: string,
  attributes: ReadonlyMap<string, string>,
  settings: RouterSettings,
): PeerRoute {
  const number = (name: string): number | undefined => {
    const text = attributes.get(name);
    return text === undefined ? undefined : Number(text);
  };
  /** `(64512,100) (65535,65281)` */
  const tuples = (name: string): string[] =>
    [...(attributes.get(name) ?? '').matchAll(/\(([^)]*)\)/g)]
      .map(([, tuple = '']) => tuple.replaceAll(/,\s*/g, ':'))
      .sort();
  return {
    prefix,
    from,
    // The link-local next hop stands beside the global one.
    nextHop: (attributes.get('next_hop') ?? '').split(' ')[0] ?? '',
    asPath: (attributes.get('as_path') ?? '').split(' ').filter(Boolean).map(Number),
    origin: (attributes.get('origin') ?? '').toLowerCase() as PeerRoute['origin'],
    med: number('med'),
    localPref: isInternal(settings, from) ? number('local_pref') : undefined,
    communities: tuples('community'),
    largeCommunities: tuples('large_community'),
  };
}

const STATES: Readonly<Record<string, PeerSession['state']>> = {
  Idle: 'idle',
  Connect: 'connect',
  Active: 'active',
  Passive: 'active',
  OpenSent: 'openSent',
  OpenConfirm: 'openConfirm',
  Established: 'established',
};

/**
 * Reads what `show protocols all NAME` prints. The time that stands there is reckoned anew for each look, and not to the
 * millisecond the same: `life` names the session instead.
 */
export function readSession(text: string, life: string): PeerSession {
  const state = STATES[/BGP state:\s+(\w+)/.exec(text)?.[1] ?? ''] ?? 'idle';
  const hold = /Hold timer:\s+[\d.]+\/(\d+)/.exec(text)?.[1];
  const isUp = state === 'established';
  return {
    state,
    holdTime: isUp ? Number(hold ?? 0) : undefined,
    since: isUp ? life : undefined,
  };
}

/** Reads what `show bfd sessions` prints: address, interface, state, since, intervals. */
export function readBfd(text: string, neighbor: string): boolean | undefined {
  const words = text.split('\n').map((line) => line.trim().split(/\s+/));
  const state = words.find(([address]) => address === neighbor)?.[2];
  return state === undefined ? undefined : state === 'Up';
}
