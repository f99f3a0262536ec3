import { type ClusterObject, ClusterObjects } from './cluster-objects.ts';

const HERE = { namespace: 'metallb-system' };

/** How the programs of a small cluster are started. */
export interface Install {
  readonly image?: (role: 'controller' | 'speaker') => string;
  readonly args?: readonly string[];
  readonly speakerEnv?: Readonly<Record<string, string>>;
  /** Text of the ConfigMap `config`; absent: there is none. */
  readonly config?: string;
}

/** Three nodes with a speaker each, the programs as the v0.12 manifest installs them, and no Service. */
export function installedCluster(
  install: Install = {},
  more: readonly ClusterObject[] = [],
): ClusterObjects {
  return new ClusterObjects([
    ...['n1', 'n2', 'n3'].flatMap((name) => [
      object('v1', 'Node', name, {}),
      speakerPod(`speaker-${name}`, name),
    ]),
    object('v1', 'Namespace', 'default', {}),
    workload('Deployment', 'controller', install),
    workload('DaemonSet', 'speaker', install),
    ...(install.config === undefined ? [] : [configMap(install.config)]),
    ...more,
  ]);
}

export function configMap(config: string, name = 'config'): ClusterObject {
  return object('v1', 'ConfigMap', name, { metadata: HERE, data: { config } });
}

/** A Service that asks for an address, and a ready endpoint of it on each node named. */
export function lbService(
  name: string,
  {
    ip,
    spec = {},
    annotations = {},
    endpoints = ['n1'],
    createdAt = '2026-01-01T00:00:00Z',
  }: {
    readonly ip?: string;
    readonly spec?: object;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly endpoints?: readonly string[];
    readonly createdAt?: string;
  } = {},
): readonly ClusterObject[] {
  const loadBalancer = ip === undefined ? {} : { ingress: [{ ip }] };
  const whole = {
    type: 'LoadBalancer',
    clusterIP: '203.0.113.1',
    clusterIPs: ['203.0.113.1'],
    ports: [{ protocol: 'TCP', port: 80 }],
    selector: { app: name },
    ...spec,
  };
  const addresses = endpoints.map((nodeName) => ({ ip: '203.0.113.77', nodeName }));
  const metadata = { namespace: 'default', annotations, creationTimestamp: createdAt };
  return [
    object('v1', 'Service', name, { metadata, spec: whole, status: { loadBalancer } }),
    object('v1', 'Endpoints', name, { metadata, subsets: [{ addresses }] }),
  ];
}

export function object(
  apiVersion: string,
  kind: string,
  name: string,
  { metadata = {}, ...rest }: { readonly metadata?: object; readonly [member: string]: unknown },
): ClusterObject {
  return { apiVersion, kind, metadata: { name, ...metadata }, ...rest };
}

export function resource(
  kind: string,
  name: string,
  spec: object,
  version = 'v1beta1',
): ClusterObject {
  return object(`metallb.io/${version}`, kind, name, { metadata: HERE, spec });
}

function workload(
  kind: 'Deployment' | 'DaemonSet',
  role: 'controller' | 'speaker',
  {
    image = (name) => `metal-lb/${name}:v0.1.0`,
    args = ['--port=7472', '--config=config'],
    speakerEnv = { METALLB_ML_BIND_ADDR: '' },
  }: Install,
): ClusterObject {
  const labels = { app: 'metallb', component: role };
  const env = Object.entries(role === 'speaker' ? speakerEnv : {});
  const containers = [
    { name: role, image: image(role), args, env: env.map(([name, value]) => ({ name, value })) },
  ];
  const template = { metadata: { labels }, spec: { containers } };
  const spec = { selector: { matchLabels: labels }, template };
  return object('apps/v1', kind, role, { metadata: HERE, spec });
}

function speakerPod(name: string, nodeName: string): ClusterObject {
  const labels = { app: 'metallb', component: 'speaker' };
  const conditions = [{ type: 'Ready', status: 'True' }];
  const ownerReferences = [{ kind: 'DaemonSet', name: 'speaker' }];
  const status = { phase: 'Running', conditions };
  const metadata = { ...HERE, labels, ownerReferences };
  return object('v1', 'Pod', name, { metadata, spec: { nodeName }, status });
}
