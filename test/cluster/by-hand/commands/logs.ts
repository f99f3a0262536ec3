import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runToEnd } from './child.ts';
import { Complaint, ExitCode, say } from '../speech.ts';
import type { StateFolder } from '../state/state-folder.ts';

const ENDING = '.log';

/** The logs of a cluster by name: `cluster` is the harness, the others are its programs and containers. */
function findLogs(folder: StateFolder): Map<string, string> {
  const logs = new Map<string, string>();
  if (existsSync(folder.log)) logs.set('cluster', folder.log);
  const root = folder.read()?.scratch;
  if (root === undefined || !existsSync(root)) return logs;
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((name) => name.endsWith(ENDING)).sort()) {
    // The control plane has a folder of its own, with a name nobody wants to type.
    const name = file.replace(/^metal-lb-cluster-[^/]*\//, '').slice(0, -ENDING.length);
    logs.set(name, join(root, file));
  }
  return logs;
}

/** Prints a log; without a name, tells which there are. */
export async function logs(
  folder: StateFolder,
  name: string | undefined,
  follow: boolean,
): Promise<number> {
  const found = findLogs(folder);
  if (name === undefined) {
    for (const known of found.keys()) say(known);
    return ExitCode.Done;
  }
  const file = found.get(name);
  if (file === undefined) {
    throw new Complaint(`no log ${name}: npm run cluster -- logs`, ExitCode.Failed);
  }
  return await runToEnd('tail', ['-n', '+1', ...(follow ? ['-F'] : []), file]);
}
