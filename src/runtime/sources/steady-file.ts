import { type Duration, millis } from '../platform/ports.ts';

/** What one look at a file found. */
export type FileReading =
  | { readonly kind: 'text'; readonly text: string }
  /** There, and not to be had: unreadable, too large, no file at all. */
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'absent' };

/** How long a reading must stand still before it counts, by how finished it looks. Milliseconds. */
const STILL = {
  /** A program writes a file in one go: between two parts of it less time passes. */
  finished: 100,
  /** No newline at the end, or nothing that can be read as a configuration. */
  unfinished: 1000,
  /** Gone, empty, or what was there before with its end cut off: somebody is about to write it anew. */
  cutOff: 3000,
} as const;

/**
 * Tells a finished file from a moment in the middle of writing by watching it stand still. Nobody can tell for certain:
 * a writer that rests for longer than {@link STILL} at a place that looks like the end is taken for finished.
 */
export class SteadyFile {
  readonly #looksFinished: (text: string) => boolean;
  #current: FileReading | undefined;
  #since: Duration = millis(0);
  #taken: FileReading | undefined;

  constructor(looksFinished: (text: string) => boolean) {
    this.#looksFinished = looksFinished;
  }

  /**
   * Takes one look.
   *
   * @param quiet - how long the file has not been touched, if that is known
   * @returns what now counts, if that is new
   */
  observe(
    reading: FileReading,
    now: Duration,
    quiet: Duration = millis(0),
  ): FileReading | undefined {
    if (!same(this.#current, reading)) {
      this.#current = reading;
      this.#since = now;
    }
    if (same(this.#taken, reading)) return undefined;
    const stood = now - this.#since;
    // At the first look there may be nothing to wait for: the file may have been there for years.
    const rested = this.#taken === undefined ? Math.max(stood, quiet) : stood;
    if (rested < this.#patience(reading)) return undefined;
    this.#taken = reading;
    return reading;
  }

  /** When to look again because the latest reading does not count yet. */
  get nextLook(): Duration | undefined {
    const reading = this.#current;
    if (reading === undefined || same(this.#taken, reading)) return undefined;
    return millis(this.#since + this.#patience(reading));
  }

  #patience(reading: FileReading): number {
    const taken = this.#taken;
    if (reading.kind !== 'text') return taken?.kind === 'text' ? STILL.cutOff : 0;
    const { text } = reading;
    if (taken?.kind === 'text' && taken.text.startsWith(text)) return STILL.cutOff;
    return text.endsWith('\n') && this.#looksFinished(text) ? STILL.finished : STILL.unfinished;
  }
}

function same(a: FileReading | undefined, b: FileReading): boolean {
  if (a?.kind !== b.kind) return false;
  if (a.kind === 'text') return b.kind === 'text' && a.text === b.text;
  if (a.kind === 'failed') return b.kind === 'failed' && a.message === b.message;
  return true;
}
