import { readFileSync } from 'node:fs';
import { type Cluster, Installation, type Release, eventually } from '../../cluster/index.ts';
import type { StageName } from '../agreed.ts';
import * as disturb from './disturbances.ts';
import {
  type Undo,
  apply,
  configMap,
  daemonSet,
  hasAddress,
  loadBalancer,
  web,
} from './objects.ts';

const SYSTEM = 'metallb-system';
/** Ends a wait that is in vain, so that the scenes after it get their turn. */
const PATIENCE = '--timeout=90s';
const MANIFESTS = ['namespace', 'metallb'].flatMap((name) => [
  '-f',
  `manifests/v0.12/${name}.yaml`,
]);
const NOTHING: Undo = async () => undefined;

/** How to bring a cluster into each state that pages ask for, from whatever the stage before left. */
export const SET_UP: Readonly<Record<StageName, (cluster: Cluster) => Promise<Undo>>> = {
  empty: async () => NOTHING,
  exhausted: after(installWithWeb, disturb.exhaust),
  installed: install,
  'installed-with-web': installWithWeb,
  'kube-proxy-in-ipvs-mode': after(installWithWeb, disturb.giveAddressToEveryNode),
  'metallb-v0.10.3': async (cluster) => await installOld(cluster, 'v0.10.3', '--compat=v0.10'),
  'metallb-v0.12.1': async (cluster) => await installOld(cluster, 'v0.12.1'),
  'no-endpoints': after(installWithWeb, disturb.misspellSelector),
  'no-memberlist-secret': after(installWithWeb, disturb.loseMemberlistSecret),
  'port-taken': after(installWithWeb, disturb.takePort),
  'rights-missing': after(installWithWeb, disturb.takeRights),
  rival: after(installWithWeb, disturb.addRival),
  servicelb: after(installWithWeb, disturb.addServiceLb),
  'sharing-ended': after(installWithWeb, disturb.endSharing),
  typo: after(installWithWeb, disturb.mistype),
  upgraded: async (cluster) => {
    await installOld(cluster, 'v0.12.1');
    await swapImages(cluster);
    return NOTHING;
  },
};

function after(
  first: (cluster: Cluster) => Promise<Undo>,
  then: (cluster: Cluster) => Promise<Undo>,
): (cluster: Cluster) => Promise<Undo> {
  return async (cluster) => {
    await first(cluster);
    return await then(cluster);
  };
}

/** As install.md has it at its end. */
async function install(cluster: Cluster): Promise<Undo> {
  await cluster.kubectl.must('apply', ...MANIFESTS);
  await apply(cluster, configMap('192.0.2.200-192.0.2.239'));
  await acquainted(cluster);
  return NOTHING;
}

async function installWithWeb(cluster: Cluster): Promise<Undo> {
  await install(cluster);
  await serveWeb(cluster);
  return NOTHING;
}

/** What an old release left: its objects, its rights, and a Service with a pod on every node; ours plays its programs. */
async function installOld(cluster: Cluster, release: Release, flag?: string): Promise<Undo> {
  const { kubectl } = cluster;
  await wipe(cluster);
  const installation = await Installation.apply(cluster.plane, release, { images: 'ours' });
  if (flag !== undefined) {
    const add = { op: 'add', path: '/spec/template/spec/containers/0/args/-', value: flag };
    for (const workload of ['deployment/controller', 'daemonset/speaker']) {
      const patch = ['--type', 'json', '-p', JSON.stringify([add])];
      await kubectl.must('-n', SYSTEM, 'patch', workload, ...patch);
    }
  }
  const { data } = JSON.parse(configMap('192.0.2.200-192.0.2.239')) as { data: { config: string } };
  await installation.configure(data.config);
  await acquainted(cluster);
  await apply(cluster, daemonSet('web', 'default'), loadBalancer('web', 'web'));
  await kubectl.must('rollout', 'status', 'daemonset/web');
  await serves(cluster);
  return NOTHING;
}

async function swapImages(cluster: Cluster): Promise<void> {
  const { kubectl } = cluster;
  for (const [workload, name] of [
    ['deployment/controller', 'controller'],
    ['daemonset/speaker', 'speaker'],
  ]) {
    const image = `${name ?? ''}=metal-lb/${name ?? ''}:v0.1.0`;
    await kubectl.must('-n', SYSTEM, 'set', 'image', workload ?? '', image);
    await kubectl.must('-n', SYSTEM, 'rollout', 'status', workload ?? '', PATIENCE);
  }
  await acquainted(cluster);
}

async function wipe({ kubectl }: Cluster): Promise<void> {
  await kubectl.must('delete', 'daemonset,service', 'web', '--ignore-not-found');
  await kubectl.must('delete', 'namespace', SYSTEM, '--ignore-not-found');
  const shared = 'clusterrole,clusterrolebinding,podsecuritypolicy';
  await kubectl.must('delete', shared, '-l', 'app=metallb');
}

/** Waits until all pods are ready and every speaker knows every other: only then does one alone answer. */
async function acquainted({ kubectl, kubelet, nodes }: Cluster): Promise<void> {
  for (const workload of ['deployment/controller', 'daemonset/speaker']) {
    await kubectl.must('-n', SYSTEM, 'rollout', 'status', workload, PATIENCE);
  }
  await eventually(
    'the speakers know each other',
    async () => {
      const speakers = kubelet.pods({ component: 'speaker' }, SYSTEM);
      const known = speakers.map((pod) => nodesKnown(pod.container()?.log ?? ''));
      const all = known.length === nodes.length && known.every((each) => each === nodes.length);
      if (!all) throw new Error(`they know of ${known.join(', ')}`);
      return true;
    },
    60_000,
  );
}

function nodesKnown(log: string): number {
  const line = readFileSync(log, 'utf8')
    .split('\n')
    .findLast((each) => each.includes('speaker nodes changed'));
  if (line === undefined) return 0;
  return (JSON.parse(line) as { nodes: readonly string[] }).nodes.length;
}

async function serveWeb(cluster: Cluster): Promise<void> {
  await apply(cluster, ...web);
  await cluster.kubectl.must('rollout', 'status', 'deployment/web');
  await serves(cluster);
}

async function serves(cluster: Cluster): Promise<void> {
  await hasAddress(cluster, 'web', '192.0.2.200');
  await eventually(
    'the Service web serves',
    async () => await cluster.client.curl('http://192.0.2.200/'),
    30_000,
  );
}
