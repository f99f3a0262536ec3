#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { migrate } from './migrate.ts';
import { ExitCode, type Reading } from './terminal.ts';

async function read(path: string): Promise<Reading> {
  try {
    const octets = await (path === '-' ? buffer(process.stdin) : readFile(path));
    return { kind: 'octets', octets };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return { kind: 'unreadable', why: error.message };
  }
}

const noColor = process.env['NO_COLOR'] ?? '';
process.exitCode = await migrate(process.argv.slice(2), {
  color: process.stdout.isTTY && noColor === '',
  read,
  readCluster: () =>
    Promise.resolve({ kind: 'unreadable', why: 'this release does not read the cluster yet' }),
  print: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`metal-migrate: ${line}\n`),
}).catch((error: unknown) => {
  process.stderr.write(`metal-migrate: ${String(error)}\n`);
  return ExitCode.CouldNotRun;
});
