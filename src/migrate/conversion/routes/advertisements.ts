import type { ConfigFile } from '../../../config-legacy/index.ts';
import type { Draft, Origin } from '../drafts/draft.ts';
import { type Making, metadataOf } from '../drafts/making.ts';
import type { LegacyPool } from '../drafts/pools.ts';
import { advertisementNames } from '../naming/advertisements.ts';
import type { Aliases } from './community-texts.ts';
import { type RouteGroup, distinctRoutes, groupRoutes, specOf } from './groups.ts';
import { settlePreferences } from './preferences.ts';
import { DEFAULT_ROUTE, type Route, convertRoute } from './route.ts';

const API_VERSION = 'metallb.io/v1beta1';

/** One L2Advertisement for all pools of the protocol. crd.md §1.2 */
export function draftLayer2(pools: readonly LegacyPool[], { namespace }: Making): readonly Draft[] {
  const announced = pools.filter(({ pool }) => pool.layer2.length > 0);
  if (announced.length === 0) return [];
  const names = announced.map(({ name }) => name);
  const [name = ''] = advertisementNames([{ pools: names, rank: 0 }]);
  const metadata = metadataOf(name, namespace);
  const spec = { ipAddressPools: names };
  const origins = announced.flatMap(protocolOrigin);
  return [
    { manifest: { apiVersion: API_VERSION, kind: 'L2Advertisement', metadata, spec }, origins },
  ];
}

/** A BGPAdvertisement for each way in which pools are announced. crd.md §1.3 */
export function draftRoutes(
  pools: readonly LegacyPool[],
  file: ConfigFile,
  making: Making,
): readonly Draft[] {
  const aliases: Aliases = file['bgp-communities']?.entries ?? new Map<string, { value: string }>();
  const routed = pools
    .filter(({ pool }) => pool.bgp.length > 0)
    .map((legacy) => ({ legacy, routes: routesOf(legacy, aliases, making) }));
  const groups = groupRoutes(routed);
  const names = advertisementNames(
    groups.map(({ pools: covered, rank }) => ({ pools: covered.map(({ name }) => name), rank })),
  );
  return groups.map((group, index) => draftRoute(group, names[index] ?? '', making));
}

function routesOf(legacy: LegacyPool, aliases: Aliases, making: Making): readonly Route[] {
  const written = legacy.entry['bgp-advertisements']?.items ?? [];
  if (written.length === 0) return [DEFAULT_ROUTE];
  const { source, families } = legacy;
  const routes = written.map((entry, index) =>
    convertRoute(entry, [...source, 'bgp-advertisements', index], { families, aliases, making }),
  );
  return settlePreferences(distinctRoutes(routes), legacy, making);
}

function draftRoute({ route, pools, rank }: RouteGroup, name: string, making: Making): Draft {
  const spec = { ipAddressPools: pools.map((pool) => pool.name), ...specOf(route) };
  const origins: Origin[] = [...route.origins];
  pools.forEach((pool, index) => {
    const { entry, source } = pool;
    const list = entry['bgp-advertisements'];
    if (rank === 0) origins.push(...protocolOrigin(pool, index));
    if (rank === 0 && list !== undefined) {
      origins.push({ source: [...source, 'bgp-advertisements'], span: list.span, target: [] });
    }
  });
  const metadata = metadataOf(name, making.namespace, route.annotations);
  return {
    manifest: { apiVersion: API_VERSION, kind: 'BGPAdvertisement', metadata, spec },
    origins,
  };
}

/** How a pool is announced is said where the advertisement names it. */
function protocolOrigin({ entry, source }: LegacyPool, index: number): readonly Origin[] {
  const { protocol } = entry;
  if (protocol === undefined) return [];
  const target = ['spec', 'ipAddressPools', index];
  return [{ source: [...source, 'protocol'], span: protocol.span, target }];
}
