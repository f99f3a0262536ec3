import type { IpAddress } from '../../net/index.ts';
import type { Duration } from '../../platform/ports.ts';
import type { Agreed, DownReason, SessionState } from '../fsm/fsm.ts';
import type { MessageName } from '../wire/header.ts';

/** Hears of everything that counts in one session. legacy.md §6.7, crd.md §3.6 */
export interface SessionObserver {
  /** Told when it changes. */
  state(state: SessionState): void;
  /** @param local - the address of this end, which BFD watches the peer from */
  up(agreed: Agreed, local: IpAddress): void;
  /** A session that was up is gone, or an attempt at one failed: the last error, true until `up`. */
  down(reason: DownReason): void;
  /** One message was given to the connection. */
  messageSent(type: MessageName): void;
  /** One message came, whole and with a header that is in order; it may be refused nonetheless. */
  messageReceived(type: MessageName): void;
  /** One UPDATE of the peer was not as it must be, whether or not the session outlives it. RFC 7606 §8 */
  malformedUpdate(): void;
  /** The next attempt is held back for so long. */
  retrySuppressed(wait: Duration): void;
}
