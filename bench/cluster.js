import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureApart } from './apart.js';
import { median, table } from './load.js';

/** v0.12.1 on such a cluster (platform.md §3.5-3.7): milliseconds, and mebibytes by number of Services. */
const REFERENCE = {
  created: { announced: 241, median: 345, max: 426 },
  edited: { announced: 238, median: 309, max: 313 },
  resident: {
    1: { controller: 26, speaker: 32.2 },
    100: { controller: 29.1, speaker: 34.3 },
    1000: { controller: 40.9, speaker: 48.2 },
  },
};
/** Megabytes at 1,000 Services: installs commonly limit both to 100Mi. */
const LIMITS = { controller: 80, speaker: 95 };
const MIB_PER_MB = 1e6 / 2 ** 20;

/**
 * A whole cluster with three nodes and their kube-proxies: how soon a client outside reaches a Service, and what the
 * programs of the images hold in memory. Needs root, as `npm run e2e` does.
 */
export async function benchCluster() {
  const images = await mkdtemp(join(tmpdir(), 'metal-lb-images-'));
  try {
    execFileSync('images/assemble.sh', [images], { stdio: ['ignore', 'ignore', 'inherit'] });
    const env = { IMAGES: images };
    const reachable = await measureApart('bench/cluster/measure.js', ['reachable'], env);
    const resident = await measureApart('bench/cluster/measure.js', ['resident'], env);
    return { title: 'Whole cluster', reachable, resident, markdown: report(reachable, resident) };
  } finally {
    await rm(images, { recursive: true, force: true });
  }
}

function report({ created, edited }, resident) {
  return [
    'Three nodes with kube-proxy, API server, etcd without fsync (as where v0.12.1 was measured) and the client share the cores. From the start of `kubectl apply` to the first answer by HTTP outside, asked for over a new connection every 30 ms as v0.12.1 was; a curl then confirms it.',
    table(
      ['what', 'runs', 'kubectl, median', 'announced, median', 'answer, median', 'answer, max'],
      [
        ['Service applied', ...times(created, REFERENCE.created)],
        ['ConfigMap edited, Service waiting', ...times(edited, REFERENCE.edited)],
      ],
    ),
    'Announced: the speaker says so; beside it the first ARP answer of v0.12.1, or for the edit the address in the status. What is left to the answer is kube-proxy, which writes its rules twice at once and then at most once a second: where the address reaches it after the second time, the answer takes a second longer. Here three kube-proxies wake with the controller and share two cores with it, and every second run misses by some milliseconds.',
    'Resident memory of the programs of the images, 15 s after the last announcement; v0.12.1 beside it in MiB.',
    table(
      ['Services', 'controller', 'v0.12.1', 'largest speaker', 'v0.12.1'],
      resident.map(memoryRow),
    ),
  ].join('\n\n');
}

function times(runs, reference) {
  const answered = runs.map((run) => run.answered);
  const kubectl = median(runs.map((run) => run.kubectl));
  return [
    runs.length,
    `${kubectl.toFixed(0)} ms`,
    against(median(runs.map((run) => run.announced)), reference.announced),
    against(median(answered), reference.median),
    against(Math.max(...answered), reference.max),
  ];
}

function against(figure, reference) {
  const verdict = figure <= reference ? 'ahead' : '**behind**';
  return `${figure.toFixed(0)} ms, v0.12.1 ${reference}: ${verdict}`;
}

function memoryRow({ services, controller, speakers }) {
  const speaker = Math.max(...speakers.map(({ presentMB }) => presentMB));
  const reference = REFERENCE.resident[services];
  const row = (program, figure) => [
    `${(figure * MIB_PER_MB).toFixed(0)} MiB, ${figure.toFixed(0)} MB${limit(program, services, figure)}`,
    reference[program].toFixed(0),
  ];
  return [services, ...row('controller', controller.presentMB), ...row('speaker', speaker)];
}

function limit(program, services, figure) {
  if (services !== 1000) return '';
  return `, limit ${LIMITS[program]}: ${figure <= LIMITS[program] ? 'met' : '**missed**'}`;
}
