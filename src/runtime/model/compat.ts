/** The MetalLB release whose behaviour is kept; fixed at start. product.md §5 */
export type Compat = 'v0.10' | 'v0.11' | 'v0.12' | 'v0.13';

const RELEASES: readonly Compat[] = ['v0.10', 'v0.11', 'v0.12', 'v0.13'];

export function isCompat(text: string): text is Compat {
  return (RELEASES as readonly string[]).includes(text);
}

/** Whether `compat` is `release` or later. */
export function atLeast(compat: Compat, release: Compat): boolean {
  return RELEASES.indexOf(compat) >= RELEASES.indexOf(release);
}
