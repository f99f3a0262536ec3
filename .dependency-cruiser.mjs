/** The only modules that may touch the machine: sockets, disk, process, wall clock, randomness. */
const adapters = [
  '^src/runtime/(bin|platform)/',
  '^src/runtime/sources/file[.]ts$',
  '^src/runtime/standalone/folder[.]ts$',
  '^src/runtime/kube/(client|credentials|sending)[.]ts$',
  '^src/runtime/gossip/transport[.]ts$',
  '^src/runtime/(metrics|webhook)/server[.]ts$',
  '^src/migrate/cli[.]ts$',
];

/** The packages of src/runtime, lowest layer first. Adding one is an architecture decision: see docs/adr. */
const layers = [
  ['net'],
  ['model'],
  ['allocator', 'arp', 'ndp', 'bgp', 'bfd', 'gossip', 'kube'],
  ['layer2', 'controller'],
  ['speaker', 'sources', 'webhook', 'standalone', 'status'],
  ['metrics'],
  ['bin'],
];
const ports = '^src/runtime/platform/ports[.]ts$';
const everyPackage = [...layers.flat(), 'platform'].join('|');

/** Each layer may import itself package by package, the layers below it, and the ports. */
const layering = layers.map((layer, depth) => ({
  name: `layer-${layer.join('-')}`,
  severity: 'error',
  from: { path: `^src/runtime/(${layer.join('|')})/` },
  to: {
    path: '^src/runtime/',
    pathNot: [
      '^src/runtime/$1/',
      ports,
      ...layers.slice(0, depth).map((lower) => `^src/runtime/(${lower.join('|')})/`),
    ],
  },
}));
layering.at(-1).to.pathNot.push('^src/runtime/platform/');

export default {
  forbidden: [
    ...layering,
    {
      name: 'platform-knows-only-net',
      severity: 'error',
      from: { path: '^src/runtime/platform/' },
      to: { path: '^src/', pathNot: '^src/runtime/(platform|net)/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, pathNot: '/bin/' }, to: {} },
    {
      name: 'known-packages-only',
      comment: 'No loose files in src/runtime and no unlisted folders.',
      severity: 'error',
      from: { path: '^src/runtime/', pathNot: `^src/runtime/(${everyPackage})/` },
      to: {},
    },
    {
      name: 'enter-by-index',
      comment: 'A folder is a package: outsiders import its index.ts, never its insides.',
      severity: 'error',
      from: { path: '^src/(?:runtime/)?([^/]+)/' },
      to: { path: '^src/', pathNot: ['^src/(?:runtime/)?$1/', '/index[.]ts$', ports] },
    },
    {
      name: 'config-knows-only-the-model',
      severity: 'error',
      from: { path: '^src/config-(legacy|crd)/' },
      to: { path: '^src/', pathNot: ['^src/config-$1/', '^src/runtime/(net|model)/'] },
    },
    {
      name: 'migrate-decides-with-the-runtime-and-runs-nothing-of-it',
      comment: 'Only the command line itself, an adapter, is given the machine.',
      severity: 'error',
      from: { path: '^src/migrate/' },
      to: {
        path: '^src/',
        pathNot: [
          '^src/(migrate|config-(legacy|crd)|runtime/(net|model|kube|allocator|layer2|controller|speaker|bgp))/',
          '^src/runtime/platform/index[.]ts$',
          ports,
        ],
      },
    },
    {
      name: 'only-the-command-line-of-migrate-has-a-platform',
      severity: 'error',
      from: { path: '^src/migrate/', pathNot: '^src/migrate/cli[.]ts$' },
      to: { path: '^src/runtime/platform/index[.]ts$' },
    },
    {
      name: 'runtime-ignores-dialects',
      comment: 'Only sources/ and webhook/ know which configuration dialect is in use.',
      severity: 'error',
      from: { path: '^src/runtime/', pathNot: '^src/runtime/(bin|sources|webhook|standalone)/' },
      to: { path: '^src/(config-|migrate/)' },
    },
    {
      name: 'only-adapters-touch-node',
      severity: 'error',
      from: { path: '^src/', pathNot: adapters },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(assert|crypto|util)$' },
    },
    {
      name: 'io-packages-in-adapters-only',
      severity: 'error',
      from: { path: '^src/', pathNot: adapters },
      to: {
        path: 'node_modules/(koffi|chokidar|@kubernetes/client-node)/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'prometheus-in-metrics-only',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/runtime/metrics/' },
      to: { path: 'node_modules/prom-client' },
    },
    { name: 'not-to-test', severity: 'error', from: { path: '^src/' }, to: { path: '^test/' } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types'] },
  },
};
