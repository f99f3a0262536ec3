import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ConfigMap, Container, Pod, Secret } from 'kubernetes-types/core/v1.d.ts';
import type { ApiClient } from '../api-client.ts';
import type { ClusterNode } from '../nodes/node.ts';
import { GRACE_MS, RunningContainer } from './container.ts';
import { imageOf } from './images.ts';
import { PodNetwork } from './network.ts';
import { type ContainerPlan, CreateContainerConfigError, planContainer } from './plan.ts';
import { statusOf } from './status.ts';
import { makeVolumes, mountsOf } from './volumes.ts';

export interface PodSurroundings {
  readonly admin: ApiClient;
  readonly node: ClusterNode;
  /** Where pods keep their logs and volumes. */
  readonly dir: string;
  readonly launcher: string;
  readonly backOff: (restarts: number) => number;
}

const RETRY_MS = 500;

/** A pod that is bound to a node: its network, its volumes, its containers, and what is told of them. */
export class RunningPod {
  readonly pod: Pod;
  readonly node: ClusterNode;
  readonly #around: PodSurroundings;
  readonly #network: PodNetwork;
  readonly #dir: string;
  readonly #containers: readonly RunningContainer[];
  #volumes: Promise<void> | undefined;
  #gone: Promise<void> | undefined;
  #telling = false;
  #changes = 0;

  constructor(pod: Pod, around: PodSurroundings) {
    this.pod = pod;
    this.node = around.node;
    this.#around = around;
    const { name = '', namespace = '', uid = '' } = pod.metadata ?? {};
    this.#dir = join(around.dir, `${namespace}_${name}_${uid}`);
    this.#network =
      pod.spec?.hostNetwork === true
        ? PodNetwork.ofNode(around.node)
        : PodNetwork.behind(around.node);
    this.#containers = (pod.spec?.containers ?? []).map((container) => this.#contain(container));
    void this.#tell();
    for (const container of this.#containers) void container.run();
  }

  get address(): string {
    return this.#network.address;
  }

  container(name?: string): RunningContainer | undefined {
    if (name === undefined) return this.#containers[0];
    return this.#containers.find((container) => container.name === name);
  }

  /** Ends it as a deletion asks; resolves when nothing of it runs. `grace` in milliseconds. */
  async end(grace: number = GRACE_MS): Promise<void> {
    this.#gone ??= this.#end(grace);
    await this.#gone;
  }

  async #end(grace: number): Promise<void> {
    await Promise.all(this.#containers.map(async (container) => await container.stop(grace)));
    for (const container of this.#containers) container.close();
    this.#network.close();
    rmSync(join(this.#dir, 'volumes'), { recursive: true, force: true });
  }

  #contain(container: Container): RunningContainer {
    const volumes = join(this.#dir, 'volumes');
    return new RunningContainer({
      container,
      restart: (this.pod.spec?.restartPolicy ?? 'Always') as 'Always' | 'OnFailure' | 'Never',
      network: this.#network,
      mounts: mountsOf(container, volumes),
      dir: this.#dir,
      plan: async () => await this.#plan(container, volumes),
      launcher: this.#around.launcher,
      backOff: this.#around.backOff,
      changed: () => void this.#tell(),
    });
  }

  async #plan(container: Container, volumes: string): Promise<ContainerPlan> {
    const image = imageOf(container.image ?? '');
    if (image === undefined) {
      throw new CreateContainerConfigError(`there is no image ${container.image ?? ''} here`);
    }
    const { admin } = this.#around;
    await this.#makeVolumes(volumes);
    const plan = await planContainer(this.pod, container, image, {
      field: (path) => this.#field(path),
      key: async (kind, object, key) => {
        const namespace = this.pod.metadata?.namespace ?? '';
        const found = await admin.find<Secret & ConfigMap>(
          `/api/v1/namespaces/${namespace}/${kind}/${object}`,
        );
        const text = found?.data?.[key];
        if (text === undefined || kind === 'configmaps') return text;
        return Buffer.from(text, 'base64').toString('utf8');
      },
    });
    const api = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' };
    return { ...plan, env: { ...api, ...plan.env } };
  }

  /** Once for the pod, however many containers it has and however often they start. */
  async #makeVolumes(folder: string): Promise<void> {
    this.#volumes ??= makeVolumes(this.#around.admin, this.pod, folder);
    try {
      await this.#volumes;
    } catch (error) {
      this.#volumes = undefined;
      throw error;
    }
  }

  #field(path: string): string | undefined {
    const { metadata, spec } = this.pod;
    const label = /^metadata\.labels\['(.+)'\]$/.exec(path)?.[1];
    if (label !== undefined) return metadata?.labels?.[label] ?? '';
    const fields: Readonly<Record<string, string | undefined>> = {
      'metadata.name': metadata?.name,
      'metadata.namespace': metadata?.namespace,
      'spec.nodeName': spec?.nodeName,
      'status.hostIP': this.node.address,
      'status.podIP': this.#network.address,
      'status.podIPs': this.#network.address,
    };
    return fields[path];
  }

  /** Reports until the server has heard the latest; it may be away for a while. */
  async #tell(): Promise<void> {
    this.#changes += 1;
    if (this.#telling) return;
    this.#telling = true;
    let told = 0;
    while (told < this.#changes && this.#gone === undefined) {
      const change = this.#changes;
      if (await this.#report()) told = change;
      else await pause(RETRY_MS);
    }
    this.#telling = false;
  }

  async #report(): Promise<boolean> {
    const { name = '', namespace = '' } = this.pod.metadata ?? {};
    const addresses = { pod: this.address, host: this.node.address };
    const status = statusOf(this.pod, this.#containers, addresses);
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/status`;
    try {
      const type = 'application/merge-patch+json';
      const reply = await this.#around.admin.request('PATCH', path, { status }, type);
      return reply.status < 300 || reply.status === 404;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return false;
    }
  }
}
