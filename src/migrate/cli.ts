#!/usr/bin/env node
import { setMaxListeners } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Readable, addAbortSignal } from 'node:stream';
import {
  type ApiClient,
  CredentialsError,
  HttpApiClient,
  kubeconfigCredentials,
} from '../runtime/kube/index.ts';
import { SystemClock, SystemRandom } from '../runtime/platform/index.ts';
import { seconds } from '../runtime/platform/ports.ts';
import { asksForJson, migrate } from './migrate.ts';
import { failureLine } from './reporting/failure.ts';
import {
  type Cluster,
  type ClusterChoice,
  ExitCode,
  LARGEST_INPUT,
  type OutputFile,
  type Reading,
  type Terminal,
  type Written,
} from './terminal.ts';

declare const METAL_LB_VERSION: string | undefined;

/** From sending a request to the last octet of its answer. */
const ANSWER = seconds(10);
/** For what a kubeconfig may ask for: a plugin that logs somebody in. */
const LOGIN = seconds(60);
/** What a shell says of a program that a signal ended. */
const INTERRUPTED = { SIGINT: 130, SIGTERM: 143 } as const;

const clock = new SystemClock();
const random = new SystemRandom();
const interruption = new AbortController();
const interrupted = interruption.signal;
// Every request under way listens.
setMaxListeners(0, interrupted);
let exitIfInterrupted: number | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // The second one ends the process as it always does.
  process.once(signal, () => {
    exitIfInterrupted ??= INTERRUPTED[signal];
    interruption.abort(new Error(`interrupted by ${signal}`));
  });
}

async function read(path: string): Promise<Reading> {
  try {
    const stream = path === '-' ? process.stdin : createReadStream(path);
    if (path === '-' && process.stdin.isTTY) progress('reading standard input up to Ctrl-D');
    return { kind: 'octets', octets: await octetsOf(addAbortSignal(interrupted, stream)) };
  } catch (error) {
    interrupted.throwIfAborted();
    if (!(error instanceof Error && 'code' in error)) throw error;
    return { kind: 'unreadable', why: inWords(error) };
  }
}

async function octetsOf(stream: Readable): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > LARGEST_INPUT) throw Object.assign(new Error(TOO_LARGE), { code: 'EFBIG' });
  }
  return Buffer.concat(chunks);
}

const TOO_LARGE = `larger than ${LARGEST_INPUT / 2 ** 20} MiB; nothing beyond was read`;
const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file: part of its path is no directory',
  EISDIR: 'a directory, not a file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the disk is read-only',
  ENOSPC: 'no space left on the disk',
};

function inWords({ message, code }: Error & { readonly code?: unknown }): string {
  return WORDS[String(code)] ?? message;
}

async function write({ path, text, confidential = false }: OutputFile): Promise<Written> {
  const draft = `${path}.${process.pid}.new`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(draft, text, { mode: confidential ? 0o600 : 0o666, flush: true, flag: 'wx' });
    await rename(draft, path);
    return { kind: 'written' };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    await rm(draft, { force: true });
    return { kind: 'unwritable', why: inWords(error) };
  }
}

async function writeAll(files: readonly OutputFile[]): Promise<Written> {
  const drafts = files.map((file) => ({ ...file, draft: `${file.path}.${process.pid}.new` }));
  const made: string[] = [];
  let inPlace = 0;
  let at = '';
  try {
    for (const { path, text, draft, confidential = false } of drafts) {
      interrupted.throwIfAborted();
      at = path;
      await mkdir(dirname(path), { recursive: true });
      made.push(draft);
      await writeFile(draft, text, { mode: confidential ? 0o600 : 0o666, flag: 'wx' });
    }
    for (const { path, draft } of drafts) {
      at = path;
      await rename(draft, path);
      inPlace += 1;
    }
    return { kind: 'written' };
  } catch (error) {
    for (const draft of made) await rm(draft, { force: true });
    if (!(error instanceof Error && 'code' in error)) throw error;
    return { kind: 'unwritable', why: `${at}: ${inWords(error)}`, inPlace };
  }
}

