import type { Duration, Random } from '../../platform/ports.ts';
import type { Features } from '../features.ts';
import type { Endpoint, MemberRecord, Message } from '../protocol/message.ts';
import type { Effect, Member, StreamProbe } from './effect.ts';
import type { Timing } from './timing.ts';

export interface SwimOptions {
  /** The own name. */
  readonly node: string;
  /** Where the own listener is bound. */
  readonly endpoint: Endpoint;
  readonly features: Features;
  readonly timing: Timing;
  /** In force while every member, the own one included, has `features.fast`. */
  readonly fastTiming: Timing;
  /** Octets that encryption adds to a datagram: 0, or 29. memberlist-wire.md §5 */
  readonly overhead: number;
  readonly random: Random;
  /** When it is made, on the clock that every later `now` is of. */
  readonly now: Duration;
}

/**
 * One member of a ring: SWIM with Lifeguard as hashicorp/memberlist 0.1.7 speaks it, without clock, sockets or log. What
 * it is told comes back as effects, in order. memberlist-wire.md §11-§18
 */
export interface Swim {
  /** When {@link tick} is to be called next. */
  readonly next: Duration;
  /** The timing in force. */
  readonly timing: Timing;
  /** How long a member may stay silent before others declare it dead, at least. */
  readonly suspicionTime: Duration;
  /** Alive and suspect members, the own one included unless it left. */
  members(): readonly Member[];
  /** Every known member, for a push/pull. */
  records(): readonly MemberRecord[];
  /** Does what is due at `now`. */
  tick(now: Duration): readonly Effect[];
  /** One message of a datagram from `from`. */
  receive(message: Message, from: Endpoint, now: Duration): readonly Effect[];
  /**
   * The other side's states of an exchange that either side began; `from` is what effect `exchange` had, or where the
   * connection came from. A refused merge is a log effect.
   */
  merge(
    records: readonly MemberRecord[],
    from: Endpoint,
    join: boolean,
    now: Duration,
  ): readonly Effect[];
  exchangeFailed(endpoint: Endpoint, error: string, now: Duration): readonly Effect[];
  streamProbed(seqNo: number, result: StreamProbe, now: Duration): readonly Effect[];
  /** A datagram of effect `send` could not be sent; `message` is its first. memberlist-wire.md §12 step 3 */
  sendFailed(message: Message, error: string, now: Duration): readonly Effect[];
  /** Addresses where members are expected, with names where known: heard again by itself. */
  expect(
    where: readonly { readonly node?: string; readonly endpoint: Endpoint }[],
    now: Duration,
  ): readonly Effect[];
  /** The program ran late by so much: awareness suffers, and own verdicts made meanwhile count for nothing. */
  stalled(lateness: Duration, now: Duration): readonly Effect[];
  /** Tells others that this member leaves; `leaveTold` follows, at the latest after `within`. */
  leave(within: Duration, now: Duration): readonly Effect[];
  /** When a message of another member was last heard; `undefined`: never. */
  readonly lastHeard: Duration | undefined;
  /** Of the own claim to be alive: higher after each refutation. */
  readonly incarnation: number;
  /** How unwell this member itself is: 0, well, to 7. memberlist-wire.md §14 */
  readonly awareness: number;
  /** Claims that are being told on. */
  readonly queued: number;
}

export type MakeSwim = (options: SwimOptions) => Swim;
