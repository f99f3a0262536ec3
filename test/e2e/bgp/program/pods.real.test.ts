import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type Cluster,
  type LanHost,
  NAMESPACE,
  Services,
  eventually,
  startCluster,
} from '../../../cluster/index.ts';
import { type BgpPeer, startPeer } from '../../../support/bgp-peers/index.ts';
import { FRR } from '../../installed.ts';

const PASSWORD = 'not-to-be-shown';
const CONFIG = `
peers:
- my-asn: 64512
  peer-asn: 64513
  peer-address: 192.0.2.60
  hold-time: 90s
  password: ${PASSWORD}
  bfd-profile: fast
bfd-profiles:
- {name: fast, receive-interval: 200, transmit-interval: 200, detect-multiplier: 5}
address-pools:
- name: default
  protocol: bgp
  addresses: [203.0.113.0/24]
`;
const BFD = { receive: 200, transmit: 200, multiplier: 5 };
const NET_RAW = 1n << 13n;

let cluster: Cluster;
let host: LanHost;
let router: BgpPeer;

beforeAll(async () => {
  cluster = await startCluster({ nodes: 2 });
  host = cluster.lan.add({ name: 'router', number: 60 });
  router = await startPeer('frr', host.namespace, {
    ...{ asn: 64_513, routerId: host.address },
    neighbors: cluster.nodes.map(({ address }) => {
      return { address, asn: 64_512, families: ['ipv4'], password: PASSWORD, bfd: BFD };
    }),
  });
  const logging = ['router bgp 64513', 'bgp log-neighbor-changes'];
  await router.command('configure terminal', ...logging);
  await cluster.kubectl.must('apply', ...FRR);
  await cluster.plane.admin.create(`/api/v1/namespaces/${NAMESPACE}/configmaps`, {
    metadata: { name: 'config', namespace: NAMESPACE },
    data: { config: CONFIG },
  });
  await cluster.podsReady(NAMESPACE, 'app=metallb', 3);
  await serve();
});

afterAll(async () => {
  await router.stop();
  await cluster.close();
});

/** A pod on each node, and a Service. */
async function serve(): Promise<void> {
  const { admin } = cluster.plane;
  const labels = { app: 'web' };
  const spec = { containers: [{ name: 'echo', image: 'metal-lb/echo' }] };
  await admin.create('/apis/apps/v1/namespaces/default/deployments', {
    metadata: { name: 'web' },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec },
    },
  });
  await cluster.podsReady('default', 'app=web', 1);
  const ports = [{ port: 80, targetPort: 8080 }];
  await new Services(admin).create('web', { spec: { selector: labels, ports } });
}

/** Resolves when the router has a path to the Service by each of these nodes, and BFD with all of them. */
async function reached(...addresses: readonly string[]): Promise<void> {
  await eventually(
    `the router has paths by ${addresses.join(' and ')}`,
    async () => {
      const paths = await router.routes('ipv4');
      const found = paths.map(({ from }) => from).sort();
      if (found.join() !== addresses.join()) throw new Error(`it has ${found.join()}`);
      for (const address of addresses) if ((await router.bfdUp(address)) !== true) return undefined;
      return true;
    },
    30_000,
  );
}

/** Empty of a process that ended meanwhile, as commands of the cluster's own do. */
function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** Of each thread of the speaker on a node: its capabilities, and whether it can gain others. */
function rights(node: LanHost['namespace']): readonly object[] {
  const pids = execFileSync('ip', ['netns', 'pids', node.name], { encoding: 'utf8' });
  return pids
    .split('\n')
    .filter((pid) => pid !== '' && commandOf(pid).includes('speaker'))
    .map((pid) => {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const mounts = readFileSync(`/proc/${pid}/mounts`, 'utf8').split('\n');
      const field = (name: string): string =>
        new RegExp(`^${name}:\\s+(\\S+)$`, 'm').exec(status)?.[1] ?? '';
      return {
        bounding: BigInt(`0x${field('CapBnd')}`),
        permitted: BigInt(`0x${field('CapPrm')}`),
        noNewPrivileges: field('NoNewPrivs'),
        root: mounts
          .findLast((line) => line.split(' ')[1] === '/')
          ?.split(' ')[3]
          ?.split(',')[0],
      };
    });
}

test('the pods of FRR mode hold sessions with a password and BFD, with NET_RAW alone', async () => {
  const addresses = cluster.nodes.map(({ address }) => address);
  await reached(...addresses);
  for (const { namespace } of cluster.nodes) {
    expect(rights(namespace)).toEqual([
      { bounding: NET_RAW, permitted: NET_RAW, noNewPrivileges: '1', root: 'ro' },
    ]);
  }
});

test('the Service answers through the router', async () => {
  expect(await host.curl('http://203.0.113.0/')).not.toBe('');
});

test('BFD ends a session long before its hold time, and the session comes back with the link', async () => {
  const [first, second] = cluster.nodes;
  const { port } = first!.host;
  execFileSync('ip', ['link', 'set', port, 'down']);
  const began = performance.now();
  await reached(second!.address);
  expect(performance.now() - began).toBeLessThan(5000);
  const [pod] = cluster.kubelet.pods({ component: 'speaker' }, NAMESPACE).filter(({ node }) => {
    return node.name === first!.name;
  });
  execFileSync('ip', ['link', 'set', port, 'up']);
  await reached(first!.address, second!.address);
  const name = pod?.pod.metadata?.name ?? '';
  const lines = await cluster.kubectl.must('logs', '-n', NAMESPACE, name);
  const ended = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const session = { peer: '192.0.2.60:179', localASN: 64_512, peerASN: 64_513 };
  expect(ended.find(({ event }) => event === 'sessionDown')).toMatchObject({
    ...{ level: 'warn', ...session, reason: 'BFD session is down', msg: 'BGP session down' },
  });
  expect(ended.filter(({ event }) => event === 'sessionUp')).toHaveLength(2);
  expect(lines.join('\n')).not.toContain(PASSWORD);
});

test('a pod that is deleted tells the router why, and the next one is there with its routes', async () => {
  const [first, second] = cluster.nodes;
  const on = `--field-selector=spec.nodeName=${first!.name}`;
  const pods = ['-n', NAMESPACE, 'pod', '-l', 'component=speaker', on];
  await cluster.kubectl.must('delete', ...pods, '--wait=false');
  await eventually('the router is told', () =>
    router
      .log()
      .split('\n')
      .some((line) => line.includes(`received from neighbor ${first!.address} 6/2`)),
  );
  await reached(first!.address, second!.address);
});
