// ARP reply latency: the kernel's own answer, a bare C loop, and this program with its main loop idle and busy.
// Needs root, iproute2 and a C compiler.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const SERIES = 5;
const REQUESTS = 5_000;
/** A speaker runs for months: what it does in its first seconds, before the code is compiled, is not measured. */
const WARM_UP = 20_000;
const GAP = 300;
const folder = new URL('arp/', import.meta.url).pathname;
const kernelAddress = '192.0.2.1';
const ownAddress = '192.0.2.2';
const serviceAddress = '192.0.2.10';

const ip = (...args) => execFileSync('ip', args);
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** Two namespaces joined by a cable, given to `use`, then deleted. */
async function withCable(use) {
  const [asker, answerer] = ['asker', 'answerer'].map((role) => `bench-${process.pid}-${role}`);
  ip('netns', 'add', asker);
  ip('netns', 'add', answerer);
  try {
    ip(
      ...'link add name eth0 netns'.split(' '),
      asker,
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'netns',
      answerer,
    );
    for (const [namespace, address] of [
      [asker, ownAddress],
      [answerer, kernelAddress],
    ]) {
      ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0');
      ip('-n', namespace, 'link', 'set', 'eth0', 'up');
    }
    return await use(asker, answerer);
  } finally {
    ip('netns', 'del', asker);
    ip('netns', 'del', answerer);
  }
}

/** Compiles the C programs and bundles ours; koffi is found because the folder lies inside the project. */
async function makePrograms() {
  const cache = join(folder, '../../node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const output = mkdtempSync(join(cache, 'bench-arp-'));
  for (const name of ['requester', 'poll-loop']) {
    execFileSync('gcc', ['-O2', '-Wall', '-o', join(output, name), join(folder, `${name}.c`)]);
  }
  await build({
    entryPoints: {
      responder: join(folder, 'responder.js'),
      'link-worker': join(folder, '../../src/runtime/bin/link-worker.ts'),
    },
    outdir: output,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: ['koffi'],
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
    logLevel: 'warning',
  });
  return output;
}

/** Runs a responder in the namespace while `use` does its work. */
async function withResponder(namespace, command, use) {
  const child = spawn('ip', ['netns', 'exec', namespace, ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  try {
    await Promise.race([
      once(child.stdout, 'data'),
      exit.then(() => Promise.reject(new Error(`${command[0]} ended`))),
    ]);
    return await use();
  } finally {
    child.kill();
    await exit;
  }
}

async function measure(program, namespace, target, count) {
  const child = spawn(
    'ip',
    ['netns', 'exec', namespace, program, 'eth0', ownAddress, target, String(count), String(GAP)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const text = (await child.stdout.toArray()).join('');
  const [lost, ...times] = text.trim().split('\n');
  const at = (share) => Number(times[Math.floor(times.length * share)]) / 1000;
  return { lost: Number(lost.split(' ')[1]), p50: at(0.5), p99: at(0.99) };
}

/** Every series measures each responder once, one after the other, so that a noisy moment hits them alike. */
export async function benchArp() {
  const output = await makePrograms();
  try {
    return await withCable(async (asker, answerer) => {
      const requester = join(output, 'requester');
      const ours = (load) => [
        process.execPath,
        join(output, 'responder.mjs'),
        'eth0',
        serviceAddress,
        load,
        join(output, 'link-worker.mjs'),
      ];
      const responders = {
        kernel: undefined,
        'C poll loop': [join(output, 'poll-loop'), 'eth0', serviceAddress],
        'ours, main loop idle': ours('idle'),
        'ours, main loop busy': ours('busy'),
      };
      const series = Object.fromEntries(Object.keys(responders).map((name) => [name, []]));
      for (let i = 0; i < SERIES; i += 1) {
        for (const [name, command] of Object.entries(responders)) {
          const target = command ? serviceAddress : kernelAddress;
          const once = async () => {
            await measure(requester, asker, target, WARM_UP);
            series[name].push(await measure(requester, asker, target, REQUESTS));
          };
          await (command ? withResponder(answerer, command, once) : once());
        }
      }
      return summarize(series);
    });
  } finally {
    rmSync(output, { recursive: true });
  }
}

function summarize(series) {
  const rows = Object.entries(series).map(([name, runs]) => ({
    name,
    p50: median(runs.map(({ p50 }) => p50)),
    p99: median(runs.map(({ p99 }) => p99)),
    lost: runs.reduce((sum, { lost }) => sum + lost, 0),
    runs,
  }));
  const floor = rows[1];
  for (const row of rows) {
    row.p50Ratio = row.p50 / floor.p50;
    row.p99Ratio = row.p99 / floor.p99;
  }
  const line = ({ name, p50, p99, p50Ratio, p99Ratio, lost }) =>
    `| ${name} | ${p50.toFixed(1)} | ${p99.toFixed(1)} | ${p50Ratio.toFixed(2)} | ${p99Ratio.toFixed(2)} | ${lost} |`;
  const markdown = [
    `Median of ${SERIES} interleaved series of ${REQUESTS} requests, ${GAP} µs apart, over one veth pair; µs, and × the C loop.`,
    '',
    '| responder | p50 | p99 | p50 × C | p99 × C | lost |',
    '|---|---|---|---|---|---|',
    ...rows.map(line),
  ].join('\n');
  return { title: 'ARP reply latency', rows, markdown };
}
