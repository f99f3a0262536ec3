// Runs every measurement, or those named as arguments, prints them and writes bench/RESULTS.md.
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { benchAllocator } from './allocator.js';
import { benchArp } from './arp.js';
import { benchCluster } from './cluster.js';
import { benchConfig } from './config.js';
import { benchKubernetes } from './kubernetes.js';
import { benchMigrate } from './migrate.js';

const all = {
  config: benchConfig,
  migrate: benchMigrate,
  allocator: benchAllocator,
  arp: benchArp,
  kubernetes: benchKubernetes,
  cluster: benchCluster,
};
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in all));
if (unknown.length > 0) {
  console.error(`unknown measurement ${unknown.join(', ')}; known: ${Object.keys(all).join(', ')}`);
  process.exit(2);
}

const sections = [];
for (const [name, measure] of Object.entries(all)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.error(`measuring ${name}`);
  const { title, markdown } = await measure();
  sections.push(`## ${title}\n\n${markdown}\n`);
  console.log(`\n## ${title}\n\n${markdown}`);
}

if (wanted.length === 0) {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const machine = `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
  await writeFile(
    'bench/RESULTS.md',
    `# Bench results\n\nWritten by \`npm run bench\` on ${machine}, commit ${commit}. Absolute times move with the machine; ratios are against something measured in the same run.\n\n${sections.join('\n')}`,
  );
}
