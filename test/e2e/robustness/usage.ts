import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OurPod } from './site.ts';

/** What a container took so far of what its limits allow. */
export interface Usage {
  /** Periods of 100 ms in which it ran at all, and those of them in which it used up its share and had to wait. */
  readonly periods: number;
  readonly throttled: number;
  /** Seconds that its threads waited so, together. */
  readonly waited: number;
  /** Octets at most, with the files that the kernel keeps for it and can drop. */
  readonly peak: number;
  /** Octets now, without such files. */
  readonly resident: number;
  /** How often the kernel killed for want of memory. */
  readonly killed: number;
  readonly restarts: number;
}

export function usageOf({ name, container }: OurPod): Usage {
  const { cgroup, restarts } = container;
  if (cgroup === undefined) throw new Error(`${name} has no limits`);
  const files = cgroup.folders;
  const periods = numberIn(files, 'cpu.stat', 'nr_periods') ?? 0;
  const nanoseconds = numberIn(files, 'cpu.stat', 'throttled_time');
  const microseconds = numberIn(files, 'cpu.stat', 'throttled_usec');
  return {
    periods,
    throttled: cgroup.counts.throttled,
    waited: nanoseconds === undefined ? (microseconds ?? 0) / 1e6 : nanoseconds / 1e9,
    peak: wholeOf(files, 'memory.max_usage_in_bytes') ?? wholeOf(files, 'memory.peak') ?? 0,
    resident:
      numberIn(files, 'memory.stat', 'total_rss') ?? numberIn(files, 'memory.stat', 'anon') ?? 0,
    killed: cgroup.counts.killed,
    restarts,
  };
}

/** What was taken between two looks. */
export function since(
  before: Usage,
  after: Usage,
): Pick<Usage, 'periods' | 'throttled' | 'waited'> {
  return {
    periods: after.periods - before.periods,
    throttled: after.throttled - before.throttled,
    waited: after.waited - before.waited,
  };
}

function numberIn(folders: readonly string[], file: string, key: string): number | undefined {
  const found = new RegExp(`^${key} (\\d+)$`, 'm').exec(read(folders, file) ?? '')?.[1];
  return found === undefined ? undefined : Number(found);
}

function wholeOf(folders: readonly string[], file: string): number | undefined {
  const text = read(folders, file);
  return text === undefined ? undefined : Number(text);
}

/** The two versions of the kernel's interface spread the files over one folder or two. */
function read(folders: readonly string[], file: string): string | undefined {
  const found = folders.map((folder) => join(folder, file)).find((path) => existsSync(path));
  return found === undefined ? undefined : readFileSync(found, 'utf8');
}
