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
  /** How often echo packets are sent at most; `undefined`: never. RFC 5880 §6.4 */
  readonly echoInterval: number | undefined;
  /** How often those of the peer are returned at most; 0: they are not. */
  readonly requiredMinEchoRx: number;
}

/**
 * A profile as RFC 5880 counts. Echo packets cannot cross a router: no echo over multiple hops. RFC 5883 §3
 *
 * @param forwards - whether this machine forwards packets: those of the peer's echo come back by that
 */
export function settingsOf(
  profile: BfdProfile,
  { multihop, forwards }: { readonly multihop: boolean; readonly forwards: boolean },
): SessionSettings {
  const echoInterval = profile.echoMode && !multihop ? profile.echoIntervalMs * 1000 : undefined;
  return {
    desiredMinTx: profile.transmitIntervalMs * 1000,
    requiredMinRx: profile.receiveIntervalMs * 1000,
    detectMultiplier: profile.detectMultiplier,
    passive: profile.passiveMode,
    echoInterval,
    requiredMinEchoRx: forwards ? (echoInterval ?? 0) : 0,
  };
}

export function isSame(a: SessionSettings, b: SessionSettings): boolean {
  return (
    a.desiredMinTx === b.desiredMinTx &&
    a.requiredMinRx === b.requiredMinRx &&
    a.detectMultiplier === b.detectMultiplier &&
    a.passive === b.passive &&
    a.echoInterval === b.echoInterval &&
    a.requiredMinEchoRx === b.requiredMinEchoRx
  );
}
