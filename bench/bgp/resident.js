// What the speaker holds in memory once it has told FRR the addresses of so many Services, as a line of JSON:
// resident.js SERVICES. In a private network (test/cluster/private-network.sh), as root.
import { execFileSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { createServices, memory, nodeFlags } from '../kubernetes/figures.js';
import { createEndpoints, everyAddress } from '../kubernetes/resident.js';
import { load } from '../load.js';
import { AS, LINK } from './addresses.js';
import { Frr } from './frr.js';

/** Milliseconds after FRR has all until memory is read: at first Events are still being written. */
const READINGS = [10_000, 30_000];
/** Milliseconds. */
const PATIENCE = 60_000;
const CONFIGURATION = `peers:
- {peer-address: ${LINK.frr}, peer-asn: ${AS.frr}, my-asn: ${AS.announcer}}
address-pools:
- {name: default, protocol: bgp, addresses: [198.18.0.0/15]}
`;

const services = Number(process.argv[2]);
const cluster = await load('test/cluster/index.ts');
const frr = await Frr.start({
  ...(await load('test/support/netns.ts')),
  ...(await load('test/support/bgp-peers/daemon-set.ts')),
});
// Where the speaker listens, and the API server.
execFileSync('ip', ['addr', 'add', `${cluster.GATEWAY}/32`, 'dev', 'lo']);
const plane = await cluster.startControlPlane({
  address: cluster.GATEWAY,
  nodePorts: '20000-40000',
});
try {
  await populate();
  const modes = [await measure('native'), await measure('frr')];
  console.log(JSON.stringify({ services, modes }));
} finally {
  await plane.close();
  await frr.stop();
}

async function populate() {
  const installation = await cluster.Installation.apply(plane);
  await installation.configure(CONFIGURATION);
  console.error(`creating ${services} Services`);
  const controller = await cluster.startControllerPod(plane);
  await createServices(cluster, plane.admin, services);
  await everyAddress(cluster, plane.admin, services);
  await controller.stop();
  await createEndpoints(plane.admin, services);
  await cluster.createNode(plane.admin, 'node', cluster.GATEWAY);
}

async function measure(mode) {
  // As in the environment of the container.
  process.env.METALLB_BGP_TYPE = mode;
  const node = { name: 'node', address: cluster.GATEWAY };
  const speaker = await cluster.startSpeakerPod(plane, node, nodeFlags('speaker'));
  const began = performance.now();
  for (let told = 0; told < services;) {
    ({ prefixes: told } = await frr.neighbor());
    if (performance.now() - began > PATIENCE) throw new Error(`${told}\n${speaker.output()}`);
    await pause(20);
  }
  const ms = performance.now() - began;
  const readings = [];
  for (const [index, after] of READINGS.entries()) {
    await pause(after - (READINGS[index - 1] ?? 0));
    readings.push({ after, ...memory(speaker.pid) });
  }
  const figures = { mode, ms, readings };
  console.error(
    `speaker in ${mode} mode: ${readings.map(({ presentMB }) => presentMB.toFixed(0)).join(', ')} MB`,
  );
  await speaker.stop();
  while ((await frr.neighbor()).up) await pause(20);
  return figures;
}
