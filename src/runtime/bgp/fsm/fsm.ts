import type { Family } from '../../net/index.ts';
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

/**
 * - `idleHold`: the wait until the next attempt. RFC 4271 §8.1.3
 * - `dial`: the end of an attempt that gets no answer; also the hold timer of OpenSent. legacy.md §6.2
 * - `hold`, `keepalive`: RFC 4271 §4.4, §6.5
 * - `sendHold`: the peer takes nothing of what is sent. RFC 9687
 * - `stable`: the session has been up for so long that earlier failures are forgotten
 */
export type TimerName = 'idleHold' | 'dial' | 'hold' | 'keepalive' | 'sendHold' | 'stable';

/** What happened. Every event is taken in every state. RFC 4271 §8.1 */
export type SessionEvent =
  | { readonly type: 'start' }
  | Stop
  /** TCP is up; `identifier` is the router id of this end. */
  | { readonly type: 'connected'; readonly identifier: number }
  /** TCP could not be set up, or ended. */
  | { readonly type: 'disconnected'; readonly reason: string }
  | { readonly type: 'timer'; readonly timer: TimerName }
  | { readonly type: 'message'; readonly message: Message }
  | { readonly type: 'malformed'; readonly error: WireError }
  /** BFD says that the peer is gone; RFC 5882 §4.2, and code 6/10 of RFC 9384. */
  | { readonly type: 'bfdDown' }
  /** The connection takes no more octets, or takes them again. RFC 9687 */
  | { readonly type: 'writable'; readonly writable: boolean }
  /** Another keepalive time is configured, in seconds; the session stays. */
  | { readonly type: 'keepaliveTime'; readonly keepaliveTime: number | undefined };

export interface Stop {
  readonly type: 'stop';
  readonly subcode: CeaseSubcode;
  /** Becomes the Shutdown Communication, RFC 9003; cut to 255 octets. */
  readonly reason: string | undefined;
  /** The program ends to be started anew: a peer that promised graceful restart shall keep the routes. RFC 4724 §4 */
  readonly restarting?: boolean;
}

/** RFC 4486, RFC 8203, RFC 9384 */
export type CeaseSubcode =
  | 'administrativeShutdown'
  | 'peerDeconfigured'
  | 'administrativeReset'
  | 'otherConfigurationChange'
  | 'bfdDown';

/** What is to be done, in order. Durations are without the jitter of RFC 4271 §10. */
export type SessionEffect =
  | { readonly type: 'dial' }
  /** Ends the TCP connection, after what was sent before has left; a dial under way is given up. */
  | { readonly type: 'hangUp' }
  | {
      readonly type: 'send';
      readonly message: Open | Notification | { readonly type: 'keepalive' };
    }
  /** Sets the timer, or sets it anew. */
  | { readonly type: 'setTimer'; readonly timer: TimerName; readonly after: Duration }
  | { readonly type: 'clearTimer'; readonly timer: TimerName }
  | { readonly type: 'up'; readonly agreed: Agreed }
  /** An attempt failed, or a session is over: it came as far as `from`. */
  | { readonly type: 'down'; readonly from: SessionState; readonly reason: DownReason }
  /** Routes of the peer, which nobody keeps; told for End-of-RIB and faults. */
  | { readonly type: 'update'; readonly update: Update }
  /** Send all routes of the family again. RFC 2918 §4 */
  | { readonly type: 'refresh'; readonly family: Family }
  /** The peer refuses the capabilities, and is dialed without them. Told once. RFC 5492 §3 */
  | { readonly type: 'capabilitiesRefused' };

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
  readonly peerRestart: GracefulRestart | undefined;
  /** Both keep routes over a NOTIFICATION other than Hard Reset. RFC 8538 */
  readonly gracefulNotification: boolean;
  readonly peerCapabilities: readonly Capability[];
}

export type GracefulRestart = Extract<Capability, { kind: 'gracefulRestart' }>;

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

/** What a session is configured with. */
export interface SessionSettings {
  readonly localAsn: number;
  readonly peerAsn: number;
  /** Seconds. */
  readonly holdTime: number;
  /** Seconds, perhaps a fraction; `undefined`: a third of the agreed hold time. */
  readonly keepaliveTime: number | undefined;
  /** What the OPEN says, before the four-octet AS number that is always there. */
  readonly capabilities: readonly Capability[];
  /** Where the own AS number needs four octets: whether a peer that knows two only is told AS_TRANS, or refused. RFC 6793 §4.2 */
  readonly servesOldPeers?: boolean;
}
