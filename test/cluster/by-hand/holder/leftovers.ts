import { readdirSync, rmSync, rmdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { eventually } from '../../eventually.ts';
import { groupPrefix } from '../../kubelet/cgroup.ts';
import type { State } from '../state/state-folder.ts';

const CONTROL_GROUPS = '/sys/fs/cgroup';
/** How long the kernel may take to end what a killed holder leaves; milliseconds. */
const PATIENCE = 10_000;

/** Clears away what a cluster leaves that does not end with its processes: its files and its control groups. */
export async function clearLeftovers({ scratch }: State): Promise<void> {
  for (const group of controlGroups(groupPrefix(scratch))) {
    await eventually(`${group} goes`, () => removed(group), PATIENCE);
  }
  rmSync(scratch, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

/** The control groups whose names start so, in every hierarchy of either version of the interface. */
function controlGroups(prefix: string): string[] {
  const hierarchies = [CONTROL_GROUPS, ...foldersIn(CONTROL_GROUPS)];
  return hierarchies.flatMap(foldersIn).filter((folder) => basename(folder).startsWith(prefix));
}

function foldersIn(folder: string): string[] {
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
}

/** A group with processes in it cannot be removed; that is reported as EBUSY. */
function removed(group: string): boolean {
  rmdirSync(group);
  return true;
}
