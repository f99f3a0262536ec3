import {
  type ApiClient,
  ApiError,
  ConnectionError,
  coreResource,
  pathOf,
} from '../../runtime/kube/index.ts';
import type { ClusterChoice, Reading, Terminal } from '../terminal.ts';

/** Reads the ConfigMap of the cluster that is chosen. */
export async function readCluster(choice: ClusterChoice, terminal: Terminal): Promise<Reading> {
  const cluster = await terminal.connect(choice);
  if (cluster.kind === 'unreadable') return cluster;
  try {
    return await readConfigMap(cluster.client, choice.namespace);
  } finally {
    cluster.close();
  }
}

/** Reads the ConfigMap `config` as the API gives it. */
export async function readConfigMap(client: ApiClient, namespace: string): Promise<Reading> {
  const path = pathOf(coreResource('configmaps', namespace), 'config');
  try {
    const object = await client.request({ method: 'GET', path, attempts: 3 });
    return { kind: 'octets', octets: new TextEncoder().encode(JSON.stringify(object, null, 2)) };
  } catch (error) {
    if (!(error instanceof ApiError) && !(error instanceof ConnectionError)) throw error;
    const where = `ConfigMap "config" in namespace "${namespace}"`;
    return { kind: 'unreadable', why: `${where}: ${error.message}` };
  }
}
