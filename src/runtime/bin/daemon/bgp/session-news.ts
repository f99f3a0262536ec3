import { type DownReason, type Session, peerLabel } from '../../../bgp/index.ts';
import type { Remark } from '../../../model/index.ts';

/** Attempts that fail before it is worth an Event: a peer that restarts is back by then. */
const ATTEMPTS = 3;
/** Different reasons that are told between two sessions at most. */
const MOST_REASONS = 5;

/** Which turns of one session are worth an Event: each reason once between two sessions, however often it is retried. */
export class SessionNews {
  readonly #peer: string;
  readonly #told = new Set<string>();
  #isUp = false;
  /** Since there was a session. */
  #failures = 0;

  constructor(session: Session) {
    const { vrf } = session.peer;
    this.#peer = vrf === undefined ? peerLabel(session) : `${peerLabel(session)} in VRF ${vrf}`;
  }

  /** Told only where it was told that the session is down. */
  up(): Remark | undefined {
    const isNews = this.#told.size > 0;
    this.#told.clear();
    this.#failures = 0;
    this.#isUp = true;
    const message = `BGP session with ${this.#peer} is up`;
    return isNews ? { type: 'Normal', reason: 'bgpSessionUp', message } : undefined;
  }

  /** What this end does on purpose is no news. */
  down({ kind, text }: DownReason): Remark | undefined {
    const wasUp = this.#isUp;
    this.#isUp = false;
    if (kind === 'stopped') return undefined;
    this.#failures += 1;
    const isNews = wasUp || (this.#failures >= ATTEMPTS && !this.#told.has(text));
    if (!isNews || this.#told.size >= MOST_REASONS) return undefined;
    this.#told.add(text);
    const what = wasUp ? 'is down' : 'does not come up';
    const message = `BGP session with ${this.#peer} ${what}: ${text}`;
    return { type: 'Warning', reason: 'bgpSessionDown', message };
  }
}
