import { CONFIG, NODE_FLAGS, cpuSeconds, createServices, memory } from './figures.js';

/** First POST to the last address that a watch sees, with the controller running. */
export async function allocation(cluster, plane, services) {
  const { Installation, addressesOf, startControllerPod } = cluster;
  const installation = await Installation.apply(plane);
  await installation.configure(CONFIG);
  const controller = await startControllerPod(plane, { nodeFlags: NODE_FLAGS });
  await controller.ready();

  const assigned = new Set();
  let seenAll;
  const complete = new Promise((resolve) => (seenAll = resolve));
  const close = await plane.admin.watch('/api/v1/services', ({ object }) => {
    if (addressesOf(object).length === 0) return;
    assigned.add(object.metadata.name);
    if (assigned.size === services) seenAll(performance.now());
  });
  const cpuBefore = cpuSeconds(controller.pid);
  const start = performance.now();
  await createServices(cluster, plane.admin, services);
  const posted = performance.now();
  const end = await complete;
  close();

  const figures = {
    services,
    seconds: (end - start) / 1000,
    postSeconds: (posted - start) / 1000,
    cpuSeconds: cpuSeconds(controller.pid) - cpuBefore,
    peakMB: memory(controller.pid).peakMB,
    duplicates: await countDuplicates(cluster, plane.admin),
  };
  await controller.stop();
  return figures;
}

async function countDuplicates({ addressesOf }, admin) {
  const all = (await admin.list('/api/v1/services')).flatMap(addressesOf);
  return all.length - new Set(all).size;
}
