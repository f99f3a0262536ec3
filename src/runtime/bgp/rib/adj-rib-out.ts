import type { Family, Prefix } from '../../net/index.ts';
import type { Attributes } from '../attributes.ts';
import { type ChangeKind, FamilyRib, type RibCounts } from './family-rib.ts';
import { gracefulShutdownOf } from './graceful-shutdown.ts';

export type { RibCounts } from './family-rib.ts';

/** Prefixes that one UPDATE, or a few, tell: all with the same attributes, or all withdrawn. */
export interface Batch {
  readonly family: Family;
  /** Absent: withdrawn. */
  readonly attributes: Attributes | undefined;
  readonly prefixes: readonly Prefix[];
}

/** What is to be sent next. */
export type Outgoing =
  | { readonly kind: 'routes'; readonly batch: Batch }
  /** All that was there when the session came up is told. RFC 4724 §2 */
  | { readonly kind: 'endOfRib'; readonly family: Family };

const FAMILIES = ['ipv4', 'ipv6'] as const;
/** Where addresses are aggregated otherwise, the peer has the new prefix before it loses the old ones. legacy.md §6.4 */
const ORDER: readonly ChangeKind[] = ['added', 'withdrawn', 'changed'];
/** Octets of prefixes in a batch unless said otherwise: some ten full messages. */
const BATCH_OCTETS = 40_000;

/**
 * What one peer is to have, beside what it was sent. RFC 4271 §3.2
 *
 * A change costs the same however many routes there are. Routes leave grouped by their attributes: new ones, then
 * withdrawals, then those that changed. A route that changed is announced anew and never withdrawn for it (an implicit
 * withdraw, RFC 4271 §3.1), and one that was taken back before it left is never sent. The same calls lead to the same order.
 */
export class AdjRibOut {
  readonly #ribs: Readonly<Record<Family, FamilyRib>>;
  /** During a drain: attributes as they are sent, by the text of what they were. */
  #drained: Map<string, Attributes> | undefined;
  #settled: boolean;

  /** @param settled - `false`: End-of-RIB waits for {@link settle}, as not all routes may be known yet */
  constructor(settled = true) {
    this.#settled = settled;
    const shade = (attributes: Attributes): Attributes => this.#shade(attributes);
    this.#ribs = { ipv4: new FamilyRib(shade), ipv6: new FamilyRib(shade) };
  }

  /** @param attributes - `undefined`: the peer is to have no such route */
  desire(prefix: Prefix, attributes: Attributes | undefined): void {
    this.#ribs[prefix.family].desire(prefix, attributes);
  }

  /**
   * A session is up: all routes of these families are to be sent, and then the End-of-RIB of each.
   *
   * @param endOfRib - whether the peer is sent any End-of-RIB
   */
  established(families: readonly Family[], endOfRib = true): void {
    this.lost();
    for (const family of families) this.#ribs[family].established(endOfRib);
  }

  /** The session is gone, and with it all that the peer had. */
  lost(): void {
    for (const family of FAMILIES) this.#ribs[family].lost();
  }

  /** While the session is up: takes a family up, or withdraws all of it. */
  serve(family: Family, served: boolean): void {
    this.#ribs[family].serve(served);
  }

  /** All routes of the family are to be sent again. RFC 2918 §4 */
  refresh(family: Family): void {
    this.#ribs[family].refresh();
  }

  /** Whether all routes are known by now: what is missing then is missing for good. RFC 4724 §4.1 */
  settle(settled = true): void {
    this.#settled = settled;
  }

  /** Asks the peer to prefer other paths, from now on and for all routes. RFC 8326 §4.2 */
  drain(): void {
    if (this.#drained !== undefined) return;
    this.#drained = new Map();
    for (const family of FAMILIES) this.#ribs[family].reconsider();
  }

  /** @param octets - that the prefixes of the batch take in messages, at most; one prefix is always given */
  next(octets: number = BATCH_OCTETS): Outgoing | undefined {
    for (const kind of ORDER) {
      for (const family of FAMILIES) {
        const taken = this.#ribs[family].take(kind, octets);
        if (taken !== undefined) return { kind: 'routes', batch: { family, ...taken } };
      }
    }
    const ended = this.#settled && FAMILIES.find((family) => this.#ribs[family].takeEnd());
    return ended ? { kind: 'endOfRib', family: ended } : undefined;
  }

  counts(): RibCounts {
    const [a, b] = [this.#ribs.ipv4.counts(), this.#ribs.ipv6.counts()];
    return {
      desired: a.desired + b.desired,
      announced: a.announced + b.announced,
      pending: a.pending + b.pending,
    };
  }

  #shade(attributes: Attributes): Attributes {
    if (this.#drained === undefined) return attributes;
    const known = this.#drained.get(attributes.text);
    if (known !== undefined) return known;
    const shaded = gracefulShutdownOf(attributes);
    this.#drained.set(attributes.text, shaded);
    return shaded;
  }
}
