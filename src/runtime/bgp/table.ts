import { type IpAddress, type Prefix, familyOf, parsePrefix } from '../net/index.ts';
import type { Attributes } from './attributes.ts';
import type { ExportPolicy, Verdict } from './policy.ts';
import type { Session } from './session.ts';

/** A Service that this node announces over BGP. */
export interface AnnouncedService {
  /** `namespace/name`. */
  readonly service: string;
  readonly pool: string;
  readonly addresses: readonly IpAddress[];
}

/** What is to be told to one peer about one prefix. */
export interface RouteChange {
  readonly session: Session;
  readonly prefix: Prefix;
  /** Absent: the route is withdrawn. */
  readonly attributes?: Attributes;
}

/** A prefix with a verdict for each session. */
export interface TableRow {
  readonly prefix: Prefix;
  readonly verdicts: readonly Verdict[];
}

interface Row {
  readonly prefix: Prefix;
  /** By pool, how many addresses of Services contribute to the prefix. */
  readonly contributors: Map<string, number>;
  verdicts: readonly Verdict[];
}

/**
 * The routes that a node wants its peers to have: what an Adj-RIB-Out is compared with. A prefix that several Services
 * contribute stays for as long as one of them is announced. legacy.md §6.1
 */
export class RouteTable {
  readonly #policy: ExportPolicy;
  readonly #services = new Map<string, AnnouncedService>();
  readonly #rows = new Map<string, Row>();

  constructor(policy: ExportPolicy) {
    this.#policy = policy;
  }

  /** Announces a Service, or what it is now; says what changes at which peer, by prefix and session. */
  set(announced: AnnouncedService): readonly RouteChange[] {
    const before = this.#services.get(announced.service);
    this.#services.set(announced.service, announced);
    return this.#replace(before, announced);
  }

  /** Announces a Service no longer. */
  delete(service: string): readonly RouteChange[] {
    const before = this.#services.get(service);
    this.#services.delete(service);
    return this.#replace(before, undefined);
  }

  /** As it was announced last. */
  get(service: string): AnnouncedService | undefined {
    return this.#services.get(service);
  }

  services(): Iterable<AnnouncedService> {
    return this.#services.values();
  }

  /** Every prefix with a verdict for each session, in no order. */
  *rows(): Iterable<TableRow> {
    for (const { prefix, verdicts } of this.#rows.values()) yield { prefix, verdicts };
  }

  /** The prefixes that a Service contributes to. */
  *rowsOf(service: string): Iterable<TableRow> {
    const announced = this.#services.get(service);
    if (announced === undefined) return;
    for (const { text } of this.#prefixesOf(announced)) {
      const row = this.#rows.get(text);
      if (row !== undefined) yield row;
    }
  }

  /** What the peer is to have, by the place of its session in the policy. */
  routeAt(prefix: Prefix, session: number): Attributes | undefined {
    return attributesIn(this.#rows.get(prefix.text)?.verdicts[session]);
  }

  #replace(
    before: AnnouncedService | undefined,
    after: AnnouncedService | undefined,
  ): RouteChange[] {
    const touched = new Map<
      string,
      { readonly prefix: Prefix; readonly old: readonly Verdict[] }
    >();
    for (const [announced, step] of [
      [before, -1],
      [after, 1],
    ] as const) {
      if (announced === undefined) continue;
      for (const prefix of this.#prefixesOf(announced)) {
        const row = this.#rowOf(prefix);
        if (!touched.has(prefix.text)) touched.set(prefix.text, { prefix, old: row.verdicts });
        const { contributors } = row;
        contributors.set(announced.pool, (contributors.get(announced.pool) ?? 0) + step);
        if (contributors.get(announced.pool) === 0) contributors.delete(announced.pool);
      }
    }
    return [...touched.values()].flatMap(({ prefix, old }) => this.#settle(prefix, old));
  }

  #settle(prefix: Prefix, old: readonly Verdict[]): RouteChange[] {
    const row = this.#rowOf(prefix);
    const pools = [...row.contributors.keys()];
    if (pools.length === 0) this.#rows.delete(prefix.text);
    row.verdicts =
      pools.length === 0 ? [] : this.#policy.verdicts(pools, prefix.family, prefix.length);
    if (row.verdicts === old) return [];
    return this.#policy.sessions.flatMap((session, index) => {
      const [was, is] = [attributesIn(old[index]), attributesIn(row.verdicts[index])];
      if (was === is) return [];
      return [is === undefined ? { session, prefix } : { session, prefix, attributes: is }];
    });
  }

  #rowOf(prefix: Prefix): Row {
    const row = this.#rows.get(prefix.text) ?? { prefix, contributors: new Map(), verdicts: [] };
    this.#rows.set(prefix.text, row);
    return row;
  }

  #prefixesOf({ pool, addresses }: AnnouncedService): readonly Prefix[] {
    return addresses.flatMap((address) =>
      this.#policy
        .lengthsOf(pool, familyOf(address))
        .flatMap((length) => parsePrefix(`${address}/${length}`) ?? []),
    );
  }
}

/** What is sent by the verdict, if anything. */
export function attributesIn(verdict: Verdict | undefined): Attributes | undefined {
  return verdict?.kind === 'send' ? verdict.attributes : undefined;
}
