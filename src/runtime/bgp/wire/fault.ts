import type { WireError } from './message.ts';

/** Thrown while a message is read, where it is found to end the session. Does not leave this folder. */
export class WireFault extends Error {
  override readonly name = 'WireFault';
  readonly error: WireError;

  constructor(error: WireError) {
    super(error.reason);
    this.error = error;
  }
}

/** A {@link WireError} whose NOTIFICATION says no more than its code and subcode, unless `octets` are given. */
export function wireError(
  [code, subcode]: readonly [number, number],
  reason: string,
  octets: Uint8Array = new Uint8Array(),
): WireError {
  return { code, subcode, data: octets, reason };
}
