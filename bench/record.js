import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';

const PATH = 'bench/RESULTS.md';

/**
 * Puts what was measured in place of what bench/RESULTS.md says of it; the rest stays as it was, since everything at
 * once takes half an hour. Each section says which commit it is of.
 */
export async function record({ title, markdown }) {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const sections = sectionsOf(await readFile(PATH, 'utf8'));
  sections.set(title, `## ${title}\n\nCommit ${commit}.\n\n${markdown.trim()}\n`);
  const machine = `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
  const head = `# Bench results\n\nWritten by \`npm run bench\` on ${machine}. Absolute times move with the machine; ratios are against something measured in the same run.\n`;
  await writeFile(PATH, [head, ...sections.values()].join('\n'));
}

/** By title, in order. */
function sectionsOf(text) {
  const sections = text.split(/^(?=## )/m).slice(1);
  return new Map(
    sections.map((section) => [section.split('\n')[0].slice(3), `${section.trim()}\n`]),
  );
}
