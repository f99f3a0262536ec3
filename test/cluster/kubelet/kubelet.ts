import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Node, Pod } from 'kubernetes-types/core/v1.d.ts';
import type { ApiClient } from '../api-client.ts';
import type { ClusterNode } from '../nodes/node.ts';
import { PodFeed } from './pod-feed.ts';
import { RunningPod } from './pod.ts';
import { pickNode } from './scheduler.ts';

export interface KubeletOptions {
  readonly admin: ApiClient;
  readonly nodes: readonly ClusterNode[];
  readonly dir: string;
  /** Milliseconds before a restart, by how many there were; the kubelet's own unless given. */
  readonly backOff?: (restarts: number) => number;
}

/** Stands in for the scheduler and for the kubelet of every node: pods become processes. */
export class Kubelet {
  readonly #options: KubeletOptions;
  readonly #launcher: string;
  readonly #feed: PodFeed;
  readonly #running = new Map<string, RunningPod>();
  readonly #ending = new Map<string, Promise<void>>();
  readonly #binding = new Set<string>();

  constructor(options: KubeletOptions) {
    this.#options = options;
    mkdirSync(join(options.dir, 'pods'), { recursive: true });
    this.#launcher = join(options.dir, 'contain');
    const source = 'test/cluster/kubelet/contain.c';
    execFileSync('gcc', ['-O1', '-Wall', '-Wextra', '-Werror', '-o', this.#launcher, source]);
    this.#feed = new PodFeed(options.admin, (pods) => this.#sync(pods));
    void this.#feed.run();
  }

  /** The pods that run, or are about to, with these labels. */
  pods(labels: Readonly<Record<string, string>>, namespace?: string): RunningPod[] {
    return [...this.#running.values()].filter(({ pod: { metadata } }) => {
      if (namespace !== undefined && metadata?.namespace !== namespace) return false;
      return Object.entries(labels).every(([key, value]) => metadata?.labels?.[key] === value);
    });
  }

  pod(namespace: string, name: string): RunningPod | undefined {
    return this.pods({}, namespace).find(({ pod }) => pod.metadata?.name === name);
  }

  async close(): Promise<void> {
    this.#feed.close();
    await Promise.all([
      ...[...this.#running.values()].map(async (pod) => await pod.end(0)),
      ...this.#ending.values(),
    ]);
  }

  #sync(pods: readonly Pod[]): void {
    const present = new Set(pods.map(({ metadata }) => metadata?.uid ?? ''));
    for (const [uid, running] of this.#running) {
      if (!present.has(uid)) this.#end(uid, running);
    }
    for (const pod of pods) this.#syncPod(pod, pods);
  }

  #syncPod(pod: Pod, pods: readonly Pod[]): void {
    const { uid = '', deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata ?? {};
    const running = this.#running.get(uid);
    if (deletionTimestamp !== undefined) {
      const grace = (deletionGracePeriodSeconds ?? 2) * 1000;
      if (running !== undefined) this.#end(uid, running, { grace, pod });
      else if (!this.#ending.has(uid)) void this.#remove(pod);
      return;
    }
    if (running !== undefined || this.#ending.has(uid) || finished(pod)) return;
    if (pod.spec?.nodeName === undefined) void this.#bind(pod, pods);
    else this.#start(pod);
  }

  /** A pod on a node that is not ours was registered by hand; its processes are somebody else's. */
  #start(pod: Pod): void {
    const node = this.#options.nodes.find(({ name }) => name === pod.spec?.nodeName);
    if (node === undefined || pod.metadata?.annotations?.[UNMANAGED] !== undefined) return;
    const { admin, dir, backOff = kubeletBackOff } = this.#options;
    const around = { admin, node, backOff, launcher: this.#launcher, dir: join(dir, 'pods') };
    this.#running.set(pod.metadata?.uid ?? '', new RunningPod(pod, around));
  }

  #end(uid: string, running: RunningPod, asked?: { grace: number; pod: Pod }): void {
    this.#running.delete(uid);
    const ended = running
      .end(asked?.grace)
      .then(async () => {
        if (asked !== undefined) await this.#remove(asked.pod);
      })
      .finally(() => this.#ending.delete(uid));
    this.#ending.set(uid, ended);
  }

  /** The last step of a deletion is the kubelet's. */
  async #remove({ metadata }: Pod): Promise<void> {
    const { namespace = '', name = '', uid = '' } = metadata ?? {};
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    const options = { gracePeriodSeconds: 0, preconditions: { uid } };
    try {
      await this.#options.admin.request('DELETE', path, options);
    } catch (error) {
      // The server is away: the next list shows the pod again, still to be deleted.
      if (!(error instanceof Error)) throw error;
    }
  }

  async #bind({ metadata, ...pod }: Pod, pods: readonly Pod[]): Promise<void> {
    const { uid = '', name = '', namespace = '' } = metadata ?? {};
    if (this.#binding.has(uid)) return;
    this.#binding.add(uid);
    try {
      const { admin } = this.#options;
      const nodes = await admin.list<Node>('/api/v1/nodes');
      const count = (node: string): number =>
        pods.filter(({ spec }) => spec?.nodeName === node).length;
      const picked = pickNode({ ...pod, metadata: metadata ?? {} }, nodes, count);
      if (picked === undefined) return;
      await admin.request('POST', `/api/v1/namespaces/${namespace}/pods/${name}/binding`, {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name },
        target: { apiVersion: 'v1', kind: 'Node', name: picked },
      });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
    } finally {
      this.#binding.delete(uid);
    }
  }
}

/** Annotation of pods whose processes a test starts itself. */
const UNMANAGED = 'metal-lb.io/test-unmanaged';

function finished({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

/** The first restart at once, then 10 s doubling to five minutes. */
function kubeletBackOff(restarts: number): number {
  return restarts === 0 ? 0 : Math.min(10_000 * 2 ** (restarts - 1), 300_000);
}
