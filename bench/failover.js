import { execFileSync } from 'node:child_process';
import { measureApart } from './apart.js';
import { PLANS } from './failover/plans.js';
import { report } from './failover/report.js';

/**
 * How long an address has no owner, or two, when speakers and nodes fail, leave and come back. Needs root, as
 * `npm run e2e` does.
 *
 * @param {{ runs?: number, groups?: string[] }} options - how often each is done, and which; `FAILOVER_RUNS` and
 *   `FAILOVER_GROUPS` (separated by commas) say it otherwise
 */
export async function benchFailover({ runs, groups } = fromEnvironment(process.env)) {
  if (process.getuid() !== 0) throw new Error('the failover measurements need root');
  execFileSync('test/cluster/build-kubernetes.sh', { stdio: ['ignore', 'ignore', 'inherit'] });
  const measure = (group) => measureApart('bench/failover/measure.js', [group, String(runs)]);
  const together = groups.filter((group) => PLANS[group].together);
  const results = (await Promise.all(together.map(measure))).flat();
  for (const group of groups.filter((name) => !together.includes(name))) {
    results.push(...(await measure(group)));
  }
  return { title: 'Failover', results, markdown: report(results) };
}

function fromEnvironment({ FAILOVER_RUNS = '10', FAILOVER_GROUPS }) {
  const groups = FAILOVER_GROUPS?.split(',') ?? Object.keys(PLANS);
  const unknown = groups.filter((group) => !(group in PLANS));
  if (unknown.length > 0) throw new Error(`unknown group ${unknown.join(', ')}`);
  return { runs: Number(FAILOVER_RUNS), groups };
}
