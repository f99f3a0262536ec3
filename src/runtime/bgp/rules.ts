import { type Compat, atLeast } from '../model/index.ts';

/** Whose habits are kept: those of MetalLB's own BGP, or those of its FRR. `METALLB_BGP_TYPE`, product.md §5 */
export type BgpMode = 'native' | 'frr';

export interface BgpRules {
  readonly compat: Compat;
  readonly mode: BgpMode;
}

/** Of advertisements that speak of one route of a pool: v0.13 kept the first, those before it the last. legacy.md §6.4, crd.md §3.4 */
export function firstWins({ compat }: BgpRules): boolean {
  return atLeast(compat, 'v0.13');
}
