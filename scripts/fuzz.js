#!/usr/bin/env node
// Runs the tests on generated input with a fresh seed and ten times the runs of the gate. docs/adr/0020
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import process from 'node:process';

const { FC_SEED = String(randomInt(2 ** 31 - 1)), FC_RUNS = '2000' } = process.env;
process.stdout.write(`FC_SEED=${FC_SEED} FC_RUNS=${FC_RUNS}\n`);
const names = process.argv.length > 2 ? process.argv.slice(2) : ['.prop.test'];
const { status } = spawnSync(
  'npx',
  ['vitest', 'run', '--testTimeout=600000', `--sequence.seed=${FC_SEED}`, ...names],
  { stdio: 'inherit', env: { ...process.env, FC_SEED, FC_RUNS } },
);
process.exitCode = status ?? 1;
