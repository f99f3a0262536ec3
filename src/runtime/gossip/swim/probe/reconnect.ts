import { type Duration, seconds } from '../../../platform/ports.ts';
import type { Ack, Endpoint, Ping } from '../../protocol/message.ts';
import { type Entry, counts, sameEndpoint } from '../membership/table.ts';
import type { LossListener } from '../membership/claims.ts';
import type { Ring } from '../ring.ts';

/** Lost members that are looked for, at most: the one lost first is given up. */
const LOST_LIMIT = 256;
const EXPECTED_LIMIT = 10_000;
/** Tries in one interval, at most. */
const TRIES_PER_ROUND = 10;
/** Pings whose answer is still of use. */
const PENDING_LIMIT = 64;
/** Exchanges after one sign of life: the first tells a member that it was given up, the second brings its answer. */
const EXCHANGES = 2;
const SHORTEST_PAUSE = seconds(1);
const LONGEST_PAUSE = seconds(60);
/** How long a member is looked for that is expected nowhere. */
const SEARCH = seconds(600);
/** How long one that said it leaves is let go. */
const REST = seconds(10);

interface Sought {
  /** Empty: whoever is there. */
  readonly node: string;
  readonly endpoint: Endpoint;
  readonly since: Duration;
  expected: boolean;
  lost: boolean;
  notBefore: Duration;
  pause: Duration;
  exchanges: number;
}

/**
 * Looks for members that were lost, and for those that are expected: the original hears a lost member only when either
 * side joins again. Whether it succeeds says nothing about anybody's health.
 */
export class Reconnect implements LossListener {
  readonly #ring: Ring;
  /** By name, or by address where there is no name. */
  readonly #sought = new Map<string, Sought>();
  readonly #pending = new Map<number, Sought>();
  /** By address. */
  readonly #exchanges = new Map<string, { readonly sought: Sought; readonly until: Duration }>();
  #expects = false;
  #cursor = 0;
  #searching = false;

  constructor(ring: Ring) {
    this.#ring = ring;
  }

  lost(entry: Entry, announced: boolean): void {
    const known = this.#sought.get(entry.node);
    const rest = announced ? REST : 0;
    this.#sought.delete(entry.node);
    const expected = known?.expected ?? false;
    if (announced && !expected) return;
    const endpoint = expected && known !== undefined ? known.endpoint : entry.endpoint;
    this.#seek({ node: entry.node, endpoint }, { expected, lost: !announced, rest });
    this.#bound();
  }

  /** One that says so itself may have begun anew, and know nobody. */
  found({ node, endpoint }: Entry, from: Endpoint | undefined): void {
    const known = this.#sought.get(node);
    if (known === undefined) return;
    const saysSo = from !== undefined && sameEndpoint(from, endpoint);
    if (known.lost && saysSo && !this.#isBusy(known)) this.#exchange({ ...known, endpoint });
    known.lost = false;
    known.pause = SHORTEST_PAUSE;
    known.notBefore = this.#ring.now;
    if (!known.expected) this.#sought.delete(node);
  }

  /** Where members are expected from now on. */
  expect(where: readonly { readonly node?: string; readonly endpoint: Endpoint }[]): void {
    const { self } = this.#ring;
    this.#expects = true;
    for (const sought of this.#sought.values()) sought.expected = false;
    for (const { node = '', endpoint } of where.slice(0, EXPECTED_LIMIT)) {
      const isSelf = node === self.node || sameEndpoint(endpoint, self.endpoint);
      if (!isSelf) this.#expectOne(node, endpoint);
    }
    for (const [key, sought] of this.#sought) {
      if (!sought.expected && !sought.lost) this.#sought.delete(key);
    }
  }

  /** Where a name is expected elsewhere, its old place is forgotten. */
  #expectOne(node: string, endpoint: Endpoint): void {
    const known = this.#sought.get(node || keyOf(endpoint));
    if (known !== undefined && sameEndpoint(known.endpoint, endpoint)) known.expected = true;
    else this.#seek({ node, endpoint }, { expected: true, lost: false, rest: 0 });
  }

  /** Whether the ack is of a member that was looked for. */
  acked({ seqNo }: Ack): boolean {
    const sought = this.#pending.get(seqNo);
    this.#pending.delete(seqNo);
    if (sought === undefined || this.#isThere(sought)) return sought !== undefined;
    if (this.#exchanges.has(keyOf(sought.endpoint))) return true;
    sought.exchanges = 0;
    this.#exchange(sought);
    return true;
  }

  /** Whether the ping was made by looking for somebody. */
  sendFailed({ seqNo }: Ping): boolean {
    return this.#pending.delete(seqNo);
  }

  /** The states of `from` are merged. */
  exchanged(from: Endpoint): void {
    const sought = this.#over(from);
    if (sought === undefined || this.#isThere(sought)) return;
    if (sought.exchanges >= EXCHANGES || sought.node === '') {
      this.#rest(sought);
      return;
    }
    this.#ring.after(this.#ring.timing.gossipInterval, () => {
      const still = this.#sought.get(sought.node) === sought;
      if (still && !this.#isThere(sought)) this.#exchange(sought);
    });
  }

  /** Whether the exchange that failed was one made by looking for somebody. */
  exchangeFailed(endpoint: Endpoint): boolean {
    const sought = this.#over(endpoint);
    if (sought !== undefined) this.#rest(sought);
    return sought !== undefined;
  }

  #seek(
    { node, endpoint }: { readonly node: string; readonly endpoint: Endpoint },
    why: { readonly expected: boolean; readonly lost: boolean; readonly rest: Duration | 0 },
  ): void {
    const { now } = this.#ring;
    this.#sought.set(node || keyOf(endpoint), {
      node,
      endpoint,
      since: now,
      expected: why.expected,
      lost: why.lost,
      notBefore: (now + why.rest) as Duration,
      pause: SHORTEST_PAUSE,
      exchanges: 0,
    });
    this.#search();
  }

