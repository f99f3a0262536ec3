/**
 * How unwell this member itself is, judged by how its own probes go: the longer it is, the more time it gives others
 * to answer. memberlist-wire.md §14
 *
 * @see Dadgar, Phillips and Currey, "Lifeguard", arXiv:1707.00788 (LHA-Probe)
 */
export class Awareness {
  readonly #greatest: number;
  #score = 0;

  /** @param multiplier - of the probe interval, at most */
  constructor(multiplier: number) {
    this.#greatest = multiplier - 1;
  }

  /** Zero is well. */
  get score(): number {
    return this.#score;
  }

  change(delta: number): void {
    this.#score = Math.min(this.#greatest, Math.max(0, this.#score + delta));
  }
}
