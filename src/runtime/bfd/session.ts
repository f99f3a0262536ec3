import type { Duration } from '../platform/ports.ts';

/** RFC 5880 §4.1, values of the State field 0 to 3. */
export type BfdState = 'adminDown' | 'down' | 'init' | 'up';

/** RFC 5880 §4.1; durations in microseconds as on the wire. */
export interface ControlPacket {
  readonly diagnostic: number;
  readonly state: BfdState;
  readonly poll: boolean;
  readonly final: boolean;
  readonly controlPlaneIndependent: boolean;
  readonly demand: boolean;
  readonly detectMultiplier: number;
  readonly myDiscriminator: number;
  /** 0: not known yet. */
  readonly yourDiscriminator: number;
  readonly desiredMinTx: number;
  readonly requiredMinRx: number;
  /** 0: no echo is looped back. */
  readonly requiredMinEchoRx: number;
}

/** What happened at a session. Every event is taken in every state. */
export type BfdEvent =
  | { readonly type: 'received'; readonly packet: ControlPacket }
  | { readonly type: 'echoReturned'; readonly sequence: number }
  | { readonly type: 'tick' }
  | { readonly type: 'adminDown' };

/** What is to be done, in order. */
export type BfdEffect =
  | { readonly type: 'send'; readonly packet: ControlPacket }
  | { readonly type: 'sendEcho'; readonly sequence: number }
  | { readonly type: 'changed'; readonly state: BfdState; readonly diagnostic: number }
  /** When `tick` is due next, from now. */
  | { readonly type: 'wake'; readonly after: Duration };
