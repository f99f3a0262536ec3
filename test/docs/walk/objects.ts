import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cluster, eventually } from '../../cluster/index.ts';

/** Takes back what a stage did beyond what the next one sets up anyway. */
export type Undo = () => Promise<void>;

const POD = (app: string): string => `
  selector:
    matchLabels: {app: ${app}}
  template:
    metadata:
      labels: {app: ${app}}
    spec:
      containers:
      - name: nginx
        image: nginx:1.22`;

/** The Deployment and the Service that usage.md makes. */
export const web: readonly string[] = [
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 2${POD('web')}\n`,
  loadBalancer('web', 'web'),
];

export function daemonSet(name: string, namespace: string): string {
  const metadata = `{name: ${name}, namespace: ${namespace}}`;
  return `apiVersion: apps/v1\nkind: DaemonSet\nmetadata: ${metadata}\nspec:${POD(name)}\n`;
}

export interface LoadBalancerWish {
  readonly key?: string;
  readonly port?: number;
  readonly address?: string;
}

export function loadBalancer(
  name: string,
  app: string,
  { key, port = 80, address }: LoadBalancerWish = {},
): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name,
      ...(key !== undefined && { annotations: { 'metallb.universe.tf/allow-shared-ip': key } }),
    },
    spec: {
      type: 'LoadBalancer',
      selector: { app },
      ports: [{ port, targetPort: 80 }],
      ...(address !== undefined && { loadBalancerIP: address }),
    },
  });
}

/** The ConfigMap with one layer-2 pool. */
export function configMap(addresses: string, key = 'addresses'): string {
  const pool = `- name: default\n  protocol: layer2\n  ${key}:\n  - ${addresses}\n`;
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'metallb-system', name: 'config' },
    data: { config: `address-pools:\n${pool}` },
  });
}

/** The ConfigMap of kubeadm's kube-proxy, in IPVS mode. */
export const kubeProxyConfig: string = JSON.stringify({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'kube-system', name: 'kube-proxy' },
  data: {
    'config.conf':
      'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nipvs:\n  strictARP: false\nkind: KubeProxyConfiguration\nmode: ipvs\n',
  },
});

/** Applies objects as an operator would. */
export async function apply(
  { kubectl, plane }: Pick<Cluster, 'kubectl' | 'plane'>,
  ...objects: readonly string[]
): Promise<void> {
  const file = join(plane.dir, 'stage.yaml');
  // What begins with a brace is read as JSON to its end.
  writeFileSync(file, `# Objects\n${objects.join('\n---\n')}`);
  await kubectl.must('apply', '-f', file);
}

/** Waits until a Service has an address. */
export async function hasAddress(
  { kubectl }: Pick<Cluster, 'kubectl'>,
  name: string,
  address: string,
): Promise<void> {
  await eventually(`${name} has ${address}`, async () => {
    const lines = await kubectl.must('get', 'service', name);
    return lines.some((line) => line.split(/ +/).includes(address)) || undefined;
  });
}
