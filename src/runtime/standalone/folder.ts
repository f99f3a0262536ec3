import { open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { watch } from 'chokidar';
import { type Clock, type Duration, type Task, millis, seconds } from '../platform/ports.ts';
import { readManifests } from './manifest.ts';
import { FileSettler, type Reading } from './settle.ts';
import type { StateFile } from './state-keeper.ts';

/** What a {@link Folder} tells. */
export interface FolderListener {
  /** Everything that counts now, by file name; called once at the start and whenever it changed. */
  contents(files: ReadonlyMap<string, Reading>): void;
  /** The folder itself cannot be read; what it held stays in force. Told once until it can be read again. */
  lost(message: string): void;
}

const MANIFEST = /^[^.].*\.(?:ya?ml|json)$/;
const STATE_FILE = '.metal-lb-state.json';
const MAX_BYTES = 4 << 20;
const MAX_FILES = 1000;
/** A change notice is a burst: wait this long before looking. */
const DEBOUNCE = millis(30);
/** Notices can get lost; looking is cheap. */
const SAFETY = seconds(30);
const PATIENCE = seconds(5);

/** A directory of manifests on disk, and the file beside them that remembers assigned addresses. */
export class Folder implements StateFile, Task {
  readonly name = 'folder';
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #listener: FolderListener;
  readonly #settler = new FileSettler((text) => readManifests(text).kind === 'read');
  #told: string | undefined;
  #started: Duration | undefined;
  #lost = false;

  constructor(directory: string, clock: Clock, listener: FolderListener) {
    this.#directory = directory;
    this.#clock = clock;
    this.#listener = listener;
  }

  /** Watches the directory, never a file in it: that goes deaf when the file is replaced. */
  async run(signal: AbortSignal): Promise<void> {
    const alarm = new Alarm(this.#clock);
    const notice = (): void => alarm.ring(DEBOUNCE);
    const ignored = (path: string): boolean => path.includes(STATE_FILE);
    const watcher = watch(this.#directory, {
      depth: 0,
      followSymlinks: false,
      ignoreInitial: true,
      ignored,
    });
    watcher.on('all', notice).on('error', notice);
    const stop = (): void => alarm.ring(millis(0));
    signal.addEventListener('abort', stop, { once: true });
    try {
      while (!signal.aborted) {
        await this.#look();
        const next = this.#settler.nextLook();
        const pause = next === undefined ? SAFETY : Math.max(1, next - this.#clock.now());
        alarm.ring(millis(pause));
        await alarm.rung();
      }
    } finally {
      signal.removeEventListener('abort', stop);
      alarm.off();
      await watcher.close();
    }
  }

  /** The text of the state file; `undefined` if there is none. */
  async loadState(): Promise<string | undefined> {
    try {
      return await readFile(join(this.#directory, STATE_FILE), 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Replaces the state file in one step that survives a power cut. Rejects if the disk does not take it. */
  async saveState(text: string): Promise<void> {
    const path = join(this.#directory, STATE_FILE);
    const draft = `${path}.tmp-${process.pid}`;
    const file = await open(draft, 'w', 0o644);
    try {
      await file.writeFile(text);
      await file.sync();
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    } finally {
      await file.close();
    }
    await rename(draft, path);
    const directory = await open(this.#directory, 'r');
    await directory.sync().finally(() => directory.close());
  }

  /** Moves an unreadable state file out of the way and returns its new name. */
  async setStateAside(): Promise<string> {
    const aside = `${STATE_FILE}.unreadable-${this.#clock.epochMillis()}`;
    await rename(join(this.#directory, STATE_FILE), join(this.#directory, aside));
    return aside;
  }

  async #look(): Promise<void> {
    const readings = await this.#readAll();
    if (readings === undefined) return;
    this.#settler.observe(readings, this.#clock.now());
    if (this.#told === undefined && this.#shouldWait()) return;
    const files = this.#settler.taken();
    const fingerprint = JSON.stringify([...files]);
    if (fingerprint === this.#told) return;
    this.#told = fingerprint;
    this.#listener.contents(files);
  }

  /** The first time everything is told at once, unless some file never stands still. */
  #shouldWait(): boolean {
    this.#started ??= this.#clock.now();
    const patient = this.#clock.now() - this.#started < PATIENCE;
    return patient && this.#settler.nextLook() !== undefined;
  }

  async #readAll(): Promise<ReadonlyMap<string, Reading> | undefined> {
    try {
      const names = (await readdir(this.#directory)).filter((name) => MANIFEST.test(name)).sort();
      const readings = new Map<string, Reading>();
      for (const name of names.slice(0, MAX_FILES)) readings.set(name, await this.#read(name));
      for (const name of names.slice(MAX_FILES)) {
        readings.set(name, { kind: 'failed', message: `more than ${MAX_FILES} manifests here` });
      }
      this.#lost = false;
      return readings;
    } catch (error) {
      if (codeOf(error) === undefined) throw error;
      if (!this.#lost) {
        this.#listener.lost(`${this.#directory} cannot be read (${codeOf(error) ?? ''})`);
      }
      this.#lost = true;
      return undefined;
    }
  }

  async #read(name: string): Promise<Reading> {
    const path = join(this.#directory, name);
    try {
      const { size } = await stat(path);
      if (size > MAX_BYTES) return { kind: 'failed', message: `larger than ${MAX_BYTES} octets` };
      const text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
      return { kind: 'text', text };
    } catch (error) {
      if (error instanceof TypeError) return { kind: 'failed', message: 'not UTF-8 text' };
      const code = codeOf(error);
      if (code === undefined) throw error;
      return { kind: 'failed', message: `cannot be read (${code})` };
    }
  }
}

/** Wakes one sleeper at the earliest of the times asked for. */
class Alarm {
  readonly #clock: Clock;
  #due: Duration | undefined;
  #timer: Disposable | undefined;
  #wake: (() => void) | undefined;
  #missed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ring(delay: Duration): void {
    const due = millis(this.#clock.now() + delay);
    if (this.#due !== undefined && this.#due <= due) return;
    this.off();
    this.#due = due;
    this.#timer = this.#clock.after(delay, () => {
      this.off();
      this.#missed = this.#wake === undefined;
      this.#wake?.();
    });
  }

  /** Resolves when the alarm goes off, at once if it did while nobody slept. */
  async rung(): Promise<void> {
    if (!this.#missed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#wake = undefined;
    this.#missed = false;
  }

  off(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#due = undefined;
  }
}

/** Node's error code, as in `ENOENT`; `undefined` for anything that is no failed system call. */
function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}
