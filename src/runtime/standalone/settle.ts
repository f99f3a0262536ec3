import { type Duration, millis } from '../platform/ports.ts';

/** What one look at a file found. */
export type Reading =
  | { readonly kind: 'text'; readonly text: string }
  /** There, but not to be had: unreadable, too large, not text. */
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'absent' };

interface Observation {
  /** What the last look found, and since when every look has found just that. */
  current: Reading;
  since: Duration;
  /** What counts: the last reading that stood still long enough. */
  taken: Reading;
}

/** A reading counts once it has stood still so long. */
const STILL = millis(150);
/** The same for a reading that looks like a moment in the middle of writing. */
const SUSPICIOUS_STILL = millis(1000);
const ABSENT: Reading = { kind: 'absent' };

/**
 * Tells finished files from half-written ones by watching them stand still: empty, cut off where the previous
 * content went on, without a last newline or not readable as YAML, a file has to stand still for longer.
 */
export class FileSettler {
  readonly #files = new Map<string, Observation>();
  readonly #parses: (text: string) => boolean;

  constructor(parses: (text: string) => boolean) {
    this.#parses = parses;
  }

  /** Takes one look at the whole folder: every file in `readings`, all others absent. */
  observe(readings: ReadonlyMap<string, Reading>, now: Duration): void {
    for (const name of new Set([...this.#files.keys(), ...readings.keys()])) {
      this.#observeFile(name, readings.get(name) ?? ABSENT, now);
    }
  }

  /** What counts now, by file name. */
  taken(): ReadonlyMap<string, Reading> {
    return new Map(
      [...this.#files]
        .filter(([, { taken }]) => taken.kind !== 'absent')
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, { taken }]) => [name, taken]),
    );
  }

  /** When to look again because some file has not stood still yet. */
  nextLook(): Duration | undefined {
    const due = [...this.#files.values()].filter(isOpen).map((file) => this.#due(file));
    return due.length === 0 ? undefined : millis(Math.min(...due));
  }

  #observeFile(name: string, current: Reading, now: Duration): void {
    const file = this.#files.get(name) ?? { current, since: now, taken: ABSENT };
    this.#files.set(name, file);
    if (!same(file.current, current)) Object.assign(file, { current, since: now });
    if (isOpen(file) && now >= this.#due(file)) file.taken = file.current;
    if (file.taken.kind === 'absent' && file.current.kind === 'absent') this.#files.delete(name);
  }

  #due(file: Observation): Duration {
    return millis(file.since + (this.#isSuspicious(file) ? SUSPICIOUS_STILL : STILL));
  }

  #isSuspicious({ current, taken }: Observation): boolean {
    if (current.kind !== 'text') return true;
    const { text } = current;
    const cutOff = taken.kind === 'text' && taken.text.startsWith(text);
    return cutOff || !text.endsWith('\n') || !this.#parses(text);
  }
}

function isOpen({ current, taken }: Observation): boolean {
  return !same(current, taken);
}

function same(a: Reading, b: Reading): boolean {
  if (a.kind === 'text' && b.kind === 'text') return a.text === b.text;
  if (a.kind === 'failed' && b.kind === 'failed') return a.message === b.message;
  return a.kind === b.kind;
}
