import type { PlanReport } from '../../src/migrate/planning/index.ts';
import type { ClusterObjects } from './cluster-objects.ts';
import { type Files, type Run, connectionTo, runMigrate } from './terminal.ts';

/** Runs `plan` against a cluster. */
export function plan(
  cluster: ClusterObjects,
  argv: readonly string[] = [],
  files: Files = {},
): Promise<Run> {
  return runMigrate(['plan', ...argv], files, connectionTo(cluster));
}

/** What `plan -o json` prints. */
export async function report(
  cluster: ClusterObjects,
  argv: readonly string[] = [],
  files: Files = {},
): Promise<PlanReport> {
  const { json } = await plan(cluster, ['-o', 'json', ...argv], files);
  return json()[0] as PlanReport;
}
