// Bundles every program into dist/: one file each, holding all it loads at start; what is imported on demand
// (the kubeconfig reader) becomes a chunk of its own. koffi stays outside: its native module is found by path.
import { chmod, rm } from 'node:fs/promises';
import { build } from 'esbuild';
import packageFile from '../package.json' with { type: 'json' };

const programs = {
  controller: 'src/runtime/bin/controller.ts',
  speaker: 'src/runtime/bin/speaker.ts',
  standalone: 'src/runtime/bin/standalone.ts',
  quickstart: 'src/runtime/bin/quickstart.ts',
  'link-worker': 'src/runtime/bin/link-worker.ts',
  'bfd-worker': 'src/runtime/bin/bfd-worker.ts',
  'certificate-worker': 'src/runtime/bin/certificate-worker.ts',
  migrate: 'src/migrate/cli.ts',
};

/** CommonJS dependencies ask for Node's modules through `require`, which an ES module does not have. */
const requireForCommonJs =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);";

/**
 * Node's modules are asked for by `require`. An `import` reads every export of theirs to make a namespace, and those of
 * node:http that are made on demand bring in a whole HTTP client from Node 22 on: 11 MB in Node 26.
 */
const requireBuiltins = {
  name: 'require-builtins',
  setup(bundle) {
    bundle.onResolve({ filter: /^node:/ }, ({ path, kind }) =>
      kind === 'require-call' ? { path, external: true } : { path, namespace: 'builtin' },
    );
    bundle.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = require('${path}');`,
    }));
  },
};

await rm('dist', { recursive: true, force: true });
for (const [name, entry] of Object.entries(programs)) {
  await build({
    entryPoints: { [name]: entry },
    outdir: 'dist',
    chunkNames: `chunks/${name}-[hash]`,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: ['koffi'],
    plugins: [requireBuiltins],
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    sourcemap: false,
    banner: { js: requireForCommonJs },
    define: { METAL_LB_VERSION: JSON.stringify(packageFile.version) },
    logLevel: 'warning',
  });
  await chmod(`dist/${name}.js`, 0o755);
}
