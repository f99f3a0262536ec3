import { chmod, cp, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const REQUIRE =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);";

/** Bundles the programs that the quick start needs into a folder that every user may read. */
export async function bundleQuickstart(): Promise<string> {
  const outdir = await mkdtemp(join(tmpdir(), 'metal-lb-programs-'));
  await chmod(outdir, 0o755);
  for (const dependency of ['koffi', '@koromix']) {
    const installed = join('node_modules', dependency);
    await cp(join(ROOT, installed), join(outdir, installed), { recursive: true });
  }
  for (const program of ['quickstart', 'standalone', 'link-worker']) {
    await build({
      entryPoints: { [program]: join(ROOT, 'src', 'runtime', 'bin', `${program}.ts`) },
      outdir,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20.19',
      external: ['koffi'],
      banner: { js: REQUIRE },
      logLevel: 'warning',
    });
  }
  await writeFile(join(outdir, 'package.json'), '{ "type": "module" }\n');
  return outdir;
}
