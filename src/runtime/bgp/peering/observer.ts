import type { IpAddress } from '../../net/index.ts';
import type { Duration } from '../../platform/ports.ts';
import type { Agreed, DownReason, SessionState } from '../fsm/fsm.ts';
import type { UpdateFault } from '../wire/message.ts';

/** Hears of everything that counts in one session. legacy.md §6.7, crd.md §3.6 */
export interface SessionObserver {
  /** Told when it changes. */
  state(state: SessionState): void;
  /** @param local - the address of this end, which BFD watches the peer from */
  up(agreed: Agreed, local: IpAddress): void;
  /** A session that was up is gone, or an attempt at one failed: the last error, true until `up`. */
  down(reason: DownReason): void;
  /** UPDATE messages. */
  updatesSent(count: number): void;
  updateReceived(faults: readonly UpdateFault[]): void;
  /** The next attempt is held back for so long. */
  retrySuppressed(wait: Duration): void;
}
