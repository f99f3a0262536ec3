import type { Family } from '../../../runtime/net/index.ts';
import type { Origin } from '../drafts/draft.ts';
import type { LegacyPool } from '../drafts/pools.ts';
import { DEFAULT_LENGTHS, type LengthKey, type Route } from './route.ts';

/** A pool and its routes, none twice. */
export interface RoutedPool {
  readonly legacy: LegacyPool;
  readonly routes: readonly Route[];
}

/** A route, and the pools that share it. */
export interface RouteGroup {
  readonly route: Route;
  /** By name of the object. */
  readonly pools: readonly LegacyPool[];
  /** Where it stands among the routes of the first of them. */
  readonly rank: number;
}

/**
 * Routes that say the same of several pools, together. Of routes that contend for a prefix the last wins, and resources go
 * by name: those of a pool that has such are shared only with pools that have all of them, in that order.
 */
export function groupRoutes(pools: readonly RoutedPool[]): readonly RouteGroup[] {
  const groups = new Map<string, { route: Route; pools: LegacyPool[]; rank: number }>();
  // A number for each list: a list is as long as the pool has routes, and is part of the key of each.
  const lists = new Map<string, number>();
  for (const { legacy, routes } of pools) {
    const keys = routes.map(keyOf);
    const whole = contend(routes, legacy.families) ? JSON.stringify(keys) : '';
    const list = lists.get(whole) ?? lists.size;
    lists.set(whole, list);
    routes.forEach((route, rank) => {
      const key = JSON.stringify([list, keys[rank]]);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { route, pools: [legacy], rank });
      else {
        group.route = united(group.route, route);
        group.pools.push(legacy);
      }
    });
  }
  return [...groups.values()];
}

/** Without those that are there again further down, as the last counts. */
export function distinctRoutes(routes: readonly Route[]): readonly Route[] {
  const last = new Map<string, Route>();
  for (const route of routes) {
    const key = keyOf(route);
    const before = last.get(key);
    last.delete(key);
    last.set(key, before === undefined ? route : united(before, route));
  }
  return [...last.values()];
}

function contend(routes: readonly Route[], families: ReadonlySet<Family>): boolean {
  return (
    (families.has('ipv4') && isAnyTwice(routes, 'aggregationLength')) ||
    (families.has('ipv6') && isAnyTwice(routes, 'aggregationLengthV6'))
  );
}

function isAnyTwice(routes: readonly Route[], key: LengthKey): boolean {
  return new Set(routes.map(({ lengths }) => lengths[key])).size < routes.length;
}

function keyOf({ lengths, localPref, communities, annotations }: Route): string {
  const { aggregationLength, aggregationLengthV6 } = lengths;
  const sorted = communities.toSorted();
  return JSON.stringify([aggregationLength, aggregationLengthV6, localPref, sorted, annotations]);
}

/** What either writes is written; a default that neither writes is not. */
function united(a: Route, b: Route): Route {
  const explicit = new Set([...a.explicit, ...b.explicit]);
  const moved = b.origins.map((origin) => inOrderOf(a, b, origin));
  return { ...a, explicit, origins: [...a.origins, ...moved] };
}

/** A community may stand elsewhere in the list that is written. */
function inOrderOf(a: Route, b: Route, origin: Origin): Origin {
  const [, list, index] = origin.target;
  if (list !== 'communities' || typeof index !== 'number') return origin;
  const at = a.communities.indexOf(b.communities[index] ?? '');
  return { ...origin, target: ['spec', 'communities', at] };
}

/** The fields of the route, in the order in which they are written. */
export function specOf({ lengths, explicit, localPref, communities }: Route): object {
  const written = (key: LengthKey): boolean =>
    explicit.has(key) || (lengths[key] !== DEFAULT_LENGTHS[key] && lengths[key] > 0);
  return {
    ...(written('aggregationLength') && { aggregationLength: lengths.aggregationLength }),
    ...(written('aggregationLengthV6') && { aggregationLengthV6: lengths.aggregationLengthV6 }),
    ...(localPref > 0 && { localPref }),
    ...(communities.length > 0 && { communities }),
  };
}
