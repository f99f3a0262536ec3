import type { ApiClient } from './api-client.ts';

export interface PodPlan {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly hostNetwork?: boolean;
}

const READY = { type: 'Ready', status: 'True' };

/** Registers a node that is ready, as its kubelet would. */
export async function createNode(admin: ApiClient, name: string, address: string): Promise<void> {
  const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' };
  const metadata = { name, labels };
  await admin.create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata });
  const addresses = [{ type: 'InternalIP', address }];
  const status = { addresses, conditions: [READY] };
  await admin.patch(`/api/v1/nodes/${name}/status`, { status });
}

/** Registers a pod that runs and is ready, as the kubelet of its node would. */
export async function createPod(admin: ApiClient, plan: PodPlan): Promise<void> {
  const { namespace, name, labels, node, hostNetwork = false } = plan;
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  await admin.create(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels },
    spec: { nodeName: node, hostNetwork, containers: [{ name: 'main', image: 'test' }] },
  });
  await setPodReady(admin, plan, true);
}

export async function setPodReady(
  admin: ApiClient,
  { namespace, name, address }: Pick<PodPlan, 'namespace' | 'name' | 'address'>,
  ready: boolean,
): Promise<void> {
  await admin.patch(`/api/v1/namespaces/${namespace}/pods/${name}/status`, {
    status: {
      phase: 'Running',
      podIP: address,
      podIPs: [{ ip: address }],
      hostIP: address,
      conditions: [{ ...READY, status: ready ? 'True' : 'False' }],
    },
  });
}
