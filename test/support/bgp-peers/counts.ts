import type { BgpPeer } from './peer.ts';

/** Messages of one session with FRR, since it began to know the neighbor. */
export interface FrrMessages {
  readonly updatesRecv: number;
  readonly routeRefreshSent: number;
}

/** @param router - an FRR */
export async function frrMessages(router: BgpPeer, neighbor: string): Promise<FrrMessages> {
  const json = await router.command(`show bgp neighbors ${neighbor} json`);
  const found = JSON.parse(json) as Record<string, { readonly messageStats: FrrMessages }>;
  const messages = found[neighbor]?.messageStats;
  if (messages === undefined) throw new Error(`FRR has no neighbor ${neighbor}`);
  return messages;
}

/** UPDATE messages that came from the neighbor. */
export async function frrUpdates(router: BgpPeer, neighbor: string): Promise<number> {
  return (await frrMessages(router, neighbor)).updatesRecv;
}

/** Prefixes that BIRD was told of by its first neighbor, and that it was told are gone: of both families together. */
export interface BirdImports {
  readonly announced: number;
  readonly withdrawn: number;
}

/** @param router - a BIRD */
export async function birdImports(router: BgpPeer): Promise<BirdImports> {
  const text = await router.command('show', 'protocols', 'all', 'neighbor0');
  const sum = (what: string): number =>
    [...text.matchAll(new RegExp(`Import ${what}:\\s+(\\d+)`, 'g'))].reduce(
      (total, [, count]) => total + Number(count),
      0,
    );
  return { announced: sum('updates'), withdrawn: sum('withdraws') };
}
