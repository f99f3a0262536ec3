import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { manyPools } from './config.js';
import { median, table } from './load.js';
import { benchForecast } from './migrate/forecast.js';

const COMMAND = resolve('dist/migrate.js');
const START_TARGET_MS = 300;
const POOLS = 10_000;
const TARGET_SECONDS = 10;
const TARGET_MB = 500;
const RUNS = 10;

const SMALL = `address-pools:
- {name: teal, protocol: layer2, addresses: [192.0.2.0/28]}
peers:
- {my-asn: 64500, peer-asn: 64501, peer-address: 203.0.113.1}
`;

/** Cold starts, and 10,000 pools converted and proven, each in processes of its own; what a plan foretells. */
export async function benchMigrate() {
  const folder = mkdtempSync(join(tmpdir(), 'metal-lb-bench-'));
  try {
    const small = join(folder, 'small.yaml');
    const large = join(folder, 'large.yaml');
    writeFileSync(small, SMALL);
    writeFileSync(large, manyPools(POOLS));
    const forecast = await benchForecast();
    const markdown = [...starts(small), '', ...conversions(large), '', ...forecast].join('\n');
    return { title: 'The command metal-migrate', markdown };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Interleaved, so that a busy moment meets all of them. */
function starts(file) {
  const commands = {
    'node -e 0': ['-e', '0'],
    '--help': [COMMAND, '--help'],
    'validate --help': [COMMAND, 'validate', '--help'],
    'validate, 1 pool': [COMMAND, 'validate', file],
    'convert, 1 pool': [COMMAND, 'convert', file],
    'diff, 1 pool': [COMMAND, 'diff', file, file],
  };
  const times = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
  for (let run = 0; run < RUNS; run += 1) {
    for (const [name, argv] of Object.entries(commands)) {
      const start = performance.now();
      execFileSync(process.execPath, argv, { stdio: 'ignore' });
      times[name].push(performance.now() - start);
    }
  }
  const bare = median(times['node -e 0']);
  const rows = Object.entries(times).map(([name, all]) => {
    const time = median(all);
    const verdict = name === 'node -e 0' ? '' : met(time <= START_TARGET_MS, '300 ms');
    return [name, `${time.toFixed(0)} ms${verdict}`, (time / bare).toFixed(1)];
  });
  return [
    'From the start of the process to its end.',
    '',
    table(['what', `median of ${RUNS}`, 'ratio'], rows),
  ];
}

function conversions(file) {
  const loaded = measured(['--input-type=module', '-e', LOAD, file]);
  const rows = [['js-yaml, syntax only', ...figures(loaded), '1.0']];
  const commands = {
    validate: [COMMAND, 'validate', file],
    'convert: made, read back, compared, written': [COMMAND, 'convert', file],
  };
  for (const [name, argv] of Object.entries(commands)) {
    const run = measured(argv);
    const fast = run.seconds <= TARGET_SECONDS && run.megabytes <= TARGET_MB;
    const verdict = met(fast, `${TARGET_SECONDS} s and ${TARGET_MB} MB`);
    const [seconds, cpu, memory] = figures(run);
    const ratio = (run.cpu / loaded.cpu).toFixed(1);
    rows.push([name, seconds, cpu, `${memory}${verdict}`, ratio]);
  }
  return [
    `${POOLS.toLocaleString('en')} pools, half of them BGP, in a process of its own; the peak of its resident memory.`,
    '',
    table(['what', 'time', 'CPU', 'peak RSS', 'CPU ratio'], rows),
  ];
}

const LOAD = `import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
load(readFileSync(process.argv[1], 'utf8'));`;

/** The best of three: what else the machine does only ever adds. */
function measured(argv) {
  const runs = Array.from({ length: 3 }, () => measureOnce(argv));
  const [seconds, cpu] = ['seconds', 'cpu'].map((name) =>
    Math.min(...runs.map((run) => run[name])),
  );
  return { seconds, cpu, megabytes: Math.max(...runs.map((run) => run.megabytes)) };
}

function measureOnce(argv) {
  const reporter = resolve('bench/migrate/peak.js');
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, ['--import', reporter, ...argv], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 64 * 2 ** 20,
  });
  const seconds = (performance.now() - start) / 1000;
  if (status !== 0) throw new Error(`${argv.join(' ')} failed: ${stderr.slice(0, 500)}`);
  const [, kilobytes, micros] = /took (\d+) kB (\d+) us/.exec(stderr) ?? [];
  return { seconds, cpu: Number(micros) / 1e6, megabytes: Number(kilobytes) / 1000 };
}

function figures({ seconds, cpu, megabytes }) {
  return [`${seconds.toFixed(2)} s`, `${cpu.toFixed(2)} s`, `${megabytes.toFixed(0)} MB`];
}

function met(reached, target) {
  return `, target ${target}: ${reached ? 'met' : '**missed**'}`;
}
