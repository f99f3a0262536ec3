// Lets each announcer tell the same FRR the same prefixes, in turns, and prints what it took as a line of JSON:
// measure.js REPETITIONS PREFIXES...   In a private network (test/cluster/private-network.sh), as root.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { cpuSeconds, memory } from '../kubernetes/figures.js';
import { bundle, load } from '../load.js';
import { addressOf } from './addresses.js';
import { ANNOUNCERS, ownIs } from './announcers.js';
import { Frr } from './frr.js';

/** Prefixes that are announced on top of the others, while the session is up. */
const MORE = 10_000;
/** Milliseconds between two looks at FRR. */
const LOOK = 2;
/** Milliseconds. */
const PATIENCE = 120_000;

const [repetitions, ...sizes] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), 'metal-lb-bench-bgp-'));
const host = join(folder, 'host.mjs');
await bundle('bench/bgp/host.js', host);
ownIs(host);
const frr = await Frr.start({
  ...(await load('test/support/netns.ts')),
  ...(await load('test/support/bgp-peers/daemon-set.ts')),
});
const wanted = process.env.BGP_ANNOUNCERS?.split(',') ?? Object.keys(ANNOUNCERS);
const runs = [];
try {
  for (let repetition = 1; repetition <= repetitions; repetition += 1) {
    for (const size of sizes) {
      for (const name of wanted) {
        const figures = await measure(name, size);
        runs.push({ name, size, ...figures });
        const { told, more } = figures;
        console.error(
          `${repetition} of ${repetitions}: ${name} with ${size}: ${told.ms.toFixed(0)} ms, ${MORE} more: ${more.ms.toFixed(0)} ms`,
        );
      }
    }
  }
} finally {
  await frr.stop();
  rmSync(folder, { recursive: true });
}
console.log(JSON.stringify({ more: MORE, runs }));

async function measure(name, size) {
  const announcer = new ANNOUNCERS[name]();
  try {
    await announcer.start(size, MORE);
    const told = await telling(announcer, async () => {
      await announcer.connect();
      const { before } = await until(({ up }) => up);
      return { began: before, ended: await until(({ prefixes }) => prefixes >= size) };
    });
    const attributes = await frr.attributesOf(`${addressOf(size - 1)}/32`);

    const more = await telling(announcer, async () => {
      const began = performance.now();
      const doing = announcer.more(size, MORE);
      const ended = await until(({ prefixes }) => prefixes >= size + MORE);
      await doing;
      return { began, ended };
    });
    return { told, more, attributes };
  } finally {
    await announcer.stop();
    await until(({ up, prefixes }) => !up && prefixes === 0);
  }
}

/** What it took to tell FRR, from when the work began to count until FRR had it all. */
async function telling(announcer, work) {
  const [before, cpu] = [await frr.received(), cpuSeconds(announcer.pid)];
  const { began, ended } = await work();
  const after = await frr.received();
  return {
    ms: ended.at - began,
    updates: after.updates - before.updates,
    octets: after.octets - before.octets,
    cpu: cpuSeconds(announcer.pid) - cpu,
    ...memory(announcer.pid),
  };
}

/** When FRR was seen like this, and when it was seen otherwise last. */
async function until(isSo) {
  const began = performance.now();
  let before = began;
  for (;;) {
    const neighbor = await frr.neighbor();
    const at = performance.now();
    if (isSo(neighbor)) return { at, before };
    if (at - began > PATIENCE) throw new Error(`FRR stays at ${JSON.stringify(neighbor)}`);
    before = at;
    await pause(LOOK);
  }
}
