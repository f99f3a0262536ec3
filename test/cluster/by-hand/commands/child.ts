import { type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { constants as machine } from 'node:os';
import { delimiter, join } from 'node:path';

/** Runs a program to its end on this terminal; what ends it from outside is passed on. */
export async function runToEnd(
  program: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<number> {
  const child = spawn(program, args, { stdio: 'inherit', ...options });
  // Ctrl-C reaches the program by itself.
  const letItDecide = (): void => {};
  const passOn = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on('SIGINT', letItDecide).on('SIGTERM', passOn).on('SIGHUP', passOn);
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    return code ?? 128 + (signal === null ? 0 : machine.signals[signal]);
  } finally {
    process.off('SIGINT', letItDecide).off('SIGTERM', passOn).off('SIGHUP', passOn);
  }
}

/** Where the shell would find a program; `undefined` when it is not installed. */
export function installed(program: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return false;
  }
}
