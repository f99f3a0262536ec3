import type { AnnouncedService } from '../bgp/index.ts';
import type { PoolIndex } from './pools.ts';
import { type Standing, announcedBy } from './transition.ts';

/** Whether every address that is announced is one of a pool. legacy.md §4.2 */
export function hasPlace(standing: Standing, pools: PoolIndex): boolean {
  return standing.every(({ addresses }) => pools.poolOf(addresses) !== undefined);
}

/**
 * Routes are read by the name of the pool: where it is another, the standings are changed and what BGP is to be told is
 * returned. Done at once, no route is missing between a configuration and the next look at its Services.
 */
export function renamePools(
  standings: Map<string, Standing>,
  pools: PoolIndex,
): readonly AnnouncedService[] {
  const renamed: AnnouncedService[] = [];
  for (const [service, standing] of standings) {
    const bgp = announcedBy('bgp', standing);
    const pool = bgp === undefined ? undefined : pools.poolOf(bgp.addresses)?.name;
    if (bgp === undefined || pool === undefined || pool === bgp.pool) continue;
    standings.set(
      service,
      standing.map((one) => (one === bgp ? { ...bgp, pool } : one)),
    );
    renamed.push({ service, pool, addresses: bgp.addresses });
  }
  return renamed;
}
