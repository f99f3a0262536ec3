import { setTimeout as pause } from 'node:timers/promises';
import { clearLeftovers } from '../holder/leftovers.ts';
import { Complaint, ExitCode, say } from '../speech.ts';
import type { StateFolder } from '../state/state-folder.ts';

/** How long a holder may take to end its cluster before it is killed, which ends it too; milliseconds. */
const PATIENCE = 20_000;
const BETWEEN = 100;

/** Ends the cluster, or what is left of one, and waits until nothing is left. */
export async function down(folder: StateFolder): Promise<number> {
  let told = false;
  const start = performance.now();
  while (folder.exists) {
    const lock = folder.lock();
    const state = folder.read();
    if (lock !== undefined) {
      if (state !== undefined) {
        await clearLeftovers(state);
        await ended(state.holder);
      }
      folder.remove();
      lock.release();
      say(told ? 'The cluster is down.' : 'No cluster was up; what was left of one is gone.');
      return ExitCode.Done;
    }
    const waited = performance.now() - start;
    if (waited > 2 * PATIENCE) throw new Complaint('the cluster does not end', ExitCode.Failed);
    if (state !== undefined) signal(state.holder, waited > PATIENCE ? 'SIGKILL' : 'SIGTERM');
    told = true;
    await pause(BETWEEN);
  }
  say(told ? 'The cluster is down.' : 'No cluster is up.');
  return ExitCode.Done;
}

/** A holder lets go of the lock a moment before its process is gone. */
async function ended(pid: number): Promise<void> {
  for (let waited = 0; waited < PATIENCE && isThere(pid); waited += BETWEEN) await pause(BETWEEN);
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    return false;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It has just ended.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
