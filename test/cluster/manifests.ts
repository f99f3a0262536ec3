import { loadAll } from 'js-yaml';
import type { ApiClient } from './api-client.ts';

/** As much of an object as is needed to know where it lives. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

const RESOURCES: Readonly<Record<string, string>> = {
  ClusterRole: 'clusterroles',
  ClusterRoleBinding: 'clusterrolebindings',
  ConfigMap: 'configmaps',
  DaemonSet: 'daemonsets',
  Deployment: 'deployments',
  Namespace: 'namespaces',
  Node: 'nodes',
  Pod: 'pods',
  PodSecurityPolicy: 'podsecuritypolicies',
  Role: 'roles',
  RoleBinding: 'rolebindings',
  Secret: 'secrets',
  Service: 'services',
  ServiceAccount: 'serviceaccounts',
};
const CLUSTER_WIDE = /^(Cluster|Namespace$|Node$|PodSecurityPolicy$)/;

/** Where the API server keeps objects of this kind and namespace. */
function collectionOf({ apiVersion, kind, metadata }: Manifest): string {
  const resource = RESOURCES[kind];
  if (resource === undefined) throw new Error(`no collection known for ${kind}`);
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  if (CLUSTER_WIDE.test(kind)) return `${group}/${resource}`;
  return `${group}/namespaces/${metadata.namespace ?? 'default'}/${resource}`;
}

/** Creates every object of a manifest, in its order. */
export async function applyManifest(admin: ApiClient, text: string): Promise<void> {
  for (const object of loadAll(text) as Manifest[]) {
    await admin.create(collectionOf(object), object);
  }
}
