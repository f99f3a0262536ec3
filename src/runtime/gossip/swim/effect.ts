import type { LogLevel, Duration } from '../../platform/ports.ts';
import type { Endpoint, Message } from '../protocol/message.ts';
import type { Features } from '../features.ts';

/** A member that counts: alive or suspect. memberlist-wire.md §11 */
export interface Member {
  readonly node: string;
  readonly endpoint: Endpoint;
  readonly state: 'alive' | 'suspect';
  readonly incarnation: number;
  /** What it says of itself; `undefined` where it says nothing, as the original's speakers. */
  readonly features: Features | undefined;
}

/** What the application hears. memberlist-wire.md §11.1, §11.3 */
export interface MemberEvent {
  readonly type: 'join' | 'leave' | 'update';
  readonly node: string;
  readonly endpoint: Endpoint;
  /** Of a leave: whether it said so itself. */
  readonly announced?: boolean;
}

/** What the shell is to do, in order. */
export type Effect =
  /**
   * One datagram, its messages already chosen to fit. `checksum`: the receiver is known to understand one.
   * memberlist-wire.md §8, §10
   */
  | {
      readonly type: 'send';
      readonly to: Endpoint;
      readonly messages: readonly Message[];
      readonly checksum: boolean;
    }
  /**
   * Exchange states over a stream; answer with `Swim.merge`, or with `Swim.exchangeFailed`. `node` is empty where only
   * the address is known. memberlist-wire.md §17
   */
  | {
      readonly type: 'exchange';
      readonly with: Endpoint;
      readonly node: string;
      readonly join: boolean;
    }
  /** The TCP fallback of a probe: a `ping` on a stream; answer with `Swim.streamProbed`. memberlist-wire.md §12 step 5 */
  | {
      readonly type: 'probeStream';
      readonly to: Endpoint;
      readonly node: string;
      readonly seqNo: number;
      /** How long the whole of it may take. */
      readonly within: Duration;
    }
  | { readonly type: 'event'; readonly event: MemberEvent }
  /**
   * The leave has been told to others as often as it is to be, or there is nobody to tell; or not, when time was up.
   * memberlist-wire.md §18
   */
  | { readonly type: 'leaveTold'; readonly complete: boolean }
  /** `msg` as operators know it, `memberlist: ` before it included. memberlist-wire.md §22 */
  | { readonly type: 'log'; readonly level: LogLevel; readonly msg: string }
  /** The same of what others can cause as often as they like; `kind` is one of a few, `text` is without the prefix. */
  | {
      readonly type: 'complaint';
      readonly level: LogLevel;
      readonly kind: string;
      readonly text: string;
    };

/** How a probe over a stream ended. `refused`: the host answers, and nobody listens there. */
export type StreamProbe = 'answered' | 'refused' | 'failed';
