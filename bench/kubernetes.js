import { execFileSync } from 'node:child_process';
import { measureApart } from './apart.js';
import { median, table } from './load.js';

/** What product.md §6 and the note ask for, by number of Services: seconds and megabytes. */
const TARGETS = { 1000: { seconds: 5.3, peakMB: 80 }, 5000: { seconds: 31, peakMB: 130 } };
const READY_MS = 500;
const CONTROLLER_MB = 80;
const SPEAKER_MB = 95;

/**
 * A real API server without kube-proxies: how soon every Service has its address, and what that costs the controller;
 * how soon a program is ready, and what it holds in memory. Needs root, as `npm run e2e` does.
 *
 * @param {{ services?: number[], runs?: number }} options - how many Services, and how often the smallest number is
 *   measured; larger ones are measured once
 */
export async function benchKubernetes({ services = [1000, 5000], runs = 3 } = {}) {
  if (process.getuid() !== 0) throw new Error('the Kubernetes measurements need root');
  execFileSync('test/cluster/build-kubernetes.sh', { stdio: ['ignore', 'ignore', 'inherit'] });
  const rows = [];
  const alone = [];
  for (const [index, count] of services.entries()) {
    for (let run = 0; run < (index === 0 ? runs : 1); run += 1) {
      rows.push(await measure('allocation', count));
    }
    alone.push(await measure('posting', count));
  }
  const resident = await measure('resident', services[0]);
  return {
    title: 'Kubernetes',
    rows,
    alone,
    resident,
    markdown: report({ rows, alone, resident }),
  };
}

async function measure(kind, services) {
  return await measureApart('bench/kubernetes/measure.js', [kind, String(services)]);
}

function report({ rows, alone, resident }) {
  const allocation = alone.map(({ services: count, seconds: posting }) => {
    const runs = rows.filter((row) => row.services === count);
    const { seconds, peakMB } = TARGETS[count] ?? {};
    const of = (key) => runs.map((run) => run[key]);
    return [
      count,
      `${each(of('seconds'), 2)} s${against(median(of('seconds')), seconds)}`,
      `${each(of('postSeconds'), 2)} s`,
      `${posting.toFixed(2)} s`,
      `${each(of('cpuSeconds'), 2)} s`,
      `${each(of('peakMB'), 0)} MB${against(Math.max(...of('peakMB')), peakMB)}`,
      Math.max(...of('duplicates')),
    ];
  });
  const { controller, speaker } = resident;
  const { services } = resident;
  const programs = [
    ['controller, no Services', controller.cold, READY_MS, undefined],
    [`controller, ${services} Services`, controller.full, READY_MS, CONTROLLER_MB],
    [`speaker, ${services} Services, first announced`, speaker.synced, READY_MS, SPEAKER_MB],
    [`speaker, ${services} Services, all announced`, speaker.announced, undefined, SPEAKER_MB],
  ].map(([name, { ms, presentMB, peakMB }, ready, target]) => [
    name,
    `${median(ms).toFixed(0)} ms (${each(ms, 0)})${against(median(ms), ready)}`,
    `${presentMB.toFixed(0)} MB${against(presentMB, target)}`,
    `${peakMB.toFixed(0)} MB`,
  ]);
  return [
    'etcd with fsync, kube-apiserver, load generator and controller share the cores.',
    table(
      [
        'Services',
        'first POST to last address',
        'POSTs took',
        'POSTs without a controller',
        'controller CPU',
        'peak RSS',
        'given twice',
      ],
      allocation,
    ),
    'Ready, from the start of the process: `/metrics` answers, caches are synced and every Service is known. A speaker announces nothing before that, so its first announcement is the sign. RSS five seconds later.',
    table(['program', 'ready', 'RSS', 'peak RSS'], programs),
  ].join('\n\n');
}

const each = (numbers, digits) => numbers.map((number) => number.toFixed(digits)).join(' / ');

function against(figure, target) {
  if (target === undefined) return '';
  return figure <= target ? `, target ${target}: met` : `, target ${target}: **missed**`;
}
