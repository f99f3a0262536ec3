import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LanHost, startCluster } from '../../index.ts';
import { type Opened, tell } from './messages.ts';
import { relay } from './relay.ts';
import type { Host } from '../state/state-folder.ts';

/** The socket through which the API server is reached from outside: a path crosses network namespaces. */
export const apiSocket = (scratch: string): string => join(scratch, 'api.sock');

/** Runs the cluster in the private network that this process is in, until the holder lets go of it or dies. */
export async function runInside(nodes: number): Promise<void> {
  process.once('disconnect', () => process.exit(0));
  const cluster = await startCluster({ nodes });
  const { access, admin } = cluster.plane;
  const { ca, cert = '', key = '' } = admin.access;
  await relay({ path: apiSocket(tmpdir()) }, { host: access.host, port: access.port });
  const opened: Opened = {
    cluster: { nodes: cluster.nodes.map(hostOf), client: hostOf(cluster.client) },
    admin: { ca, cert, key },
  };
  await tell(opened);
}

function hostOf({
  name,
  address,
  namespace,
}: Pick<LanHost, 'name' | 'address' | 'namespace'>): Host {
  return { name, address, namespace: namespace.name };
}
