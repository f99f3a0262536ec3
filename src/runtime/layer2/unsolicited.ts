import { type Duration, millis, seconds } from '../platform/ports.ts';

/** How long an address is announced after it was last set. */
const WINDOW: Duration = seconds(5);
const INTERVAL: Duration = millis(1100);

/**
 * When unsolicited announcements are due. legacy.md §5.5
 *
 * Opening a subject's window makes one due at once; while any window is open a tick every 1.1 s makes one due
 * for every subject whose window has not passed. Opening it again extends the window without another at once.
 * From rest: 0, 1.1, 2.2, 3.3 and 4.4 s.
 */
export class AnnouncementSchedule<Subject> {
  /** When each window closes. */
  readonly #windows = new Map<Subject, number>();
  #nextTick: number | undefined;

  /** Starts or extends the window; true if one announcement is due now. */
  open(subject: Subject, now: Duration): boolean {
    const wasOpen = this.isOpen(subject, now);
    this.#windows.set(subject, now + WINDOW);
    this.#nextTick ??= now + INTERVAL;
    return !wasOpen;
  }

  /** Whether the subject will be due again without being opened again. */
  isOpen(subject: Subject, now: Duration): boolean {
    const closes = this.#windows.get(subject);
    return closes !== undefined && closes >= now;
  }

  /** Ends the window: nothing more is due. */
  close(subject: Subject): void {
    this.#windows.delete(subject);
    if (this.#windows.size === 0) this.#nextTick = undefined;
  }

  /** When {@link tick} is to be called, if ever. */
  get next(): Duration | undefined {
    return this.#nextTick === undefined ? undefined : millis(this.#nextTick);
  }

  /** The subjects due at `now`. Ticks that were missed are not made up for. */
  tick(now: Duration): Subject[] {
    if (this.#nextTick === undefined || now < this.#nextTick) return [];
    for (const [subject, closes] of this.#windows) {
      if (closes < now) this.#windows.delete(subject);
    }
    const missed = Math.floor((now - this.#nextTick) / INTERVAL);
    this.#nextTick += (missed + 1) * INTERVAL;
    if (this.#windows.size === 0) this.#nextTick = undefined;
    return [...this.#windows.keys()];
  }
}
