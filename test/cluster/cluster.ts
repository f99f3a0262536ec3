import { execFileSync } from 'node:child_process';
import type { Pod } from 'kubernetes-types/core/v1.d.ts';
import { type ControlPlane, type ControlPlaneOptions, startControlPlane } from './control-plane.ts';
import { eventually } from './eventually.ts';
import { Kubectl } from './kubectl.ts';
import { Kubelet } from './kubelet/kubelet.ts';
import { LogServer } from './kubelet/logs.ts';
import { GATEWAY, Lan, type LanHost } from './network/lan.ts';
import { startKubeProxy } from './nodes/kube-proxy.ts';
import { ClusterNode, registerNode, routePods } from './nodes/node.ts';

export interface ClusterOptions extends Omit<ControlPlaneOptions, 'address' | 'controllers'> {
  /** One to nine; three unless given. */
  readonly nodes?: number;
  /** Milliseconds before a container that ended is started again; the kubelet's own unless given. */
  readonly backOff?: (restarts: number) => number;
}

const FIRST_NODE = 10;
const CLIENT = 50;

/**
 * Starts a whole cluster in this network namespace: etcd, kube-apiserver, kube-controller-manager; nodes n1, n2, ... as
 * hosts of one Ethernet segment, 192.0.2.11 and on, each with a kube-proxy; a stand-in for the kubelets that runs pods
 * as processes; and a client, 192.0.2.50, that is no part of the cluster. Addresses from 192.0.2.100 on are free.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const { nodes = 3, backOff, ...plane } = options;
  const opened: { close: () => unknown }[] = [];
  try {
    const lan = keep(opened, new Lan());
    const control = keep(
      opened,
      await startControlPlane({ ...plane, address: GATEWAY, controllers: true }),
    );
    const names = Array.from({ length: nodes }, (_, index) => index + 1);
    const hosts = names.map((number) =>
      lan.add({ name: `n${number}`, number: FIRST_NODE + number }),
    );
    const client = lan.add({ name: 'client', number: CLIENT });
    const cluster = await Cluster.assemble({ lan, plane: control, hosts, client, backOff });
    return cluster;
  } catch (error) {
    for (const part of opened.reverse()) await part.close();
    throw error;
  }
}

interface Parts {
  readonly lan: Lan;
  readonly plane: ControlPlane;
  readonly hosts: readonly LanHost[];
  readonly client: LanHost;
  readonly backOff: ClusterOptions['backOff'];
}

/** A running cluster in which every part but the kubelet is real. */
export class Cluster {
  readonly plane: ControlPlane;
  readonly nodes: readonly ClusterNode[];
  readonly client: LanHost;
  readonly lan: Lan;
  readonly kubelet: Kubelet;
  /** The administrator's. */
  readonly kubectl: Kubectl;
  readonly #logs: LogServer;

  private constructor(
    { lan, plane, client }: Parts,
    { nodes, kubelet, logs }: { nodes: readonly ClusterNode[]; kubelet: Kubelet; logs: LogServer },
  ) {
    this.lan = lan;
    this.plane = plane;
    this.client = client;
    this.nodes = nodes;
    this.kubelet = kubelet;
    this.kubectl = new Kubectl(plane);
    this.#logs = logs;
  }

  static async assemble(parts: Parts): Promise<Cluster> {
    const { plane, hosts } = parts;
    const nodes = hosts.map((host, index) => joinNetwork(plane, host, index + 1));
    routePods(nodes, (...args) => execFileSync('ip', args));
    const { admin, dir } = plane;
    const backOff = parts.backOff !== undefined && { backOff: parts.backOff };
    const kubelet = new Kubelet({ admin, dir, nodes, ...backOff });
    const logs = await LogServer.start(plane.kubeletIdentity(), kubelet);
    for (const node of nodes) await registerNode(admin, node, logs.port);
    return new Cluster(parts, { nodes, kubelet, logs });
  }

  /** The node of this name. */
  node(name: string): ClusterNode {
    const found = this.nodes.find((node) => node.name === name);
    if (found === undefined) throw new Error(`there is no node ${name}`);
    return found;
  }

  /** Waits until this many pods with these labels are ready. */
  async podsReady(
    namespace: string,
    labels: string,
    count: number,
    within = 60_000,
  ): Promise<Pod[]> {
    const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(labels)}`;
    return await eventually(
      `${count} pods ${labels} are ready`,
      async () => {
        const pods = await this.plane.admin.list<Pod>(path);
        const well = pods.filter(isReady);
        if (well.length !== count || pods.length !== count) {
          throw new Error(`${well.length} of ${pods.length} are`);
        }
        return well;
      },
      within,
    );
  }

  async close(): Promise<void> {
    await this.kubelet.close();
    this.#logs.close();
    for (const { proxy } of this.nodes) await proxy.stop('SIGKILL');
    await this.plane.close();
    this.lan.close();
  }
}

function joinNetwork(plane: ControlPlane, host: LanHost, number: number): ClusterNode {
  const { namespace, name } = host;
  const sysctls = ['ip_forward=1', 'conf.all.rp_filter=0', 'conf.eth0.rp_filter=0'];
  const redirects = ['conf.all.send_redirects=0', 'conf.eth0.send_redirects=0'];
  for (const setting of [...sysctls, ...redirects]) {
    namespace.exec('sysctl', '-qw', `net.ipv4.${setting}`);
  }
  namespace.ip('route', 'add', 'default', 'via', GATEWAY);
  const proxy = startKubeProxy({
    node: name,
    namespace,
    program: plane.program('kube-proxy'),
    kubeconfig: plane.proxyKubeconfig(),
    dir: plane.dir,
  });
  return new ClusterNode(host, `10.244.${number}`, proxy);
}

function isReady({ metadata, status }: Pod): boolean {
  if (metadata?.deletionTimestamp !== undefined) return false;
  return (status?.conditions ?? []).some(
    ({ type, status: is }) => type === 'Ready' && is === 'True',
  );
}

function keep<T extends { close: () => unknown }>(opened: { close: () => unknown }[], part: T): T {
  opened.push(part);
  return part;
}
