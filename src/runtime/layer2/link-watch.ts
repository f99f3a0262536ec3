import type { Duration, Link } from '../platform/ports.ts';
import type { LinkLayer } from './link-layer.ts';

export interface LinkWatchOptions {
  readonly layer: LinkLayer;
  /** Names of the only interfaces to serve; without it, every one that qualifies. */
  readonly interfaces?: readonly string[];
  /** Whether an interface of that name is never served. crd.md §3.3 */
  readonly excluded?: (name: string) => boolean;
}

interface PauseLimit {
  readonly limit: () => Duration;
  readonly listener: (stoodStill: Duration) => void;
}

/** What others want to know of the links: which there are, which may be served, and whether they stood still. */
export class LinkWatch {
  readonly #options: LinkWatchOptions;
  #names: ReadonlySet<string> | undefined;
  #links: readonly Link[] | undefined;
  #nameListener: ((names: ReadonlySet<string>) => void) | undefined;
  #linkListener: ((links: readonly Link[]) => void) | undefined;
  #pauses: PauseLimit | undefined;
  #toldLimit: Duration | undefined;

  constructor(options: LinkWatchOptions) {
    this.#options = options;
  }

  /** Those of the links that may be served, up or not. */
  eligible(links: readonly Link[]): readonly Link[] {
    const { interfaces, excluded } = this.#options;
    return links.filter(
      ({ name }) => (interfaces?.includes(name) ?? true) && excluded?.(name) !== true,
    );
  }

  /** Tells whom it may concern that the links are these now. */
  seen(links: readonly Link[], eligible: readonly Link[]): void {
    this.#links = links;
    this.#tellNames(new Set(eligible.map(({ name }) => name)));
    this.#tellLimit();
    this.#linkListener?.(links);
  }

  watchNames(listener: (names: ReadonlySet<string>) => void): void {
    this.#nameListener = listener;
    if (this.#names !== undefined) listener(this.#names);
  }

  watchLinks(listener: (links: readonly Link[]) => void): void {
    this.#linkListener = listener;
    if (this.#links !== undefined) listener(this.#links);
  }

  watchPauses(limit: () => Duration, listener: (stoodStill: Duration) => void): void {
    this.#pauses = { limit, listener };
    this.#tellLimit();
  }

  stoodStill(duration: Duration): void {
    this.#pauses?.listener(duration);
  }

  #tellNames(names: ReadonlySet<string>): void {
    const before = this.#names;
    const isSame = before?.size === names.size && [...names].every((name) => before.has(name));
    if (isSame) return;
    this.#names = names;
    this.#nameListener?.(names);
  }

  #tellLimit(): void {
    const limit = this.#pauses?.limit();
    if (limit === undefined || limit === this.#toldLimit) return;
    this.#toldLimit = limit;
    this.#options.layer.limitPauses(limit);
  }
}
