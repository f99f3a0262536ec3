import type { Duration, Random } from '../../../platform/ports.ts';
import { type Features, decodeFeatures } from '../../features.ts';
import type { Endpoint, MemberRecord, MemberState, Versions } from '../../protocol/message.ts';
import type { Appointment } from '../agenda.ts';
import type { Member } from '../effect.ts';
import type { Suspicion } from './suspicion.ts';

/** What is known of a member. Its state changes by {@link MemberTable} only. */
export interface Entry {
  readonly node: string;
  endpoint: Endpoint;
  meta: Uint8Array;
  features: Features | undefined;
  versions: Versions;
  incarnation: number;
  readonly state: MemberState;
  /** When the state changed last. */
  readonly changedAt: Duration;
  suspicion: { readonly of: Suspicion; timer: Appointment } | undefined;
  /** The sequence number of the probe that is under way. */
  probe: number | undefined;
  /** The address that another member of this name was last complained about with. */
  conflict: string | undefined;
}

type Writable = { -readonly [Key in keyof Entry]: Entry[Key] };

/** Members that a ring may have at most: more names are refused. */
const MEMBER_LIMIT = 10_000;

/** Alive and suspect members count; dead ones and those that left do not. memberlist-wire.md §11 */
export const counts = (entry: Entry): boolean =>
  entry.state === 'alive' || entry.state === 'suspect';

export const sameEndpoint = (left: Endpoint, right: Endpoint): boolean =>
  left.port === right.port && left.address === right.address;

/** The members known, in the order in which they are probed. memberlist-wire.md §11 */
export class MemberTable {
  readonly #random: Random;
  readonly #byName = new Map<string, Writable>();
  #order: Writable[] = [];
  #slow = 0;
  #members: readonly Member[] | undefined;

  constructor(random: Random) {
    this.#random = random;
  }

  /** `N` of every formula: dead members and those that left count until they are reaped. */
  get size(): number {
    return this.#order.length;
  }

  get full(): boolean {
    return this.#order.length >= MEMBER_LIMIT;
  }

  /** Whether every member that counts says that it runs with fast failover. */
  get fast(): boolean {
    return this.#slow === 0;
  }

  get(node: string): Entry | undefined {
    return this.#byName.get(node);
  }

  at(position: number): Entry | undefined {
    return this.#order[position];
  }

  entries(): readonly Entry[] {
    return this.#order;
  }

  members(): readonly Member[] {
    this.#members ??= this.#order.filter(counts).map(toMember);
    return this.#members;
  }

  records(): readonly MemberRecord[] {
    return this.#order.map(({ node, endpoint, meta, incarnation, state, versions }) => ({
      node,
      endpoint,
      meta,
      incarnation,
      state,
      versions,
    }));
  }

  /** A new member, dead until something else is said of it, at a random place in the order. */
  insert(node: string, endpoint: Endpoint, now: Duration): Entry {
    const entry: Writable = {
      node,
      endpoint,
      meta: new Uint8Array(),
      features: undefined,
      versions: [],
      incarnation: 0,
      state: 'dead',
      changedAt: now,
      suspicion: undefined,
      probe: undefined,
      conflict: undefined,
    };
    this.#byName.set(node, entry);
    this.#order.push(entry);
    this.#swap(this.#order.length - 1, this.#draw(this.#order.length));
    return entry;
  }

  /** Changes the state, and remembers when. */
  turn(entry: Entry, state: MemberState, now: Duration): void {
    this.#change(entry, (writable) => {
      writable.state = state;
      writable.changedAt = now;
    });
  }

  /** Takes over what an alive message says beside its state. */
  describe(entry: Entry, said: Omit<MemberRecord, 'node' | 'state'>): void {
    this.#change(entry, (writable) => {
      writable.endpoint = said.endpoint;
      writable.meta = said.meta;
      writable.features = decodeFeatures(said.meta);
      writable.incarnation = said.incarnation;
      if (said.versions.length > 0) writable.versions = said.versions;
    });
  }

  /** Stores an incarnation that an accusation or a refutation brought. */
  renew(entry: Entry, incarnation: number): void {
    this.#change(entry, (writable) => {
      writable.incarnation = incarnation;
    });
  }

  /** Forgets those that are gone since before `before`, and shuffles the others. memberlist-wire.md §11.6 */
  reap(before: Duration): void {
    const gone = (entry: Entry): boolean => !counts(entry) && entry.changedAt < before;
    if (this.#order.some(gone)) {
      for (const entry of this.#order) if (gone(entry)) this.#byName.delete(entry.node);
      this.#order = this.#order.filter((entry) => !gone(entry));
    }
    for (let last = this.#order.length - 1; last > 0; last -= 1) {
      this.#swap(last, this.#draw(last + 1));
    }
    this.#members = undefined;
  }

  /** Up to `count` different members, found by drawing: gives up after three draws a member. memberlist-wire.md §16 */
  pick(count: number, suits: (entry: Entry) => boolean): Entry[] {
    const picked: Entry[] = [];
    const draws = 3 * this.#order.length;
    for (let draw = 0; draw < draws && picked.length < count; draw += 1) {
      const entry = this.#order[this.#draw(this.#order.length)];
      if (entry !== undefined && suits(entry) && !picked.includes(entry)) picked.push(entry);
    }
    return picked;
  }

  #change(entry: Entry, write: (entry: Writable) => void): void {
    const writable = entry as Writable;
    if (isSlow(writable)) this.#slow -= 1;
    write(writable);
    if (isSlow(writable)) this.#slow += 1;
    this.#members = undefined;
  }

  #draw(below: number): number {
    return Math.floor(this.#random.float() * below);
  }

  #swap(left: number, right: number): void {
    const [one, other] = [this.#order[left], this.#order[right]];
    if (one === undefined || other === undefined) return;
    this.#order[left] = other;
    this.#order[right] = one;
  }
}

const isSlow = (entry: Entry): boolean => counts(entry) && entry.features?.fast !== true;

function toMember(entry: Entry): Member {
  return {
    node: entry.node,
    endpoint: entry.endpoint,
    state: entry.state === 'suspect' ? 'suspect' : 'alive',
    incarnation: entry.incarnation,
    features: entry.features,
  };
}
