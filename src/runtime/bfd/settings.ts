import type { BfdProfile } from '../model/index.ts';

/** Microseconds between packets, at least, while a session is not up. RFC 5880 §6.8.3 */
export const SLOWEST_START = 1_000_000;

/** What a session is configured with; intervals in microseconds as on the wire. */
export interface SessionSettings {
  readonly desiredMinTx: number;
  readonly requiredMinRx: number;
  /** At least 1. */
  readonly detectMultiplier: number;
  /** Sends nothing before it has heard the peer. RFC 5880 §6.1 */
  readonly passive: boolean;
  /** How often echo packets are sent and accepted at most; `undefined`: neither. RFC 5880 §6.4 */
  readonly echoInterval: number | undefined;
}

/** A profile as RFC 5880 counts. Echo packets cannot cross a router: no echo over multiple hops. RFC 5883 §3 */
export function settingsOf(profile: BfdProfile, multihop: boolean): SessionSettings {
  return {
    desiredMinTx: profile.transmitIntervalMs * 1000,
    requiredMinRx: profile.receiveIntervalMs * 1000,
    detectMultiplier: profile.detectMultiplier,
    passive: profile.passiveMode,
    echoInterval: profile.echoMode && !multihop ? profile.echoIntervalMs * 1000 : undefined,
  };
}