  #bound(): void {
    if (this.#sought.size <= LOST_LIMIT) return;
    const lost = [...this.#sought].filter(([, { expected }]) => !expected);
    if (lost.length > LOST_LIMIT) {
      for (const [key] of lost.slice(0, -LOST_LIMIT)) this.#sought.delete(key);
    }
  }

  /** Rounds are made while somebody is missing. */
  #search(): void {
    if (this.#searching) return;
    this.#searching = true;
    this.#ring.after(this.#ring.timing.reconnectInterval, () => {
      this.#searching = false;
      this.#round();
    });
  }

  #round(): void {
    const { leaving, now } = this.#ring;
    if (leaving) return;
    this.#forget();
    const missing = [...this.#sought.values()].filter(
      (sought) => !this.#isThere(sought) && !this.#isTaken(sought),
    );
    if (missing.length === 0) return;
    const tries = Math.min(TRIES_PER_ROUND, missing.length);
    for (let count = 0; count < tries; count += 1) {
      this.#cursor = (this.#cursor + 1) % missing.length;
      const sought = missing[this.#cursor];
      if (sought === undefined || sought.notBefore > now) continue;
      if (this.#isBusy(sought)) continue;
      if (sought.node === '') this.#exchange(sought);
      else this.#ping(sought);
    }
    this.#search();
  }

  #forget(): void {
    if (!this.#expects) return;
    for (const [key, { expected, since }] of this.#sought) {
      if (!expected && this.#ring.now - since > SEARCH) this.#sought.delete(key);
    }
  }

  #ping(sought: Sought): void {
    const seqNo = this.#ring.nextSeqNo();
    this.#pending.set(seqNo, sought);
    if (this.#pending.size > PENDING_LIMIT) {
      for (const oldest of this.#pending.keys()) {
        this.#pending.delete(oldest);
        break;
      }
    }
    const messages: Ping[] = [{ type: 'ping', seqNo, node: sought.node }];
    this.#ring.emit({ type: 'send', to: sought.endpoint, messages, checksum: false });
  }

  #exchange(sought: Sought): void {
    const { timing, now } = this.#ring;
    const { endpoint, node } = sought;
    sought.exchanges += 1;
    const until = (now + 2 * timing.tcpTimeout) as Duration;
    this.#exchanges.set(keyOf(endpoint), { sought, until });
    this.#ring.emit({ type: 'exchange', with: endpoint, node, join: true });
  }

  #isBusy({ endpoint }: Sought): boolean {
    const key = keyOf(endpoint);
    const exchange = this.#exchanges.get(key);
    if (exchange === undefined) return false;
    if (exchange.until > this.#ring.now) return true;
    this.#exchanges.delete(key);
    return false;
  }

  #over(endpoint: Endpoint): Sought | undefined {
    const key = keyOf(endpoint);
    const exchange = this.#exchanges.get(key);
    this.#exchanges.delete(key);
    return exchange?.sought;
  }

  #rest(sought: Sought): void {
    sought.exchanges = 0;
    sought.notBefore = (this.#ring.now + sought.pause) as Duration;
    sought.pause = Math.min(LONGEST_PAUSE, 2 * sought.pause) as Duration;
  }

  #isThere({ node, endpoint }: Sought): boolean {
    if (node === '') return this.#isTaken({ endpoint });
    const entry = this.#ring.table.get(node);
    return entry !== undefined && counts(entry);
  }

  /** Whoever lives there warns of pings for other names. */
  #isTaken({ endpoint }: Pick<Sought, 'endpoint'>): boolean {
    return this.#ring.table.members().some((member) => sameEndpoint(member.endpoint, endpoint));
  }
}

const keyOf = ({ address, port }: Endpoint): string => `${address} ${port}`;
