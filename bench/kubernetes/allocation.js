import { CONFIG, cpuSeconds, createServices, memory, nodeFlags } from './figures.js';

/** Reading events as text leaves the cores to those who are measured. */
const NAME = /"metadata":\{"name":"([^"]+)"/;

/** First POST to the last address that a watch sees, with the controller running. */
export async function allocation(cluster, plane, services) {
  const { Installation, startControllerPod } = cluster;
  const installation = await Installation.apply(plane);
  await installation.configure(CONFIG);
  const controller = await startControllerPod(plane, { nodeFlags: nodeFlags('controller') });
  await controller.ready();

  const assigned = new Set();
  let seenAll;
  const complete = new Promise((resolve) => (seenAll = resolve));
  const close = await plane.admin.watch('/api/v1/services', (event) => {
    if (!event.includes('"ingress":[{"ip":')) return;
    assigned.add(NAME.exec(event)?.[1]);
    if (assigned.size === services) seenAll(performance.now());
  });
  const cpuBefore = cpuSeconds(controller.pid);
  const start = performance.now();
  await createServices(cluster, plane.admin, services);
  const posted = performance.now();
  const end = await complete;
  close();
  const cpu = cpuSeconds(controller.pid) - cpuBefore;
  // Events follow the addresses, and count for the peak.
  await new Promise((resolve) => setTimeout(resolve, 5000));

  const figures = {
    services,
    seconds: (end - start) / 1000,
    postSeconds: (posted - start) / 1000,
    cpuSeconds: cpu,
    peakMB: memory(controller.pid).peakMB,
    duplicates: await countDuplicates(cluster, plane.admin),
  };
  await controller.stop();
  return figures;
}

/** The same POSTs with nobody to assign anything: what the API server and the generator take on their own. */
export async function posting(cluster, plane, services) {
  const start = performance.now();
  await createServices(cluster, plane.admin, services);
  return { services, seconds: (performance.now() - start) / 1000 };
}

async function countDuplicates({ addressesOf }, admin) {
  const all = (await admin.list('/api/v1/services')).flatMap(addressesOf);
  return all.length - new Set(all).size;
}
