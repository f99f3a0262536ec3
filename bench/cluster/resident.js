import { setTimeout as pause } from 'node:timers/promises';
import { memory } from '../kubernetes/figures.js';
import { install, pidOf, pool } from './install.js';

const STEPS = [1, 100, 1000];
const PARALLEL = 4;
/** After the last announcement, before memory is read; Events are still being written. */
const SETTLING_MS = 15_000;

/** What controller and speakers hold in memory as the number of Services grows, each with one endpoint. */
export async function resident(harness, cluster) {
  await install(harness, cluster, `address-pools:\n${pool('wide', '10.64.0.0/16')}`);
  const steps = [];
  let made = 0;
  for (const services of STEPS) {
    await createUpTo(harness, cluster, made, services);
    made = services;
    await announced(harness, cluster, services);
    await pause(SETTLING_MS);
    const speakers = cluster.nodes.map(({ name }) => memory(pidOf(cluster, 'speaker', name)));
    steps.push({ services, controller: memory(pidOf(cluster, 'controller')), speakers });
  }
  return steps;
}

async function createUpTo({ loadBalancer }, { plane }, from, to) {
  const spec = { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] };
  let next = from;
  const worker = async () => {
    while (next < to) {
      const service = loadBalancer(`s${next}`, { spec });
      next += 1;
      await plane.admin.create('/api/v1/namespaces/default/services', service);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
}

async function announced({ eventually, scrape }, cluster, services) {
  await eventually(
    `${services} Services are announced`,
    async () => {
      let count = 0;
      for (const { address } of cluster.nodes) {
        const metrics = await scrape(`http://${address}:7472/metrics`);
        count += [...metrics.keys()].filter((key) =>
          key.startsWith('metallb_speaker_announced{'),
        ).length;
      }
      return count === services || undefined;
    },
    600_000,
  );
}
