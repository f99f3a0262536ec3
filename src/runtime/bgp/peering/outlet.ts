import type { Family, IpAddress } from '../../net/index.ts';
import type { Agreed, DownReason } from '../fsm/fsm.ts';

/** Where a session gets its UPDATE messages from: the routes for this peer, as octets. */
export interface Outlet {
  /** The session is up: all routes are to be sent, with what both agreed on, from this address of this end. */
  established(agreed: Agreed, local: IpAddress): void;
  /**
   * The next whole messages, `limit` octets at most, where `limit` is never below 4096; `undefined`: nothing to send.
   * Who gets something to send later calls `PeerSession.pull`.
   */
  next(limit: number): Uint8Array | undefined;
  /** The peer asks for all routes of the family again. RFC 2918 §4 */
  refresh(family: Family): void;
  /** The session is no longer up; the peer holds nothing, or what graceful restart lets it hold. */
  ended(reason: DownReason): void;
}
