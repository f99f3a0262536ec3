import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { measureApart } from './apart.js';
import { nodeFlags } from './kubernetes/figures.js';
import { bundle, median, table } from './load.js';

const OWN = 'metal-lb';
const RIVAL = 'GoBGP';
/** Routes and peers of which the tables are looked at. */
const TABLES = [
  [10_000, 1],
  [10_000, 50],
  [100_000, 1],
];
/** Of 10,000 addresses. */
const TARGET = { size: 10_000, updates: 20, ms: 1000, megabytes: 110 };

const each = (numbers) => `${median(numbers).toFixed(0)} / ${Math.max(...numbers).toFixed(0)}`;
const kilo = (octets) => `${(octets / 1000).toFixed(0)} kB`;
const thousands = (count) => count.toLocaleString('en');

/**
 * What announcing costs beside BIRD and GoBGP, who tell the same FRR the same; what routes cost that are kept for many peers; and
 * the memory of the whole speaker. Needs root and the packages of `npm run e2e:bgp`.
 *
 * @param {{ sizes?: number[], repetitions?: number }} options - prefixes, and how often each is done; `BGP_SIZES` (separated
 *   by commas) and `BGP_REPETITIONS` say it otherwise
 */
export async function benchBgp({ sizes, repetitions } = fromEnvironment(process.env)) {
  if (process.getuid() !== 0) throw new Error('the measurements of BGP need root');
  execFileSync('test/support/bgp-peers/install.sh', { stdio: ['ignore', 'ignore', 'inherit'] });
  execFileSync('test/cluster/build-kubernetes.sh', { stdio: ['ignore', 'ignore', 'inherit'] });
  const announced = await measureApart('bench/bgp/measure.js', [repetitions, ...sizes].map(String));
  const tables = await measureTables();
  const resident = await measureApart('bench/bgp/resident.js', [String(TARGET.size)]);
  return {
    title: 'BGP',
    ...{ announced, tables, resident },
    markdown: [
      'metal-lb, BIRD and GoBGP tell one FRR the same /32 prefixes, one after the other, with the same attributes; FRR is looked at each 2 ms and gives nothing to the kernel. Each time median / worst. metal-lb is all BGP of the speaker without a cluster, with the flags of the program, and writes its log. BIRD waits a second before it begins to tell; GoBGP reads more prefixes from a pipe, metal-lb takes them one Service after the other and BIRD has them in its configuration already.',
      sharedAttributes(announced),
      'From when the session is up, with all prefixes known before it, until FRR has them:',
      announcing(announced, 'told', sizes),
      `${thousands(announced.more)} more prefixes, from the command on:`,
      announcing(announced, 'more', sizes),
      verdicts(announced, resident),
      'Routes that are kept for peers, in a process that does nothing else; milliseconds during which it does nothing else at a time, and until all is done. Nobody reads: all Services go and come twice, and the configuration changes, while peers take nothing.',
      ...tables.map(tableOf),
      residentTable(resident),
    ].join('\n\n'),
  };
}

function fromEnvironment({ BGP_REPETITIONS = '5', BGP_SIZES = '1000,10000,100000' }) {
  return { repetitions: Number(BGP_REPETITIONS), sizes: BGP_SIZES.split(',').map(Number) };
}

/** What FRR has of a route is the same from all of them, or there is nothing to compare. */
function sharedAttributes({ runs }) {
  const found = [...new Set(runs.map(({ attributes }) => attributes))];
  if (found.length > 1) throw new Error(`attributes differ: ${found.join(' and ')}`);
  const [asPath, origin] = JSON.parse(found[0]);
  return `Attributes of all: AS path ${asPath}, origin ${origin}, next hop the announcer's address.`;
}

