import type { Config } from '../../runtime/model/index.ts';
import type { ChangeForecast, Forecast } from './simulation/forecast.ts';
import type { Aspect, PlanVerdict, ServiceOutlook, ServicePlan } from './plan-report.ts';

const NOTHING: ServiceOutlook = { addresses: [], remarks: [] };

/**
 * For every Service what changes, by key. A pool that only gets another name is the same pool.
 *
 * @param carries - what Services carry at the moment, by key
 */
export function comparePlans(
  { before, after }: Pick<ChangeForecast, 'before' | 'after'>,
  carries: ReadonlyMap<string, readonly string[]>,
  configs: readonly [Config | undefined, Config],
): readonly ServicePlan[] {
  const [was, is] = configs.map((config) => legacyNames(config));
  return keysOf(before, after).map((service): ServicePlan => {
    const sides = {
      before: before.services.get(service) ?? NOTHING,
      after: after.services.get(service) ?? NOTHING,
    };
    const pools = [nameIn(sides.before, was), nameIn(sides.after, is)] as const;
    const changes = [...changesOf(sides, pools)];
    return { service, carries: carries.get(service) ?? [], changes, ...sides };
  });
}

/** Everything in one line. */
export function verdictOn(
  services: readonly ServicePlan[],
  sessions: number,
  unknown: readonly string[],
): PlanVerdict {
  const moved = services.filter(({ changes }) => changes.length > 0).length;
  const all = services.length;
  const counts = { moves: moved + sessions > 0, moved, services: all, sessions, unknown };
  const untold = !counts.moves && unknown.length > 0;
  const text = untold
    ? `it cannot be told whether anything moves: ${unknown.join(', ')}`
    : verdictText(moved, all, sessions);
  return { ...counts, text };
}

function verdictText(moved: number, all: number, sessions: number): string {
  const bgp = sessions === 0 ? '' : `${plural(sessions, 'BGP session')} would change`;
  if (moved > 0) {
    const move = moved === 1 ? 'moves' : 'move';
    return `${moved} of ${plural(all, 'Service')} ${move}${bgp === '' ? '' : `, ${bgp}`}`;
  }
  if (bgp !== '') return `no Service moves, but ${bgp}`;
  if (all === 0) return 'nothing moves: there are no Services';
  return `nothing moves: ${plural(all, 'Service')} ${all === 1 ? 'stays as it is' : 'stay as they are'}`;
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function* changesOf(
  { before, after }: { readonly before: ServiceOutlook; readonly after: ServiceOutlook },
  [was, is]: readonly [string, string],
): Generator<Aspect> {
  // The first address decides which node answers for both, so their order counts.
  if (textOf(before.addresses) !== textOf(after.addresses)) yield 'address';
  if (was !== is) yield 'pool';
  if (before.layer2?.node !== after.layer2?.node) yield 'node';
  const [here, there] = [before, after].map(({ layer2 }) => textOf(layer2?.interfaces ?? []));
  if (before.layer2?.node === after.layer2?.node && here !== there) yield 'interfaces';
  if (routesText(before) !== routesText(after)) yield 'routes';
}

function routesText({ routes = [] }: ServiceOutlook): string {
  return routes
    .map(({ peer, prefix, attributes, nodes }) => [peer, prefix, attributes.text, ...nodes].join())
    .join('\n');
}

function textOf(texts: readonly string[]): string {
  return texts.join();
}

function nameIn({ pool = '' }: ServiceOutlook, names: ReadonlyMap<string, string> | undefined) {
  return names?.get(pool) ?? pool;
}

function legacyNames(config: Config | undefined): ReadonlyMap<string, string> {
  return new Map(config?.pools.map(({ name, legacyName }) => [name, legacyName ?? name]));
}

function keysOf(before: Forecast, after: Forecast): readonly string[] {
  return [...new Set([...before.services.keys(), ...after.services.keys()])].sort();
}
