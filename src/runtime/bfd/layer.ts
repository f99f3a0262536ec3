import type { BfdProfile } from '../model/index.ts';
import type { IpAddress } from '../net/index.ts';
import type { BfdState } from './state.ts';

/** Between whom a session is, and how. A change of anything but `profile` is another session. */
export interface BfdSessionSpec {
  readonly local: IpAddress;
  readonly remote: IpAddress;
  /** Needed for link-local addresses. */
  readonly interface?: string;
  readonly vrf?: string;
  /** RFC 5883: port 4784, the profile's minimum TTL, no echo. Otherwise RFC 5881. */
  readonly multihop: boolean;
  readonly profile: BfdProfile;
}

/** Totals of one session since it was set. crd.md §3.6 */
export interface BfdCounts {
  readonly key: string;
  readonly state: BfdState;
  readonly controlIn: number;
  readonly controlOut: number;
  readonly echoIn: number;
  readonly echoOut: number;
  readonly upEvents: number;
  readonly downEvents: number;
  /** Changes of state that were told. */
  readonly notifications: number;
}

/** Who hears what happens to sessions. */
export interface BfdEvents {
  /**
   * A session is in another state, for the reason `diagnostic`: RFC 5880 §4.1. Sessions begin `down` without a word.
   *
   * @param remoteState - what the peer said last; `adminDown` means no failure of the path. RFC 5882 §3.2
   */
  changed(key: string, state: BfdState, diagnostic: number, remoteState: BfdState): void;
  /** The session has its sockets: told at first, and whenever `failed` is over. */
  started(key: string): void;
  /**
   * The session cannot have its sockets, for instance because another program holds the port: whoever asked goes on
   * without BFD. Tried again now and then; told once a reason.
   */
  failed(key: string, reason: string): void;
  /** What differs from what was told before; a few times a second at most. */
  counted(counts: readonly BfdCounts[]): void;
}

/** BFD sessions served beside the main loop, which may be busy. */
export interface BfdLayer {
  /** Serves sessions until `signal` aborts, then tells peers `adminDown`. Rejects if it cannot go on. */
  run(events: BfdEvents, signal: AbortSignal): Promise<void>;
  /** Begins a session, or changes the profile of one without a flap. */
  set(key: string, spec: BfdSessionSpec): void;
  /** Tells the peer `adminDown`, and forgets the session. Its end is not told as a change. */
  delete(key: string): void;
  /** Resolves once everything up to now was told. */
  report(): Promise<void>;
}
