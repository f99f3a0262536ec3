#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { CredentialsError, HttpApiClient, kubeconfigCredentials } from '../runtime/kube/index.ts';
import { SystemClock, SystemRandom } from '../runtime/platform/index.ts';
import { readConfigMap } from './cluster.ts';
import { migrate } from './migrate.ts';
import { type ClusterChoice, ExitCode, type Reading } from './terminal.ts';

async function read(path: string): Promise<Reading> {
  try {
    const octets = await (path === '-' ? buffer(process.stdin) : readFile(path));
    return { kind: 'octets', octets };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return { kind: 'unreadable', why: error.message };
  }
}

async function readCluster({ kubeconfig, context, namespace }: ClusterChoice): Promise<Reading> {
  const clock = new SystemClock();
  const named = { ...(kubeconfig && { path: kubeconfig }), ...(context && { context }) };
  const credentials = kubeconfigCredentials(clock, named);
  const client = new HttpApiClient({ credentials, clock, random: new SystemRandom() });
  try {
    return await readConfigMap(client, namespace);
  } catch (error) {
    if (!(error instanceof CredentialsError)) throw error;
    return { kind: 'unreadable', why: error.message };
  } finally {
    client.close();
  }
}

const noColor = process.env['NO_COLOR'] ?? '';
process.exitCode = await migrate(process.argv.slice(2), {
  color: process.stdout.isTTY && noColor === '',
  read,
  readCluster,
  print: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`metal-migrate: ${line}\n`),
}).catch((error: unknown) => {
  process.stderr.write(`metal-migrate: ${String(error)}\n`);
  return ExitCode.CouldNotRun;
});
