import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import {
  type Clock,
  type Duration,
  type Logger,
  type Task,
  millis,
  seconds,
} from '../platform/ports.ts';
import { readLegacyConfig } from '../../config-legacy/index.ts';
import type { ConfigInbox } from './document.ts';
import type { Origin } from './finding.ts';
import { type ConfigMapNames, documentInFile } from './file-document.ts';
import { type FileReading, SteadyFile } from './steady-file.ts';

export interface FileSourceOptions {
  readonly path: string;
  /** Which ConfigMap is meant, should the file hold several. */
  readonly names: ConfigMapNames;
  readonly inbox: ConfigInbox;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A Kubernetes object is at most 1.5 MiB; what is larger is no configuration. */
const MAX_BYTES = 4 << 20;
/** Notices come in bursts, several for one change. */
const DEBOUNCE = millis(30);
/** Notices can get lost, and looking is cheap. */
const SAFETY = seconds(30);

/**
 * Reads the configuration from a file, now and whenever it changes: written in place, replaced by another, or behind
 * the `..data` link of a mounted volume. Watches the directory, never the file: that goes deaf when it is replaced.
 */
export class FileSource implements Task {
  readonly name = 'config file';
  readonly #options: FileSourceOptions;
  readonly #origin: Origin;
  readonly #steady: SteadyFile;
  readonly #directory: DirectoryWatch;
  #wake: () => void = () => undefined;
  #noticed = false;
  #seen = false;

  constructor(options: FileSourceOptions) {
    this.#options = options;
    const { path, logger } = options;
    this.#origin = { fields: { file: path } };
    this.#steady = new SteadyFile((text) => this.#looksFinished(text));
    this.#directory = new DirectoryWatch(dirname(path), {
      noticed: () => this.#notice(),
      failed: (error) =>
        logger.warn({
          op: 'watchFile',
          file: path,
          error,
          msg: `changes are seen after up to ${SAFETY / 1000} s only`,
        }),
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    const stop = (): void => this.#notice();
    signal.addEventListener('abort', stop);
    try {
      while (!signal.aborted) {
        await this.#directory.refresh();
        await this.#look();
        await this.#rest(signal);
      }
    } finally {
      signal.removeEventListener('abort', stop);
      await this.#directory.close();
    }
  }

  async #look(): Promise<void> {
    const { clock, path } = this.#options;
    const { reading, modified } = await readFile(path);
    const quiet = modified === undefined ? 0 : clock.epochMillis() - modified;
    const taken = this.#steady.observe(reading, clock.now(), millis(quiet));
    if (taken !== undefined) this.#take(taken);
  }

  #take(reading: FileReading): void {
    const { inbox, path, names, logger } = this.#options;
    if (reading.kind === 'absent') {
      const msg = 'the file does not exist, waiting for it';
      if (!this.#seen) logger.warn({ op: 'setConfig', file: path, msg });
      inbox.missing(this.#origin);
      return;
    }
    this.#seen = true;
    if (reading.kind === 'failed') {
      inbox.unreadable(`${path}: ${reading.message}`, this.#origin);
      return;
    }
    const content = documentInFile(reading.text, path, names);
    if (content.kind === 'document') inbox.document(content.document);
    else inbox.unreadable(content.message, this.#origin);
  }

  #looksFinished(text: string): boolean {
    const { path, names } = this.#options;
    const content = documentInFile(text, path, names);
    if (content.kind === 'unreadable') return false;
    const options = { compat: 'v0.12', mode: 'none' } as const;
    return readLegacyConfig(content.document.text, options).kind === 'config';
  }

  #notice(): void {
    this.#noticed = true;
    this.#wake();
  }

  /** Until a notice has come and its burst is over, or it is time to look again anyway. */
  async #rest(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const next = this.#steady.nextLook;
    const pause = next === undefined ? SAFETY : millis(Math.max(1, next - clock.now()));
    if (!this.#noticed) await this.#sleep(pause);
    if (!this.#noticed || signal.aborted) return;
    await this.#sleep(DEBOUNCE, signal);
    this.#noticed = false;
  }

  /** Ends early with a notice, or with `signal` where it is given. */
  async #sleep(duration: Duration, signal?: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.after(duration, resolve);
      this.#wake = () => {
        if (signal?.aborted === false) return;
        timer[Symbol.dispose]();
        resolve();
      };
    });
    this.#wake = () => undefined;
  }
}

interface DirectoryListener {
  noticed(): void;
  failed(error: Error): void;
}

/** Notices of anything that happens to the entries of a directory, which itself may come late or be replaced. */
class DirectoryWatch {
  readonly #path: string;
  readonly #listener: DirectoryListener;
  #watcher: FSWatcher | undefined;
  #identity: string | undefined;

  constructor(path: string, listener: DirectoryListener) {
    this.#path = path;
    this.#listener = listener;
  }

  /** Watches the directory that is at the path now. */
  async refresh(): Promise<void> {
    const identity = await identityOf(this.#path);
    if (identity === this.#identity) return;
    await this.close();
    this.#identity = identity;
    if (identity === undefined) return;
    const ignored = (path: string): boolean => path !== this.#path;
    this.#watcher = watch(this.#path, { depth: 0, ignoreInitial: true, ignored })
      .on('ready', () => this.#listener.noticed())
      .on('raw', () => this.#listener.noticed())
      .on('error', (error) => {
        this.#listener.failed(error instanceof Error ? error : new Error(String(error)));
      });
  }

  async close(): Promise<void> {
    await this.#watcher?.close();
    this.#watcher = undefined;
    this.#identity = undefined;
  }
}

async function identityOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(path);
    return `${dev}:${ino}`;
  } catch (error) {
    if (codeOf(error) !== undefined) return undefined;
    throw error;
  }
}

interface Look {
  readonly reading: FileReading;
  /** Milliseconds since 1970. */
  readonly modified?: number;
}

async function readFile(path: string): Promise<Look> {
  try {
    // Opening anything but a file may wait for ever, as a pipe does.
    const { mtimeMs } = await mustBeFile(path);
    const file = await open(path, 'r');
    try {
      return { reading: await readText(file), modified: mtimeMs };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof Unreadable) return failed(error.message);
    const code = codeOf(error);
    if (code === undefined) throw error;
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return failed('is not UTF-8 text');
    if (code === 'ENOENT' || code === 'ENOTDIR') return { reading: { kind: 'absent' } };
    return failed(`cannot be read (${code})`);
  }
}

async function mustBeFile(path: string): Promise<{ readonly mtimeMs: number }> {
  const found = await stat(path);
  if (found.isDirectory()) throw new Unreadable('is a directory, wanted is a file');
  if (!found.isFile()) throw new Unreadable('is no regular file');
  return found;
}

/** Reads what is there and not a byte more, should somebody be writing for ever. */
async function readText(file: FileHandle): Promise<FileReading> {
  const { size } = await file.stat();
  if (size > MAX_BYTES) throw new Unreadable(`is larger than ${MAX_BYTES} octets`);
  const octets = Buffer.alloc(size);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await file.read(octets, filled, size - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  const text = new TextDecoder('utf-8', { fatal: true }).decode(octets.subarray(0, filled));
  return { kind: 'text', text };
}

function failed(message: string): Look {
  return { reading: { kind: 'failed', message } };
}

/** What is at the path, and why it is not to be read. */
class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** Node's error code, as in `ENOENT`; `undefined` for anything that is no failed system call. */
function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
