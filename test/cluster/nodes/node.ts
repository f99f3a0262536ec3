import type { ApiClient } from '../api-client.ts';
import type { Namespace } from '../../support/netns.ts';
import type { LanHost } from '../network/lan.ts';
import type { Program } from '../program.ts';

/** A machine of the cluster: a host of the LAN with a range of pod addresses and a kube-proxy. */
export class ClusterNode {
  readonly name: string;
  readonly address: string;
  readonly mac: string;
  readonly namespace: Namespace;
  readonly host: LanHost;
  /** The first three octets of its pods' addresses. */
  readonly podNetwork: string;
  readonly proxy: Program;
  #pods = 1;

  constructor(host: LanHost, podNetwork: string, proxy: Program) {
    this.host = host;
    this.name = host.name;
    this.address = host.address;
    this.mac = host.mac;
    this.namespace = host.namespace;
    this.podNetwork = podNetwork;
    this.proxy = proxy;
  }

  /** The last octet of a new pod's address. */
  takePodNumber(): number {
    this.#pods = this.#pods === 254 ? 2 : this.#pods + 1;
    return this.#pods;
  }
}

const KUBELET_VERSION = 'v1.20.2';

/** Registers a node that is ready and takes pods, as its kubelet and the node controllers would. */
export async function registerNode(
  admin: ApiClient,
  { name, address }: { readonly name: string; readonly address: string },
  kubeletPort: number,
): Promise<void> {
  const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' };
  const metadata = { name, labels };
  await admin.create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata });
  // Admission taints every new node; the controller that would take the taint away does not run.
  await admin.patch(`/api/v1/nodes/${name}`, { spec: { taints: null } });
  const capacity = { cpu: '2', memory: '4Gi', pods: '110' };
  await admin.patch(`/api/v1/nodes/${name}/status`, {
    status: {
      addresses: [
        { type: 'InternalIP', address },
        { type: 'InternalDNS', address: '127.0.0.1' },
      ],
      capacity,
      allocatable: capacity,
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
      daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } },
      nodeInfo: {
        kubeletVersion: KUBELET_VERSION,
        kubeProxyVersion: KUBELET_VERSION,
        architecture: 'amd64',
        operatingSystem: 'linux',
        osImage: 'a network namespace',
        containerRuntimeVersion: 'none://1',
        kernelVersion: '',
        bootID: '',
        machineID: '',
        systemUUID: '',
      },
    },
  });
}

/** Every node knows the way to the others' pods; so does the control plane. */
export function routePods(
  nodes: readonly { address: string; podNetwork: string; namespace: Namespace }[],
  control: (...args: string[]) => void,
): void {
  for (const to of nodes) {
    const way = [`${to.podNetwork}.0/24`, 'via', to.address];
    control('route', 'add', ...way);
    for (const from of nodes) if (from !== to) from.namespace.ip('route', 'add', ...way);
  }
}
