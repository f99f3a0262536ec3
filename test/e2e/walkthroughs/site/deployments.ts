import type { PodSpec } from 'kubernetes-types/core/v1.d.ts';
import type { Cluster } from '../../../cluster/index.ts';

const PATH = '/apis/apps/v1/namespaces/default/deployments';

/** The Deployments of the namespace default; each labels its pods `app` with its own name. */
export class Deployments {
  readonly #cluster: Cluster;
  readonly #names = new Set<string>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Waits until all its pods are ready. */
  async create(name: string, spec: PodSpec, replicas = 1): Promise<void> {
    await this.#cluster.plane.admin.create(PATH, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name },
      spec: {
        replicas,
        selector: { matchLabels: { app: name } },
        template: { metadata: { labels: { app: name } }, spec },
      },
    });
    this.#names.add(name);
    await this.ready(name, replicas);
  }

  async ready(name: string, replicas: number): Promise<void> {
    await this.#cluster.podsReady('default', `app=${name}`, replicas);
  }

  /** Lets its one pod run on a node, and waits until it does, and no other pod is left. */
  async move(name: string, node: string): Promise<void> {
    const nodeSelector = { 'kubernetes.io/hostname': node };
    const change = { spec: { template: { spec: { nodeSelector } } } };
    await this.#cluster.plane.admin.patch(`${PATH}/${name}`, change);
    await this.#cluster.kubectl.must('rollout', 'status', `deployment/${name}`);
    await this.ready(name, 1);
  }

  /** Deletes those that were created, and their pods, except the ones named. */
  async clear(...kept: readonly string[]): Promise<void> {
    const names = [...this.#names].filter((name) => !kept.includes(name));
    if (names.length === 0) return;
    await this.#cluster.kubectl.must('delete', 'deployment', ...names);
    for (const name of names) {
      await this.ready(name, 0);
      this.#names.delete(name);
    }
  }
}
