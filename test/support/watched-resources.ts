import type { Finding } from '../../src/runtime/sources/finding.ts';
import { ResourceReader, ResourceSource } from '../../src/runtime/sources/index.ts';
import { seconds } from '../../src/runtime/platform/ports.ts';
import { type ApiObject, Cluster, eventually } from './fake-api-server/index.ts';

const NAMESPACE = 'metallb-system';

/** A source of resources over a fake API server, and what it found. */
export class WatchedResources {
  readonly cluster: Cluster;
  readonly taken: Finding[] = [];

  private constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  static async open(): Promise<WatchedResources> {
    return new WatchedResources(await Cluster.start());
  }

  /** @param withoutWaiting - as the controller reads */
  start(withoutWaiting = false): void {
    const { client, clock, random, logger } = this.cluster;
    const sink = { take: (finding: Finding) => this.taken.push(finding) };
    const reader = new ResourceReader({ namespace: NAMESPACE, mode: 'none', withoutWaiting }, sink);
    const ports = { client, clock, random, logger };
    this.cluster.run(new ResourceSource({ ...ports, namespace: NAMESPACE, reader }));
  }

  create(resource: string, ...objects: readonly ApiObject[]): void {
    for (const one of objects) this.cluster.server.store.create(resource, one);
  }

  /** Lets the burst of changes end, and everything happen that this sets off. */
  async settled(until: () => boolean): Promise<void> {
    await eventually(() => {
      if (!until()) this.cluster.clock.advance(seconds(0.05));
      return until();
    });
  }

  /** Names of the pools of the latest finding, if it is a configuration. */
  get pools(): readonly string[] | undefined {
    const last = this.taken.at(-1);
    return last?.kind === 'config' ? last.config.pools.map(({ name }) => name) : undefined;
  }

  /** Whether every kind is watched. */
  get watching(): boolean {
    return ['ipaddresspools', 'communities', 'bgppeers'].every(
      (resource) => this.cluster.server.watching(resource) === 1,
    );
  }
}

/** An object of the install's namespace. */
export function inNamespace(name: string, spec: object, more: object = {}): ApiObject {
  return { metadata: { name, namespace: NAMESPACE, ...more }, spec };
}

export function poolOf(name: string, range: string): ApiObject {
  return inNamespace(name, { addresses: [range] });
}

export function peerOf(name: string, secret?: string): ApiObject {
  const passwordSecret = secret === undefined ? {} : { passwordSecret: { name: secret } };
  const peer = { myASN: 64500, peerASN: 64501, peerAddress: '192.0.2.9' };
  return inNamespace(name, { ...peer, ...passwordSecret });
}

export function secretOf(
  name: string,
  password: string,
  type = 'kubernetes.io/basic-auth',
): ApiObject {
  const data = { password: btoa(password) };
  return { metadata: { name, namespace: NAMESPACE }, type, data };
}
