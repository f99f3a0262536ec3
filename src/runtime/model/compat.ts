/** The MetalLB releases whose behavior is kept, oldest first. product.md §5 */
export const RELEASES = ['v0.10', 'v0.11', 'v0.12', 'v0.13'] as const;

/** The one that is kept; fixed at start. */
export type Compat = (typeof RELEASES)[number];

/** Whether `compat` is `release` or later. */
export function atLeast(compat: Compat, release: Compat): boolean {
  return RELEASES.indexOf(compat) >= RELEASES.indexOf(release);
}
