import type { Duration } from '../platform/ports.ts';

/** What is due when, by the monotonic clock: each subject once. */
export class DueTimes<Subject> {
  readonly #times = new Map<Subject, Duration>();

  /** Instead of when it was due before. */
  set(subject: Subject, at: Duration): void {
    this.#times.set(subject, at);
  }

  delete(subject: Subject): void {
    this.#times.delete(subject);
  }

  get next(): Duration | undefined {
    let next: Duration | undefined;
    for (const at of this.#times.values()) if (next === undefined || at < next) next = at;
    return next;
  }

  /** Those that are due, which are forgotten. */
  take(now: Duration): Subject[] {
    const due: Subject[] = [];
    for (const [subject, at] of this.#times) {
      if (at > now) continue;
      due.push(subject);
      this.#times.delete(subject);
    }
    return due;
  }
}
