import { execFileSync } from 'node:child_process';
import { CONFIG, NODE_FLAGS, createServices, memory, msToReady } from './figures.js';

const STARTS = 5;

/** Starts of both programs, and what they hold in memory once everything is announced. */
export async function resident(cluster, plane, services) {
  const installation = await cluster.Installation.apply(plane);
  await installation.configure(CONFIG);
  const controller = () => cluster.startControllerPod(plane, { nodeFlags: NODE_FLAGS });
  const cold = await startOften(controller);
  const first = await controller();
  await createServices(cluster, plane.admin, services);
  await everyAddress(cluster, plane.admin, services);
  await first.stop();
  const full = await startOften(controller);

  // Without an interface that can broadcast there would be nothing to announce on.
  execFileSync('ip', ['link', 'add', 'lan0', 'type', 'veth', 'peer', 'name', 'lan1']);
  for (const link of ['lan0', 'lan1']) execFileSync('ip', ['link', 'set', link, 'up']);
  await cluster.createNode(plane.admin, 'node', cluster.GATEWAY);
  await createEndpoints(plane.admin, services);
  const speaker = await startOften(
    () => installation.startSpeaker({ node: 'node', nodeFlags: NODE_FLAGS }),
    (program) => everyAnnouncement(cluster, program, services),
  );
  return {
    services,
    controller: { coldMs: cold.ms, coldMB: cold.mb, fullMs: full.ms, fullMB: full.mb },
    speaker: { fullMs: speaker.ms, fullMB: speaker.mb },
  };
}

/** @returns milliseconds to ready of every start, and the memory of the last once `settled` */
async function startOften(start, settled = async () => undefined) {
  const ms = [];
  let mb = 0;
  for (let count = 0; count < STARTS; count += 1) {
    const started = await msToReady(start);
    ms.push(started.ms);
    if (count === STARTS - 1) {
      await settled(started.program);
      mb = memory(started.program.pid).presentMB;
    }
    await started.program.stop();
  }
  return { ms, mb };
}

async function everyAddress({ eventually, addressesOf }, admin, services) {
  await eventually(
    'every Service has an address',
    async () => {
      const found = await admin.list('/api/v1/namespaces/default/services');
      return (
        found.filter((service) => addressesOf(service).length > 0).length >= services || undefined
      );
    },
    120_000,
  );
}

async function everyAnnouncement({ eventually }, speaker, services) {
  await eventually(
    'every Service is announced',
    async () => {
      const samples = [...(await speaker.metrics()).keys()];
      const announced = samples.filter((name) => name.startsWith('metallb_speaker_announced{'));
      return announced.length >= services || undefined;
    },
    120_000,
  );
}

/** One ready endpoint for every Service, as the controllers would write it. */
async function createEndpoints(admin, services) {
  for (let index = 0; index < services; index += 1) {
    const name = `s${index}`;
    await admin.create('/apis/discovery.k8s.io/v1beta1/namespaces/default/endpointslices', {
      apiVersion: 'discovery.k8s.io/v1beta1',
      kind: 'EndpointSlice',
      metadata: { name, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      endpoints: [
        {
          addresses: ['10.244.0.2'],
          conditions: { ready: true },
          topology: { 'kubernetes.io/hostname': 'node' },
        },
      ],
      ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
    });
  }
}
