import { type Remembered, parseState } from './state.ts';

/** Where the state is kept. */
export interface StateFile {
  /** `undefined` if there is none. */
  loadState(): Promise<string | undefined>;
  /** Moves an unreadable one out of the way and returns its new name. */
  setStateAside(): Promise<string>;
}

/** What an earlier run left; an unreadable file is set aside and `remark` says so. */
export async function recallState(
  file: StateFile,
  remark: (text: string) => void,
): Promise<ReadonlyMap<string, Remembered>> {
  const text = await file.loadState();
  if (text === undefined) return new Map();
  const state = parseState(text);
  if (state !== undefined) return state;
  const aside = await file.setStateAside();
  remark(`the state file cannot be read and is now ${aside}; addresses are assigned anew`);
  return new Map();
}

/** Writes the newest state to disk, one write at a time; everything asked for during a write shares the next one. */
export class StateKeeper {
  readonly #write: () => Promise<void>;
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<void> | undefined;

  /** @param write - writes the state as it is when called. */
  constructor(write: () => Promise<void>) {
    this.#write = write;
  }

  /** Resolves once a write that began after the call is on disk; rejects if that write failed. */
  save(): Promise<void> {
    this.#next ??= this.#startNext();
    return this.#next;
  }

  async #startNext(): Promise<void> {
    await this.#running;
    this.#next = undefined;
    const writing = this.#write();
    // Whoever asked hears of a failure; the write after it does not.
    this.#running = Promise.allSettled([writing]);
    await writing;
  }
}
