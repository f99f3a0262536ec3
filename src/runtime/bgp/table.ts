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

/** By pool, how many addresses of Services contribute to a prefix. Never changed, so that rows can share it. */
type Contributors = ReadonlyMap<string, number>;

/** One for each prefix, so that it is kept small. */
interface Row {
  readonly prefix: Prefix;
  contributors: Contributors;
  verdicts: readonly Verdict[];
}

/** What becomes of a prefix. */
type Told = (prefix: Prefix, before: readonly Verdict[], after: readonly Verdict[]) => void;

const FAMILIES = ['ipv4', 'ipv6'] as const;
const NOBODY: Contributors = new Map();
const NO_VERDICTS: readonly Verdict[] = [];

/**
 * The routes that a node wants its peers to have: what an Adj-RIB-Out is compared with. A prefix that several Services
 * contribute stays for as long as one of them is announced. legacy.md §6.1
 */
export class RouteTable {
  #policy: ExportPolicy;
  readonly #services = new Map<string, AnnouncedService>();
  readonly #rows = new Map<string, Row>();
  /** By pool: one address of it and nothing else, as it is with nearly every prefix. */
  readonly #lone = new Map<string, Contributors>();

  constructor(policy: ExportPolicy) {
    this.#policy = policy;
  }

  /**
   * Goes on with the same Services by another policy. Prefixes that stay are the same objects, which others may hold as well.
   *
   * @param told - of every prefix there was or is: its verdicts by the policy before, and by this one; none: it was, or is, not
   *   there. The same verdicts come as the same object.
   */
  follow(policy: ExportPolicy, told: Told): void {
    const before = this.#policy;
    this.#policy = policy;
    if (this.#isCutAlike(before)) this.#judge(told);
    else this.#rebuild(told);
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

  /** The prefixes that a Service contributes to, each once. */
  *rowsOf(service: string): Iterable<TableRow> {
    const announced = this.#services.get(service);
    if (announced === undefined) return;
    for (const text of new Set(this.#prefixesOf(announced).map((prefix) => prefix.text))) {
      const row = this.#rows.get(text);
      if (row !== undefined) yield row;
    }
  }

  /** @param known - rows whose prefixes are taken for equal ones */
  #replace(
    before: AnnouncedService | undefined,
    after: AnnouncedService | undefined,
    known?: ReadonlyMap<string, Row>,
  ): RouteChange[] {
    const touched = new Map<Row, readonly Verdict[]>();
    for (const [announced, step] of [
      [before, -1],
      [after, 1],
    ] as const) {
      if (announced === undefined) continue;
      for (const prefix of this.#prefixesOf(announced)) {
        const row = this.#rowOf(prefix, known);
        if (!touched.has(row)) touched.set(row, row.verdicts);
        row.contributors = this.#stepped(row.contributors, announced.pool, step);
      }
    }
    return [...touched].flatMap(([row, old]) => this.#settle(row, old));
  }

  /** Whether addresses are aggregated to the same lengths as by another policy, so that the prefixes are the same. */
  #isCutAlike(other: ExportPolicy): boolean {
    const pools = new Set<string>();
    for (const { pool } of this.#services.values()) pools.add(pool);
    const lengths = (policy: ExportPolicy, pool: string): string =>
      FAMILIES.map((family) => policy.lengthsOf(pool, family).join()).join(' ');
    return [...pools].every((pool) => lengths(this.#policy, pool) === lengths(other, pool));
  }

  /** The prefixes are what they were; asked is once for all that were answered alike. */
  #judge(told: Told): void {
    const answers = new Map<readonly Verdict[], readonly Verdict[]>();
    for (const row of this.#rows.values()) {
      const before = row.verdicts;
      const after = answers.get(before) ?? this.#verdictsOn(row);
      answers.set(before, after);
      row.verdicts = after;
      told(row.prefix, before, after);
    }
  }

  #rebuild(told: Told): void {
    const before = new Map(this.#rows);
    this.#rows.clear();
    for (const announced of this.#services.values()) this.#replace(undefined, announced, before);
    for (const { prefix, verdicts } of this.#rows.values()) {
      told(prefix, before.get(prefix.text)?.verdicts ?? NO_VERDICTS, verdicts);
    }
    for (const { prefix, verdicts } of before.values()) {
      if (!this.#rows.has(prefix.text)) told(prefix, verdicts, NO_VERDICTS);
    }
  }

  #verdictsOn({ prefix: { family, length }, contributors }: Row): readonly Verdict[] {
    return this.#policy.verdicts([...contributors.keys()], family, length);
  }

  #settle(row: Row, old: readonly Verdict[]): RouteChange[] {
    const { prefix, contributors } = row;
    if (contributors.size === 0) this.#rows.delete(prefix.text);
    row.verdicts = contributors.size === 0 ? NO_VERDICTS : this.#verdictsOn(row);
    if (row.verdicts === old) return [];
    return this.#policy.sessions.flatMap((session, index) => {
      const [was, is] = [attributesIn(old[index]), attributesIn(row.verdicts[index])];
      if (was === is) return [];
      return [is === undefined ? { session, prefix } : { session, prefix, attributes: is }];
    });
  }

  #stepped(before: Contributors, pool: string, step: -1 | 1): Contributors {
    const count = (before.get(pool) ?? 0) + step;
    const others = before.size - (before.has(pool) ? 1 : 0);
    if (others === 0 && count === 0) return NOBODY;
    if (others === 0 && count === 1) return this.#loneOf(pool);
    const after = new Map(before).set(pool, count);
    if (count === 0) after.delete(pool);
    return after;
  }

  #loneOf(pool: string): Contributors {
    const lone = this.#lone.get(pool) ?? new Map([[pool, 1]]);
    this.#lone.set(pool, lone);
    return lone;
  }

  #rowOf(prefix: Prefix, known?: ReadonlyMap<string, Row>): Row {
    const { text } = prefix;
    const found = this.#rows.get(text);
    if (found !== undefined) return found;
    const row: Row = {
      prefix: known?.get(text)?.prefix ?? prefix,
      contributors: NOBODY,
      verdicts: NO_VERDICTS,
    };
    this.#rows.set(row.prefix.text, row);
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
