import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { NEAR, install, pool } from './install.js';

const CREATIONS = 20;
const EDITS = 5;
/** kube-proxy writes its rules at most once a second; each run finds it at rest. */
const REST_MS = 2500;

/**
 * From `kubectl apply` of a Service, and from one of a ConfigMap that gives a waiting Service its pool, to the first
 * answer that a client outside gets by HTTP; a curl follows to confirm it. The clock starts before kubectl does.
 */
export async function reachable(harness, cluster) {
  const installation = await install(harness, cluster, `address-pools:\n${pool('near', NEAR)}`);
  const created = [];
  for (let run = 0; run < CREATIONS; run += 1) {
    const address = `192.0.2.${200 + run}`;
    const service = harness.loadBalancer('web', { spec: wish(address) });
    created.push(await timeOf(cluster, service, address));
    await cluster.plane.admin.delete('/api/v1/namespaces/default/services/web');
    await pause(REST_MS);
  }
  const edited = [];
  for (let run = 0; run < EDITS; run += 1) {
    await installation.configure(`address-pools:\n${pool('far', '198.51.100.0/24')}`);
    const address = `192.0.2.${230 + run}`;
    await cluster.plane.admin.create(
      '/api/v1/namespaces/default/services',
      harness.loadBalancer('waiting', { spec: wish(address) }),
    );
    await pause(REST_MS);
    const config = `address-pools:\n${pool('far', '198.51.100.0/24')}${pool('near', NEAR)}`;
    edited.push(await timeOf(cluster, configMap(config), address));
    await cluster.plane.admin.delete('/api/v1/namespaces/default/services/waiting');
    await pause(REST_MS);
  }
  return { created, edited };
}

function wish(address) {
  return {
    selector: { app: 'web' },
    ports: [{ port: 80, targetPort: 8080 }],
    loadBalancerIP: address,
  };
}

function configMap(config) {
  const metadata = { name: 'config', namespace: 'metallb-system' };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { config } };
}

/** @returns milliseconds to the end of kubectl, to the announcement by a speaker's log, and to the first answer */
async function timeOf(cluster, object, address) {
  const file = join(cluster.plane.dir, 'applied.json');
  await writeFile(file, JSON.stringify(object));
  const prober = startProber(cluster.client, address);
  await prober.started;
  const began = performance.timeOrigin + performance.now();
  await cluster.kubectl.must('apply', '-f', file);
  const kubectl = performance.timeOrigin + performance.now() - began;
  const answered = (await prober.success) - began;
  await cluster.client.curl(`http://${address}/`);
  return { kubectl, announced: announcedAt(cluster, address) - began, answered };
}

function announcedAt({ kubelet }, address) {
  const times = kubelet.pods({ component: 'speaker' }).flatMap((pod) =>
    readFileSync(pod.container().log, 'utf8')
      .split('\n')
      .filter((line) => line.includes('"serviceAnnounced"') && line.includes(`"${address}"`))
      .map((line) => Date.parse(JSON.parse(line).ts.slice(0, 23).concat('Z'))),
  );
  return Math.min(...times);
}

function startProber({ namespace }, address) {
  const args = [
    'netns',
    'exec',
    namespace.name,
    process.execPath,
    'bench/cluster/prober.js',
    address,
  ];
  const child = spawn('ip', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout);
  const said = [];
  let tell;
  lines.on('line', (line) => {
    said.push(line);
    tell?.();
  });
  const line = async (number) => {
    while (said.length <= number) {
      await new Promise((resolve, reject) => {
        tell = resolve;
        child.once('error', reject);
      });
    }
    return said[number];
  };
  const started = line(0);
  const success = started.then(async () => {
    const time = Number(await line(1));
    if (child.exitCode === null) await once(child, 'exit');
    return time;
  });
  return { started, success };
}
