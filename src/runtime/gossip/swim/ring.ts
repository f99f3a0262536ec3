import type { Duration, LogLevel } from '../../platform/ports.ts';
import { encodeFeatures } from '../features.ts';
import type { Alive, Claim, Endpoint, Message } from '../protocol/message.ts';
import { Agenda } from './agenda.ts';
import type { Effect } from './effect.ts';
import { Broadcasts } from './membership/broadcasts.ts';
import { COMPOUND_OVERHEAD, DATAGRAM_BUDGET, sizeOf } from './membership/size.ts';
import { type Entry, MemberTable } from './membership/table.ts';
import { Awareness } from './probe/awareness.ts';
import type { SwimOptions } from './swim.ts';
import type { Timing } from './timing.ts';

/** The greatest of the unsigned numbers of 32 bits that the wire has. */
export const U32_MAX: number = 2 ** 32 - 1;
/** In rings up to this size everybody is told at once who comes and who leaves, not only with the next gossip. */
export const SMALL_RING = 16;
/** Least, greatest and current protocol, then delegate. memberlist-wire.md §4.1 */
const VERSIONS = [1, 5, 2, 0, 0, 0] as const;
/** Members with this protocol understand checksums. memberlist-wire.md §8 */
const CHECKSUM_PROTOCOL = 5;

/** What the parts of one member act upon: what it knows, when it is, and what is to be done. */
export class Ring {
  readonly options: SwimOptions;
  readonly agenda: Agenda = new Agenda();
  readonly awareness: Awareness;
  readonly table: MemberTable;
  readonly self: Entry;
  now: Duration;
  leaving = false;
  readonly #broadcasts = new Broadcasts();
  #effects: Effect[] = [];
  #gossiping = false;
  readonly #gossipPhase: number;
  #lastSeqNo: number;

  constructor(options: SwimOptions) {
    const { random, timing, node, endpoint, features, now } = options;
    this.options = options;
    this.now = now;
    this.awareness = new Awareness(timing.awarenessMaxMultiplier);
    this.table = new MemberTable(random);
    this.self = this.table.insert(node, endpoint, now);
    const meta = encodeFeatures(features);
    this.table.describe(this.self, { endpoint, meta, incarnation: 1, versions: VERSIONS });
    this.table.turn(this.self, 'alive', now);
    // Answers to probes of an earlier life of this member are none of the present one's.
    this.#lastSeqNo = Math.floor(random.float() * U32_MAX);
    this.#gossipPhase = now + random.float() * this.timing.gossipInterval;
  }

  /** The fast one while every member says that it runs with it. */
  get timing(): Timing {
    return this.table.fast ? this.options.fastTiming : this.options.timing;
  }

  get ownClaim(): Alive {
    return this.claimOf(this.self);
  }

  /** That a member is alive, as it said last. */
  claimOf({ node, endpoint, incarnation, meta, versions }: Entry): Alive {
    return { type: 'alive', incarnation, node, endpoint, meta, versions };
  }

  /** Claims that are being told on. */
  get queued(): number {
    return this.#broadcasts.size;
  }

  nextSeqNo(): number {
    this.#lastSeqNo = this.#lastSeqNo >= U32_MAX ? 0 : this.#lastSeqNo + 1;
    return this.#lastSeqNo;
  }

  after(delay: number, act: () => void): ReturnType<Agenda['at']> {
    return this.agenda.at((this.now + delay) as Duration, act);
  }

  emit(effect: Effect): void {
    this.#effects.push(effect);
  }

  log(level: LogLevel, text: string): void {
    this.#effects.push({ type: 'log', level, msg: `memberlist: ${text}` });
  }

  /** What others can cause as often as they like, which must not fill the log. */
  complain(level: LogLevel, kind: string, text: string): void {
    this.#effects.push({ type: 'complaint', level, kind, text });
  }

  /** What has been emitted since. */
  flush(): readonly Effect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  /** One message, and as much news as fits beside it. memberlist-wire.md §10 */
  send(to: Endpoint, message: Message): void {
    const messages: Message[] = [message];
    if (this.#broadcasts.size > 0) {
      messages.push(...this.#news(this.#budget - sizeOf(message)));
    }
    this.#effects.push({ type: 'send', to, messages, checksum: false });
  }

  /** Just these messages to a member, whose understanding of checksums is known. memberlist-wire.md §8 */
  sendBare(to: Entry, messages: readonly Message[]): void {
    const checksum = (to.versions[1] ?? 0) >= CHECKSUM_PROTOCOL;
    this.#effects.push({ type: 'send', to: to.endpoint, messages, checksum });
  }

  /** Has a claim told to everybody. memberlist-wire.md §16 */
  broadcast(claim: Claim, told?: () => void): void {
    this.#broadcasts.put(claim, told);
    this.#scheduleGossip();
  }

  get #budget(): number {
    return DATAGRAM_BUDGET - COMPOUND_OVERHEAD - this.options.overhead;
  }

  #news(budget: number): readonly Claim[] {
    const { retransmitMult } = this.timing;
    const limit = retransmitMult * Math.ceil(Math.log10(this.table.size + 1));
    return this.#broadcasts.take(budget, COMPOUND_OVERHEAD, limit);
  }

  /** Gossip has its own beat; while there is no news, nothing is to be done on it. */
  #scheduleGossip(): void {
    if (this.#gossiping || this.#broadcasts.size === 0) return;
    this.#gossiping = true;
    const { gossipInterval } = this.timing;
    const beats = Math.floor((this.now - this.#gossipPhase) / gossipInterval) + 1;
    const due = this.#gossipPhase + Math.max(0, beats) * gossipInterval;
    this.agenda.at(due as Duration, () => {
      this.#gossiping = false;
      this.#gossip();
      this.#scheduleGossip();
    });
  }

  #gossip(): void {
    const { gossipNodes, gossipToTheDead } = this.timing;
    const hears = (entry: Entry): boolean =>
      entry !== this.self &&
      entry.state !== 'left' &&
      (entry.state !== 'dead' || this.now - entry.changedAt <= gossipToTheDead);
    for (const entry of this.table.pick(gossipNodes, hears)) {
      const claims = this.#news(this.#budget);
      if (claims.length === 0) return;
      this.sendBare(entry, claims);
    }
  }
}