function announcing({ runs }, measure, sizes) {
  const names = [...new Set(runs.map(({ name }) => name))];
  const rows = sizes.flatMap((size) =>
    names.map((name) => {
      const figures = runs
        .filter((run) => run.name === name && run.size === size)
        .map((run) => run[measure]);
      const of = (key) => figures.map((figure) => figure[key]);
      return [
        thousands(size),
        name,
        `${each(of('ms'))} ms`,
        thousands(Math.max(...of('updates'))),
        kilo(Math.max(...of('octets'))),
        `${median(of('cpu')).toFixed(2)} s`,
        `${Math.max(...of('presentMB')).toFixed(0)} MB`,
        `${Math.max(...of('peakMB')).toFixed(0)} MB`,
      ];
    }),
  );
  const head = ['prefixes', 'announcer', 'time', 'UPDATEs', 'octets', 'CPU', 'RSS', 'peak RSS'];
  return table(head, rows);
}

function verdicts({ runs }, resident) {
  const of = (name, key) =>
    runs
      .filter((run) => run.name === name && run.size === TARGET.size)
      .map(({ told }) => told[key]);
  const own = of(OWN, 'ms');
  const rival = of(RIVAL, 'ms');
  if (own.length === 0 || rival.length === 0) return '';
  const updates = Math.max(...of(OWN, 'updates'));
  const memory = [0, 1].map((reading) => {
    const { after } = resident.modes[0].readings[reading];
    const worst = Math.max(...resident.modes.map(({ readings }) => readings[reading].presentMB));
    return [
      `RSS of the whole speaker ${after / 1000} s later, 110 MB at the most`,
      `${worst.toFixed(0)} MB`,
      worst <= TARGET.megabytes,
    ];
  });
  const announcer = Math.max(...of(OWN, 'presentMB'));
  const met = (isMet) => (isMet ? 'met' : '**missed**');
  return table(
    [`target at ${thousands(TARGET.size)}`, 'figure', ''],
    [
      [
        'not slower than GoBGP',
        `${median(own).toFixed(0)} ms beside ${median(rival).toFixed(0)} ms`,
        met(median(own) <= median(rival)),
      ],
      ['UPDATEs, 20 at the most', updates, met(updates <= TARGET.updates)],
      ['under 1 s', `${Math.max(...own).toFixed(0)} ms`, met(Math.max(...own) < TARGET.ms)],
      [
        'RSS of who announces, 110 MB at the most',
        `${announcer.toFixed(0)} MB`,
        met(announcer <= TARGET.megabytes),
      ],
      ...memory.map(([what, figure, isMet]) => [what, figure, met(isMet)]),
    ],
  );
}

async function measureTables() {
  const folder = mkdtempSync(join(tmpdir(), 'metal-lb-bench-bgp-'));
  try {
    const program = join(folder, 'tables.mjs');
    await bundle('bench/bgp/tables.js', program);
    return TABLES.map(([routes, peers]) => {
      console.error(`${routes} routes to ${peers} peers`);
      const args = [...nodeFlags('speaker'), '--expose-gc', program, String(routes), String(peers)];
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
      if (status !== 0) throw new Error(stderr);
      return JSON.parse(stdout);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function tableOf({ routes, peers, octets, steps }) {
  const rows = steps.map(({ name, ms, allMs, rssMB, heapMB }) => [
    name,
    `${ms.toFixed(1)} ms`,
    `${allMs.toFixed(1)} ms`,
    `${rssMB.toFixed(0)} MB`,
    `${heapMB.toFixed(0)} MB`,
  ]);
  const title = `${thousands(routes)} routes, peers: ${peers}; ${kilo(octets)} sent at first`;
  return table([title, 'at a time', 'all of it', 'RSS', 'heap'], rows);
}

function residentTable({ services, modes }) {
  const rows = modes.map(({ mode, ms, readings }) => [
    `speaker, ${mode} mode, ${thousands(services)} Services`,
    `${(ms / 1000).toFixed(1)} s`,
    ...readings.map(({ presentMB }) => `${presentMB.toFixed(0)} MB`),
    `${Math.max(...readings.map(({ peakMB }) => peakMB)).toFixed(0)} MB`,
  ]);
  const times = modes[0].readings.map(({ after }) => `RSS ${after / 1000} s later`);
  return table(['program', 'from its start until FRR has all', ...times, 'peak RSS'], rows);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log((await benchBgp()).markdown);
}
