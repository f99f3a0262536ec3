import type { Family } from '../../../runtime/net/index.ts';
import { RULES, RULES_OF_LEGACY, type Making } from '../drafts/making.ts';
import type { LegacyPool } from '../drafts/pools.ts';
import type { LengthKey, Route } from './route.ts';

const FAMILIES: Readonly<Record<LengthKey, Family>> = {
  aggregationLength: 'ipv4',
  aggregationLengthV6: 'ipv6',
};
const KEYS = Object.keys(FAMILIES) as LengthKey[];
/** The longest that is not the default, and the shortest that the field takes. crd.md §1.3 */
const SPARE: Readonly<Record<LengthKey, readonly [number, number]>> = {
  aggregationLength: [31, 1],
  aggregationLengthV6: [127, 0],
};

/**
 * Lets routes of one pool with different preferences get along. v0.13.10 takes two only if both of their lengths differ
 * (crd.md §2.5): a length for a family that the pool does not have means nothing, so it is changed where that helps. Where
 * it does not, our reader is told to take what v0.12 took.
 */
export function settlePreferences(
  routes: readonly Route[],
  { families, pool, source, entry }: LegacyPool,
  making: Making,
): readonly Route[] {
  if (new Set(routes.map(({ localPref }) => localPref)).size < 2) return routes;
  const unused = KEYS.filter((key) => !families.has(FAMILIES[key]));
  const used = KEYS.filter((key) => !unused.includes(key));
  const settled = unused.reduce((spread, key) => spreadLengths(spread, key, used), routes);
  if (settled !== routes) {
    making.report.warn({
      source: [...source, 'bgp-advertisements'],
      span: entry['bgp-advertisements']?.span ?? entry.span,
      reason: 'localpref-workaround',
      message:
        `pool ${JSON.stringify(pool.name)} has several local preferences, which v0.13 takes only with different lengths ` +
        'for both address families: those for the family that the pool does not have are changed',
    });
  }
  if (making.target !== 'metal-lb') return settled;
  const contending = settled.filter((one) => settled.some((other) => isConflict(one, other)));
  const mark = { [RULES]: RULES_OF_LEGACY };
  return settled.map((route) =>
    contending.includes(route)
      ? { ...route, annotations: { ...route.annotations, ...mark } }
      : route,
  );
}

/**
 * Gives each route that shares its length with one of another preference a length of its own; not where the lengths that
 * are used are the same, as then it does not help.
 */
function spreadLengths(
  routes: readonly Route[],
  key: LengthKey,
  used: readonly LengthKey[],
): readonly Route[] {
  const taken = new Set(routes.map(({ lengths }) => lengths[key]));
  const spread: Route[] = [];
  for (const route of routes) {
    const clash = spread.some(
      ({ lengths, localPref }) =>
        localPref !== route.localPref &&
        lengths[key] === route.lengths[key] &&
        used.every((other) => lengths[other] !== route.lengths[other]),
    );
    const length = clash ? spareLength(key, taken) : undefined;
    if (length === undefined) {
      spread.push(route);
      continue;
    }
    taken.add(length);
    const explicit = new Set([...route.explicit, key]);
    spread.push({ ...route, lengths: { ...route.lengths, [key]: length }, explicit });
  }
  return spread.every((route, index) => route === routes[index]) ? routes : spread;
}

function spareLength(key: LengthKey, taken: ReadonlySet<number>): number | undefined {
  const [longest, shortest] = SPARE[key];
  for (let length = longest; length >= shortest; length -= 1) {
    if (!taken.has(length)) return length;
  }
  return undefined;
}

function isConflict(a: Route, b: Route): boolean {
  return (
    a.localPref !== b.localPref &&
    (a.lengths.aggregationLength === b.lengths.aggregationLength ||
      a.lengths.aggregationLengthV6 === b.lengths.aggregationLengthV6)
  );
}
