import type { Duration } from '../../platform/ports.ts';
import type {
  Capability,
  Message,
  Notification,
  Open,
  Update,
  WireError,
} from '../wire/message.ts';

/** RFC 4271 §8.2.2; `active` does not occur: nobody is listened for, only dialed. */
export type SessionState = 'idle' | 'connect' | 'openSent' | 'openConfirm' | 'established';

export type TimerName = 'connectRetry' | 'dial' | 'hold' | 'keepalive' | 'idleHold';

/** What happened. Every event is taken in every state. RFC 4271 §8.1 */
export type SessionEvent =
  | { readonly type: 'start' }
  /** `reason` becomes the Shutdown Communication, RFC 9003; at most 255 octets. */
  | {
      readonly type: 'stop';
      readonly subcode: CeaseSubcode;
      readonly reason: string | undefined;
    }
  /** TCP is up. Addresses are those of this end and of the peer. */
  | { readonly type: 'connected'; readonly identifier: number }
  /** TCP could not be set up, or ended. */
  | { readonly type: 'disconnected'; readonly reason: string }
  | { readonly type: 'timer'; readonly timer: TimerName }
  | { readonly type: 'message'; readonly message: Message }
  | { readonly type: 'malformed'; readonly error: WireError }
  /** BFD says that the peer is gone; RFC 5882 §4.2, and code 6/10 of RFC 9384. */
  | { readonly type: 'bfdDown' };

/** RFC 4486, RFC 8203, RFC 9384 */
export type CeaseSubcode =
  | 'administrativeShutdown'
  | 'peerDeconfigured'
  | 'administrativeReset'
  | 'otherConfigurationChange'
  | 'bfdDown';

/** What is to be done, in order. */
export type SessionEffect =
  | { readonly type: 'dial' }
  /** Ends the TCP connection, after what was sent before has left; a dial under way is given up. */
  | { readonly type: 'hangUp' }
  | { readonly type: 'send'; readonly message: Open | Notification | { readonly type: 'keepalive' } }
  /** Sets the timer, or sets it anew. */
  | { readonly type: 'setTimer'; readonly timer: TimerName; readonly after: Duration }
  | { readonly type: 'clearTimer'; readonly timer: TimerName }
  | { readonly type: 'up'; readonly agreed: Agreed }
  | { readonly type: 'down'; readonly reason: DownReason }
  /** Routes of the peer, which nobody keeps; told for End-of-RIB and faults. */
  | { readonly type: 'update'; readonly update: Update }
  /** Send all routes of the family again. RFC 2918 §4 */
  | { readonly type: 'refresh'; readonly afi: number; readonly safi: number };

/** What both OPENs say together. */
export interface Agreed {
  readonly asnOctets: 2 | 4;
  /** Seconds; 0: no hold timer and no keepalives. */
  readonly holdTime: number;
  readonly identifier: number;
  readonly peerIdentifier: number;
  readonly families: { readonly ipv4: boolean; readonly ipv6: boolean };
  readonly routeRefresh: boolean;
  /** What the peer says of graceful restart, if it does. RFC 4724 */
  readonly peerRestart: Extract<Capability, { kind: 'gracefulRestart' }> | undefined;
  readonly peerCapabilities: readonly Capability[];
}

/** Why there is no session; kept and shown until the next one is up. */
export interface DownReason {
  readonly kind:
    | 'stopped'
    | 'connectFailed'
    | 'connectionLost'
    | 'holdTimerExpired'
    | 'received'
    | 'sent'
    | 'bfdDown';
  /** For people: the text of the NOTIFICATION, of the system, of the Shutdown Communication. */
  readonly text: string;
  readonly notification?: { readonly code: number; readonly subcode: number };
}

/** What a session is configured with. Durations of RFC 4271 §10 unless legacy.md says otherwise. */
export interface SessionSettings {
  readonly localAsn: number;
  readonly peerAsn: number;
  /** Seconds. */
  readonly holdTime: number;
  /** Seconds, perhaps a fraction; `undefined`: a third of the agreed hold time. */
  readonly keepaliveTime: number | undefined;
  /** What the OPEN says, besides the four-octet AS number that is always there. */
  readonly capabilities: readonly Capability[];
}