async function connect({ kubeconfig, context }: ClusterChoice): Promise<Cluster> {
  const named = { ...(kubeconfig && { path: kubeconfig }), ...(context && { context }) };
  try {
    const credentials = kubeconfigCredentials(clock, named);
    const { server } = await inTime(credentials.current());
    const client = new HttpApiClient({ credentials, clock, random });
    return { kind: 'connected', client: impatient(client), server, close: () => client.close() };
  } catch (error) {
    if (!(error instanceof CredentialsError)) throw error;
    return { kind: 'unreadable', why: error.message };
  }
}

/** Somebody waits: a server that says nothing is given up soon, and one that is busy is not asked ten times. */
function impatient(client: HttpApiClient): ApiClient {
  return {
    request: (call) => client.request({ timeLimit: ANSWER, attempts: 4, ...call }),
    watch: (call) => client.watch(call),
  };
}

/** What a kubeconfig waits for, unless that takes too long or somebody interrupts. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  let fail: (reason: Error) => void = () => undefined;
  const failed = new Promise<never>((_resolve, reject) => (fail = reject));
  const late = `the credentials took longer than ${LOGIN / 1000} s`;
  const timer = clock.after(LOGIN, () => fail(new CredentialsError(late)));
  const abort = (): void => fail(interrupted.reason as Error);
  interrupted.addEventListener('abort', abort);
  try {
    interrupted.throwIfAborted();
    return await Promise.race([work, failed]);
  } finally {
    timer[Symbol.dispose]();
    interrupted.removeEventListener('abort', abort);
  }
}

const interactive = process.stderr.isTTY;
const CLEAR = '\r\u001b[K';
/** Whether a line of progress stands where the next output goes. */
let standing = false;
let outputFailed: string | undefined;

function progress(line: string): void {
  process.stderr.write(interactive ? `${CLEAR}${line}` : `metal-migrate: ${line}\n`);
  standing = interactive;
}

function clearProgress(): void {
  if (standing) process.stderr.write(CLEAR);
  standing = false;
}

function complain(line: string): void {
  clearProgress();
  process.stderr.write(`metal-migrate: ${line}\n`);
}

function print(line: string): void {
  clearProgress();
  process.stdout.write(`${line}\n`);
}

// Nobody reads on, as after "| head": what is under way is finished all the same.
process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  if (code !== 'EPIPE') outputFailed ??= message;
});
process.stderr.on('error', () => undefined);

const noColor = process.env['NO_COLOR'] ?? '';
const terminal: Terminal = {
  version: typeof METAL_LB_VERSION === 'string' ? METAL_LB_VERSION : 'dev',
  // What is in order goes to one of the two, what is not to the other: into a file neither takes colors.
  color: process.stdout.isTTY && interactive && noColor === '',
  ...{ interactive, clock, random, interrupted },
  ...{ read, write, writeAll, connect, print, complain, progress },
};

const argv = process.argv.slice(2);

function failed(error: unknown): ExitCode {
  const message = error instanceof Error ? error.message : String(error);
  if (asksForJson(argv)) print(failureLine('failed', message));
  else complain(message);
  return ExitCode.CouldNotRun;
}

function exitCodeOf(code: ExitCode): number {
  if (outputFailed !== undefined) {
    complain(`the output could not be written: ${outputFailed}`);
    return ExitCode.CouldNotRun;
  }
  return code === ExitCode.CouldNotRun ? (exitIfInterrupted ?? code) : code;
}

const code = await migrate(argv, terminal).catch(failed);
clearProgress();
await new Promise<void>((written) => process.stdout.write('', () => written()));
// A plugin of a kubeconfig, or a terminal that is still read, would keep the process.
process.exit(exitCodeOf(code));
