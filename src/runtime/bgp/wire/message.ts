import type { Family, IpAddress, Prefix } from '../../net/index.ts';

/** The five messages of a session. RFC 4271 §4, RFC 2918 */
export type Message = Open | Update | Notification | { readonly type: 'keepalive' } | RouteRefresh;

/** RFC 4271 §4.2 */
export interface Open {
  readonly type: 'open';
  /** The two-octet field "My Autonomous System": AS_TRANS, 23456, where the AS number needs four. RFC 6793 §9 */
  readonly asn: number;
  /** Seconds; 0, or 3 and more. */
  readonly holdTime: number;
  /** The BGP Identifier: four octets, not zero. RFC 6286 */
  readonly identifier: number;
  /** In the order in which they stand, each as often as it stands. RFC 5492 */
  readonly capabilities: readonly Capability[];
}

/** A pair of AFI and SAFI that this speaker knows; all else stays a number. RFC 4760 */
export type AddressFamily = Family;

/** RFC 5492; codes by IANA. */
export type Capability =
  /** Code 1. `undefined` family: one that this speaker does not know. RFC 4760 §8 */
  | {
      readonly kind: 'multiprotocol';
      readonly afi: number;
      readonly safi: number;
      readonly family: AddressFamily | undefined;
    }
  /** Code 2. RFC 2918 */
  | { readonly kind: 'routeRefresh' }
  /** Code 64. RFC 4724 §3, RFC 8538 §2 */
  | {
      readonly kind: 'gracefulRestart';
      readonly restarted: boolean;
      /** The N bit: a NOTIFICATION does not end it. */
      readonly notification: boolean;
      /** Seconds, 12 bits. */
      readonly restartTime: number;
      readonly families: readonly {
        readonly afi: number;
        readonly safi: number;
        readonly forwarding: boolean;
      }[];
    }
  /** Code 65. RFC 6793 §3 */
  | { readonly kind: 'fourOctetAsn'; readonly asn: number }
  /** Kept as it came. */
  | { readonly kind: 'unknown'; readonly code: number; readonly value: Uint8Array };

/** RFC 4271 §4.3, with what RFC 4760 puts into attributes taken out of them. */
export interface Update {
  readonly type: 'update';
  /** Of both families. */
  readonly withdrawn: readonly Prefix[];
  readonly announced: readonly Prefix[];
  /** Absent where nothing is announced. */
  readonly attributes: ReceivedAttributes | undefined;
  /** Set: this is the End-of-RIB of the family. RFC 4724 §2 */
  readonly endOfRib: AddressFamily | undefined;
  /** What was wrong with it without ending the session, worst first. RFC 7606 §2 */
  readonly faults: readonly UpdateFault[];
}

export interface ReceivedAttributes {
  readonly origin: 'igp' | 'egp' | 'incomplete';
  readonly asPath: readonly AsPathSegment[];
  readonly nextHop: IpAddress | undefined;
  readonly med: number | undefined;
  readonly localPref: number | undefined;
  /** Each `a:b`. RFC 1997 */
  readonly communities: readonly string[];
  /** Each `a:b:c`. RFC 8092 */
  readonly largeCommunities: readonly string[];
  /** Those that this speaker does not know. */
  readonly others: readonly {
    readonly code: number;
    readonly flags: number;
    readonly value: Uint8Array;
  }[];
}

export interface AsPathSegment {
  readonly kind: 'set' | 'sequence' | 'confedSequence' | 'confedSet';
  readonly asns: readonly number[];
}

/** RFC 7606 §2, weakest last; a fault that resets the session is a {@link WireError} instead. */
export interface UpdateFault {
  readonly severity: 'disableFamily' | 'treatAsWithdraw' | 'attributeDiscard';
  /** Of the attribute; 0 for the message as a whole. */
  readonly attribute: number;
  readonly reason: string;
  /** The one that is disabled: what the peer says of it is not to be listened to any more. RFC 4760 §7 */
  readonly family?: AddressFamily;
}

/** RFC 4271 §4.5 */
export interface Notification {
  readonly type: 'notification';
  readonly code: number;
  readonly subcode: number;
  readonly data: Uint8Array;
}

/** RFC 2918 §3 */
export interface RouteRefresh {
  readonly type: 'routeRefresh';
  readonly afi: number;
  readonly safi: number;
  /** RFC 7313: 0 is the plain request. */
  readonly subtype: number;
}

/**
 * A message that ends the session: what the NOTIFICATION about it says, and the text for people.
 * RFC 4271 §6, RFC 6608, RFC 7606 §3
 */
export interface WireError {
  readonly code: number;
  readonly subcode: number;
  readonly data: Uint8Array;
  readonly reason: string;
}

/** What the OPENs of both ends agreed on, as far as it changes how messages are read and written. */
export interface Dialect {
  /** Octets of an AS number in AS_PATH. RFC 6793 §4 */
  readonly asnOctets: 2 | 4;
  /** Both in one AS: LOCAL_PREF is then to be there, and not otherwise. RFC 7606 §7.5 */
  readonly internal: boolean;
}
