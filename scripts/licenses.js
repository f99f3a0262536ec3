// Copies the licenses of the npm packages that a program's bundle holds; a package without a license file has the
// name of its license written down.
// node scripts/licenses.js OUT ENTRY...
import { copyFile, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const [out, ...entryPoints] = process.argv.slice(2);
const PACKAGE = /^node_modules\/(?:@[^/]+\/)?[^/]+/;
const LICENSE = /^(licen[cs]e|copying|notice)/i;

const { metafile } = await build({
  entryPoints,
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  external: ['koffi'],
  write: false,
  metafile: true,
  logLevel: 'warning',
});

const contents = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs));
const folders = contents
  .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
  .flatMap(([path]) => path.match(PACKAGE) ?? []);

await mkdir(out, { recursive: true });
for (const folder of new Set(folders)) {
  const { name, version, license } = JSON.parse(
    await readFile(join(folder, 'package.json'), 'utf8'),
  );
  const title = `${name.replace('/', '-')}-${version}`;
  const files = (await readdir(folder)).filter((file) => LICENSE.test(file));
  if (files.length === 0) await writeFile(join(out, `${title}-declared`), `${license}\n`);
  for (const file of files) await copyFile(join(folder, file), join(out, `${title}-${file}`));
}
