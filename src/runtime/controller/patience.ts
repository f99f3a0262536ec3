import { type Compat, type Config, atLeast } from '../model/index.ts';
import { type Clock, seconds } from '../platform/ports.ts';

/** How long after a change of the pools a Service keeps an address that lies in none of them. */
const PATIENCE = seconds(300);

/**
 * What an address outside every pool is worth to the Service that carries it. Pools may arrive one by one, or after the
 * controller: from v0.13 on nobody loses an address to that, as with the original everybody did. crd.md §3.2 A, B
 */
export class Patience {
  readonly #clock: Clock;
  readonly #elapsed: () => void;
  readonly #grants: boolean;
  #cidrs = '';
  #hadPools = false;
  #timer: Disposable | undefined;

  /** @param elapsed - called when addresses outside every pool are no longer kept */
  constructor(compat: Compat, clock: Clock, elapsed: () => void) {
    this.#grants = atLeast(compat, 'v0.13');
    this.#clock = clock;
    this.#elapsed = elapsed;
  }

  /** Whether there has never been a pool: whatever Services carry is not ours to judge. */
  get awaitsFirstPool(): boolean {
    return this.#grants && !this.#hadPools;
  }

  /** Whether an address outside every pool stays for now. */
  get lasts(): boolean {
    return this.awaitsFirstPool || this.#timer !== undefined;
  }

  configured({ pools }: Config): void {
    const cidrs = JSON.stringify(
      pools.flatMap((pool) => pool.cidrs.map(({ text }) => text)).sort(),
    );
    this.#hadPools ||= pools.length > 0;
    if (this.awaitsFirstPool || !this.#grants || cidrs === this.#cidrs) return;
    this.#cidrs = cidrs;
    this.close();
    this.#timer = this.#clock.after(PATIENCE, () => {
      this.#timer = undefined;
      this.#elapsed();
    });
  }

  close(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }
}
