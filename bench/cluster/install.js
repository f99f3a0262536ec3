const NAMESPACE = 'metallb-system';
const LABEL = 'app=metallb';
/** The prefix of the LAN that pods, nodes and clients leave alone. */
export const NEAR = '192.0.2.200-192.0.2.239';

/** The manifest of v0.12.1 with our images, a configuration, and one pod to serve; resolves when all are ready. */
export async function install({ Installation }, cluster, config) {
  const installation = await Installation.apply(cluster.plane, 'v0.12.1', { images: 'ours' });
  await installation.configure(config);
  await cluster.podsReady(NAMESPACE, LABEL, cluster.nodes.length + 1);
  await cluster.plane.admin.create('/api/v1/namespaces/default/pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', labels: { app: 'web' } },
    spec: { containers: [{ name: 'web', image: 'metal-lb/echo' }] },
  });
  await cluster.podsReady('default', 'app=web', 1);
  return installation;
}

export function pool(name, addresses) {
  return `- name: ${name}\n  protocol: layer2\n  addresses: [${addresses}]\n`;
}

/** The process of a program: `controller`, or the speaker of a node. */
export function pidOf(cluster, component, node) {
  const pods = cluster.kubelet.pods({ component }, NAMESPACE);
  const pod = pods.find((found) => node === undefined || found.node.name === node);
  return pod.container().program.pid;
}
