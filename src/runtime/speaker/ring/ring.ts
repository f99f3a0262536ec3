import type { Endpoint, Member } from '../../gossip/index.ts';
import type { Duration } from '../../platform/ports.ts';

/** Where a speaker listens, by its Pod. */
export interface RingTarget {
  readonly node?: string;
  readonly endpoint: Endpoint;
}

/** How an attempt to join went. */
export interface JoinResult {
  /** Members that answered, of those that were asked. */
  readonly joined: number;
  readonly expected: number;
  /** What went wrong, if anything did. */
  readonly error?: unknown;
}

/** The ring of speakers as this one sees it. */
export interface Ring {
  /** Takes part until `signal` aborts, then leaves. Rejects if the address cannot be had. */
  run(signal: AbortSignal): Promise<void>;
  /** @param within - how long each may take; without it a usual time */
  join(targets: readonly RingTarget[], within?: Duration): Promise<JoinResult>;
  /** Where members should be: they are looked for from time to time. */
  expect(targets: readonly RingTarget[]): void;
  members(): readonly Member[];
  readonly suspicionTime: Duration;
  readonly lastHeard: Duration | undefined;
}
