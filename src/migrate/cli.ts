#!/usr/bin/env node
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { CredentialsError, HttpApiClient, kubeconfigCredentials } from '../runtime/kube/index.ts';
import { SystemClock, SystemRandom } from '../runtime/platform/index.ts';
import { migrate } from './migrate.ts';
import {
  type Cluster,
  type ClusterChoice,
  ExitCode,
  type OutputFile,
  type Reading,
  type Written,
} from './terminal.ts';

const clock = new SystemClock();
const random = new SystemRandom();
const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // The second one ends the process as it always does.
  process.once(signal, () => interruption.abort(new Error(`interrupted by ${signal}`)));
}

async function read(path: string): Promise<Reading> {
  try {
    const octets = await (path === '-' ? buffer(process.stdin) : readFile(path));
    return { kind: 'octets', octets };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return { kind: 'unreadable', why: error.message };
  }
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
    return { kind: 'unwritable', why: error.message };
  }
}

async function connect({ kubeconfig, context }: ClusterChoice): Promise<Cluster> {
  const named = { ...(kubeconfig && { path: kubeconfig }), ...(context && { context }) };
  try {
    const credentials = kubeconfigCredentials(clock, named);
    const { server } = await credentials.current();
    const client = new HttpApiClient({ credentials, clock, random });
    return { kind: 'connected', client, server, close: () => client.close() };
  } catch (error) {
    if (!(error instanceof CredentialsError)) throw error;
    return { kind: 'unreadable', why: error.message };
  }
}

const noColor = process.env['NO_COLOR'] ?? '';
const interactive = process.stderr.isTTY;
process.exitCode = await migrate(process.argv.slice(2), {
  color: process.stdout.isTTY && noColor === '',
  interactive,
  clock,
  random,
  interrupted: interruption.signal,
  read,
  write,
  connect,
  print: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`metal-migrate: ${line}\n`),
  progress: (line) =>
    void process.stderr.write(interactive ? `\r\u001b[K${line}` : `metal-migrate: ${line}\n`),
}).catch((error: unknown) => {
  process.stderr.write(`metal-migrate: ${String(error)}\n`);
  return ExitCode.CouldNotRun;
});
