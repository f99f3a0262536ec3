import { readFileSync } from 'node:fs';

const MB = 1000 * 1000;
/** Clock ticks a second of /proc/PID/stat: fixed at 100 in what Linux shows to programs. */
const TICKS = 100;

/** Flags of Node for a program: those of its first line, unless PROGRAM_NODE_FLAGS says otherwise. */
export function nodeFlags(program) {
  const [first] = readFileSync(`dist/${program}.js`, 'utf8').split('\n', 1);
  const own = first.replace(/^#!.*\bnode\b/, '');
  return (process.env.PROGRAM_NODE_FLAGS ?? own).split(' ').filter(Boolean);
}

/** Peak and present resident memory of a process, in megabytes. */
export function memory(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (name) =>
    (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024) / MB;
  return { peakMB: of('VmHWM'), presentMB: of('VmRSS') };
}

/** CPU seconds that a process used, in user and kernel. */
export function cpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

export const CONFIG =
  'address-pools:\n- name: pool\n  protocol: layer2\n  addresses: [10.64.0.0/16]\n';
export const IN_USE = 'metallb_allocator_addresses_in_use_total{pool="pool"}';

/** Creates Services `s0`, `s1`, ... with so many requests under way at once. */
export async function createServices({ loadBalancer }, admin, count, parallel = 12) {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const object = loadBalancer(`s${next}`, {});
      next += 1;
      await admin.create('/api/v1/namespaces/default/services', object);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
}

/** Milliseconds until a program answers for its metrics and `caughtUp` says that it knows the cluster. */
export async function msToReady(start, caughtUp) {
  const began = performance.now();
  const program = await start();
  for (;;) {
    if (program.ending !== undefined) throw new Error(`it ended:\n${program.output()}`);
    try {
      if (caughtUp(await program.metrics(), program)) break;
    } catch (error) {
      if (error.code !== 'ECONNREFUSED') throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return { program, ms: performance.now() - began };
}
