import type { Libc } from '../socket/libc.ts';

/** Numbers of sched_setattr(2) and sched_getattr(2) on the processors we build for. */
const CALLS: Readonly<Partial<Record<NodeJS.Architecture, readonly [set: number, get: number]>>> = {
  x64: [314, 315],
  arm64: [274, 275],
};
/** struct sched_attr as of Linux 3.14. */
const ATTRIBUTES = 48;
const RUNTIME = 24;
/** Nanoseconds; the least that the kernel takes. */
const SHORTEST_SLICE = 100_000n;

/**
 * Asks the scheduler for short turns of this thread, which then run sooner when something wakes it; see the
 * custom slice of EEVDF, Linux 6.12. Needs no capability and takes no processor time from others. Where it is not
 * known, nothing changes.
 */
export function preferPromptness(libc: Libc): void {
  const calls = CALLS[process.arch];
  if (calls === undefined) return;
  const [set, get] = calls;
  const attributes = Buffer.alloc(ATTRIBUTES);
  if (libc.syscall(get, 0, attributes, ATTRIBUTES, 0) < 0) return;
  attributes.writeBigUInt64LE(SHORTEST_SLICE, RUNTIME);
  libc.syscall(set, 0, attributes, 0, 0);
}
