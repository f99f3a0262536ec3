import { execFileSync } from 'node:child_process';
import { CONFIG, IN_USE, createServices, memory, msToReady, nodeFlags } from './figures.js';

const STARTS = 5;
/** Milliseconds after the last start before memory is read: Events are still being written. */
const SETTLING = 5000;

/** Starts of both programs, and what they hold in memory once everything is assigned and announced. */
export async function resident(cluster, plane, services) {
  const { Installation, startControllerPod, startSpeakerPod, GATEWAY } = cluster;
  const installation = await Installation.apply(plane);
  await installation.configure(CONFIG);
  const controller = () => startControllerPod(plane, { nodeFlags: nodeFlags('controller') });
  const cold = await startOften(controller, isSynced);
  const first = await controller();
  await createServices(cluster, plane.admin, services);
  await everyAddress(cluster, plane.admin, services);
  await first.stop();
  const full = await startOften(controller, (metrics, program) => {
    return isSynced(metrics, program) && metrics.get(IN_USE) === services;
  });

  // Without an interface that can broadcast there would be nothing to announce on.
  ip('link', 'add', 'lan0', 'type', 'veth', 'peer', 'name', 'lan1');
  ip('addr', 'add', `${GATEWAY}/24`, 'dev', 'lan0');
  for (const link of ['lan0', 'lan1']) ip('link', 'set', link, 'up');
  await cluster.createNode(plane.admin, 'node', GATEWAY);
  await createEndpoints(plane.admin, services);
  const node = { name: 'node', address: GATEWAY };
  const speaker = () => startSpeakerPod(plane, node, nodeFlags('speaker'));
  // Nothing is announced before every cache is synced.
  const synced = await startOften(speaker, (metrics) => announcedIn(metrics) > 0);
  const announced = await startOften(speaker, (metrics) => announcedIn(metrics) >= services);
  return { services, controller: { cold, full }, speaker: { synced, announced } };
}

/** @returns milliseconds to ready of every start, and the memory of the last one */
async function startOften(start, caughtUp) {
  const ms = [];
  let figures;
  for (let count = 0; count < STARTS; count += 1) {
    const started = await msToReady(start, caughtUp);
    ms.push(started.ms);
    if (count === STARTS - 1) {
      await new Promise((resolve) => setTimeout(resolve, SETTLING));
      figures = memory(started.program.pid);
    }
    await started.program.stop();
  }
  return { ms, ...figures };
}

function isSynced(metrics, program) {
  if (metrics.get('metallb_k8s_client_config_loaded_bool') !== 1) return false;
  return program.output().includes('"stateSynced"');
}

function announcedIn(metrics) {
  const samples = [...metrics.keys()];
  return samples.filter((name) => name.startsWith('metallb_speaker_announced{')).length;
}

function ip(...args) {
  execFileSync('ip', args);
}

/** Resolves when every Service has its address. */
export async function everyAddress({ eventually, addressesOf }, admin, services) {
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

/** One ready endpoint for every Service, as the controllers would write it. */
export async function createEndpoints(admin, services) {
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
