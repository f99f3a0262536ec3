// The cluster by hand; `npm run cluster -- --help` tells how. Node 20 does not run TypeScript, so the commands of
// test/cluster/by-hand are bundled first, beside the packages that they load.
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';

// npm starts its scripts in the root and tells where it was called.
const { INIT_CWD, npm_lifecycle_event: script } = process.env;
const cwd = script === 'cluster' && INIT_CWD !== undefined ? INIT_CWD : process.cwd();
const root = join(import.meta.dirname, '..');
process.chdir(root);

const { commandLine } = await load('test/cluster/by-hand/index.ts');
const exitCode = await commandLine(process.argv.slice(2), cwd);
if (exitCode !== undefined) process.exit(exitCode);

async function load(entry) {
  const folder = mkdtempSync(join(tmpdir(), 'metal-lb-program-'));
  try {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const outfile = join(folder, 'module.mjs');
    buildSync({
      absWorkingDir: root,
      entryPoints: [entry],
      outfile,
      bundle: true,
      packages: 'external',
      format: 'esm',
      platform: 'node',
      target: 'node20.19',
      logLevel: 'error',
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
