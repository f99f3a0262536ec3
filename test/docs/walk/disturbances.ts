import type { Cluster } from '../../cluster/index.ts';
import {
  type Undo,
  apply,
  configMap,
  daemonSet,
  hasAddress,
  kubeProxyConfig,
  loadBalancer,
  web,
} from './objects.ts';

const ADDRESS = '192.0.2.200';
const INSTALLED = ['-n', 'metallb-system'];

/** The pool has one address, and two Services want one. */
export async function exhaust(cluster: Cluster): Promise<Undo> {
  await apply(cluster, configMap(`${ADDRESS}/32`), loadBalancer('late', 'web'));
  return async () => {
    await cluster.kubectl.must('delete', 'service', 'late');
  };
}

/** The Service selects pods that do not exist. */
export async function misspellSelector(cluster: Cluster): Promise<Undo> {
  const patch = JSON.stringify({ spec: { selector: { app: 'wbe' } } });
  await cluster.kubectl.must('patch', 'service', 'web', '-p', patch);
  return async () => await apply(cluster, ...web);
}

/** Another node has the address on an interface. */
export async function addRival({ nodes }: Cluster): Promise<Undo> {
  const rival = nodes[1]?.namespace;
  rival?.ip('address', 'add', `${ADDRESS}/32`, 'dev', 'eth0');
  return async () => {
    if (rival?.ip('address', 'show', 'to', ADDRESS) !== '') {
      rival?.ip('address', 'del', `${ADDRESS}/32`, 'dev', 'eth0');
    }
  };
}

export async function mistype(cluster: Cluster): Promise<Undo> {
  await apply(cluster, configMap('192.0.2.200-192.0.2.230', 'adresses'));
  return async () => undefined;
}

/** Two Services shared the address, until one changed its key. */
export async function endSharing(cluster: Cluster): Promise<Undo> {
  const key = 'metallb.universe.tf/allow-shared-ip';
  const { kubectl } = cluster;
  await kubectl.must('annotate', 'service', 'web', `${key}=one`);
  await apply(cluster, loadBalancer('other', 'web', { key: 'one', port: 81, address: ADDRESS }));
  await hasAddress(cluster, 'other', ADDRESS);
  const unpinned = JSON.stringify({ spec: { loadBalancerIP: null } });
  await kubectl.must('patch', 'service', 'other', '-p', unpinned);
  await kubectl.must('annotate', '--overwrite', 'service', 'other', `${key}=two`);
  return async () => {
    await kubectl.must('delete', 'service', 'other');
    await kubectl.must('annotate', 'service', 'web', `${key}-`);
  };
}

export async function loseMemberlistSecret({ kubectl }: Cluster): Promise<Undo> {
  await kubectl.must(...INSTALLED, 'delete', 'secret', 'memberlist');
  await restartSpeakers({ kubectl });
  return async () => {
    await kubectl.must(...INSTALLED, 'rollout', 'restart', 'deployment/controller');
  };
}

/** Another program of the first node has the port of the metrics page when the speaker starts. */
export async function takePort({ kubectl, nodes }: Cluster): Promise<Undo> {
  const [node] = nodes;
  const port = 'port=7472,host="192.0.2.11"';
  const script = `let ${port}; const take = () => require("net").createServer().on("error", () => setTimeout(take, 5)).listen(port, host); take()`;
  const child = node?.namespace.spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
  await restartSpeakers({ kubectl });
  return async () => {
    child?.kill('SIGKILL');
    await kubectl.must(...INSTALLED, 'delete', 'daemonset', 'speaker');
  };
}

export async function takeRights({ kubectl }: Cluster): Promise<Undo> {
  await kubectl.must('delete', 'clusterrolebinding', 'metallb-system:speaker');
  await restartSpeakers({ kubectl });
  return async () => undefined;
}

/** What k3s leaves for each Service. */
export async function addServiceLb(cluster: Cluster): Promise<Undo> {
  await apply(cluster, daemonSet('svclb-web', 'kube-system'));
  return async () => {
    await cluster.kubectl.must('-n', 'kube-system', 'delete', 'daemonset', 'svclb-web');
  };
}

/** Every node has the address, as kube-proxy gives it to them in IPVS mode; kubeadm's ConfigMap says so. */
export async function giveAddressToEveryNode(cluster: Cluster): Promise<Undo> {
  await apply(cluster, kubeProxyConfig);
  const namespaces = cluster.nodes.map(({ namespace }) => namespace);
  for (const namespace of namespaces) {
    namespace.ip('address', 'add', `${ADDRESS}/32`, 'dev', 'lo');
  }
  return async () => {
    for (const namespace of namespaces) {
      namespace.ip('address', 'del', `${ADDRESS}/32`, 'dev', 'lo');
      for (const setting of ['arp_ignore=0', 'arp_announce=0']) {
        namespace.exec('sysctl', '-qw', `net.ipv4.conf.all.${setting}`);
      }
    }
  };
}

async function restartSpeakers({ kubectl }: Pick<Cluster, 'kubectl'>): Promise<void> {
  await kubectl.must(...INSTALLED, 'delete', 'pods', '-l', 'component=speaker', '--wait=true');
}
