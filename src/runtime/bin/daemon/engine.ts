import { setFlagsFromString } from 'node:v8';

/** The first release whose V8 has the compiler between the baseline and the optimizing one switched on. */
const FIRST_WITH_MAGLEV = 22;

/**
 * Keeps V8's optimizing compilers out of a program where they cost more than they bring: from Node 22 on, 20 MB of the
 * 100Mi that installs commonly allow, for 4 µs an ARP answer. docs/adr/0015-memory.md
 *
 * @param version - as `process.version`
 */
export function saveMemory(version: string): void {
  const [, major = ''] = /^v(\d+)\./.exec(version) ?? [];
  if (Number(major) < FIRST_WITH_MAGLEV) return;
  for (const flag of ['--no-opt', '--no-maglev']) setFlagsFromString(flag);
}
