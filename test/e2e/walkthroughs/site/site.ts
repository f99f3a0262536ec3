import type { Event, PodSpec } from 'kubernetes-types/core/v1.d.ts';
import {
  type Cluster,
  Installation,
  NAMESPACE,
  Services,
  eventsAbout,
  eventually,
  scrape,
  startCluster,
} from '../../../cluster/index.ts';
import { Complaints, linesOf } from './complaints.ts';
import { Deployments } from './deployments.ts';
import { Outside } from './outside.ts';

const CONFIG = `
address-pools:
- name: default
  protocol: layer2
  addresses: [192.0.2.200-192.0.2.219]
- name: pair
  protocol: layer2
  auto-assign: false
  addresses: [192.0.2.230-192.0.2.231]
- name: reserved
  protocol: layer2
  auto-assign: false
  addresses: [192.0.2.240/29]
`;
/** The annotation by which a Service chooses a pool. */
export const POOL = 'metallb.universe.tf/address-pool';
/** Port 80 of the Service leads to where the pods of `web` listen. */
export const WEB: {
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: readonly object[];
} = { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] };
const METRICS_PORT = 7472;

/** Three nodes with the manifest of v0.12.1, in which only images were swapped; three pods answer as `app: web`. */
export class Site {
  readonly cluster: Cluster;
  readonly services: Services;
  readonly deployments: Deployments;
  readonly outside: Outside;
  readonly complaints: Complaints;
  readonly #installation: Installation;

  private constructor(cluster: Cluster, installation: Installation) {
    this.cluster = cluster;
    this.#installation = installation;
    this.services = new Services(cluster.plane.admin);
    this.deployments = new Deployments(cluster);
    this.outside = new Outside(cluster.client);
    this.complaints = new Complaints(cluster.plane.dir);
  }

  static async open(): Promise<Site> {
    const cluster = await startCluster({ nodes: 3 });
    try {
      const installation = await Installation.apply(cluster.plane, 'v0.12.1', { images: 'ours' });
      const site = new Site(cluster, installation);
      await site.configure(CONFIG);
      await site.deploy('web', {}, 3);
      await site.complete();
      return site;
    } catch (error) {
      await cluster.close();
      throw error;
    }
  }

  async configure(document: string): Promise<void> {
    await this.#installation.configure(document);
  }

  /** Runs pods of the image echo and waits until they are ready. */
  async deploy(name: string, spec: Partial<PodSpec> = {}, replicas = 1): Promise<void> {
    const container = { name: 'echo', image: 'metal-lb/echo' };
    await this.deployments.create(name, { containers: [container], ...spec }, replicas);
  }

  /** The pods of the speakers that run, or are about to. */
  speakers(): ReturnType<Cluster['kubelet']['pods']> {
    return this.cluster.kubelet.pods({ component: 'speaker' }, NAMESPACE);
  }

  /** Waits until exactly one speaker says that it announces an address, and until an Event says so; returns its node. */
  async announcer(service: string, address: string): Promise<string> {
    const node = await eventually(
      `one node announces ${address}`,
      async () => {
        const found = await this.#announcers(service, address);
        if (found.length > 1) throw new Error(`they are ${found.join(', ')}`);
        return found[0];
      },
      30_000,
    );
    await eventually(`an Event says that ${node} announces ${service}`, async () => {
      const told = await this.services.events(service);
      return told.some(({ message }) => message === `announcing from node "${node}"`) || undefined;
    });
    return node;
  }

  /** Waits until the Event of a Service that gets no address says why; returns what it says. */
  async refusal(service: string): Promise<string> {
    const { type, message = '' } = await this.services.event(service, 'AllocationFailed');
    if (type !== 'Warning') throw new Error(`an Event AllocationFailed is of type ${type ?? ''}`);
    await this.services.pending(service);
    return message;
  }

  /** Waits until the controller shows a value among its metrics. */
  async controllerShows(sample: string, value: number): Promise<void> {
    const [pod] = this.cluster.kubelet.pods({ component: 'controller' }, NAMESPACE);
    await shows(pod?.address ?? '', sample, value);
  }

  async speakerShows(node: string, sample: string, value: number): Promise<void> {
    await shows(this.cluster.node(node).address, sample, value);
  }

  /** Waits for an Event of the controller about the ConfigMap that was told after `earlier`. */
  async configEvent(reason: string, earlier: readonly Event[]): Promise<Event> {
    const known = new Set(earlier.map(({ metadata }) => metadata.resourceVersion));
    return await eventually(`an Event ${reason} about the ConfigMap`, async () =>
      (await this.configEvents()).find((event) => {
        return event.reason === reason && !known.has(event.metadata.resourceVersion);
      }),
    );
  }

  async configEvents(): Promise<Event[]> {
    const told = await eventsAbout(this.cluster.plane.admin, NAMESPACE, 'config');
    return told.filter(({ source }) => source?.component === 'metallb-controller');
  }

  /** Containers that were started again, by pod, with how the last ended; those of pods that are gone do not count. */
  async restarts(): Promise<Record<string, string>> {
    const pods = await this.cluster.kubectl.get<{
      readonly metadata: { readonly name: string };
      readonly status: {
        readonly containerStatuses?: readonly { restartCount: number; lastState?: object }[];
      };
    }>('pods', '--all-namespaces');
    const restarted = pods.flatMap(({ metadata: { name }, status: { containerStatuses = [] } }) =>
      containerStatuses
        .filter(({ restartCount }) => restartCount > 0)
        .map(({ restartCount, lastState }) => {
          return [name, `${restartCount} x, last ${JSON.stringify(lastState)}`] as const;
        }),
    );
    return Object.fromEntries(restarted);
  }

  /** Waits until the whole install is ready, and each speaker knows of every other: only then does one alone answer. */
  async complete(): Promise<void> {
    const { nodes } = this.cluster;
    await this.cluster.podsReady(NAMESPACE, 'app=metallb', nodes.length + 1);
    await eventually(
      'the speakers know each other',
      () => {
        const known = this.speakers().map((pod) => {
          const said = linesOf(pod.container()?.log ?? '');
          const last = said.findLast(({ msg }) => String(msg).startsWith('speaker nodes changed'));
          return (last?.['nodes'] as readonly string[] | undefined)?.length;
        });
        if (known.every((count) => count === nodes.length)) return true;
        throw new Error(`they know of ${known.join(', ')}`);
      },
      60_000,
    );
  }

  /** Takes away what a walk made, and waits until every address is free. */
  async tidy(): Promise<void> {
    // Those without an address first, which would get one as the others go.
    const waiting = [...(await this.services.addresses())].filter(([, held]) => held.length === 0);
    for (const [name] of waiting) if (name !== 'kubernetes') await this.services.delete(name);
    await this.services.clear();
    await this.deployments.clear('web');
    await this.configure(CONFIG);
    await this.controllerShows('metallb_k8s_client_config_stale_bool', 0);
    for (const pool of ['default', 'pair', 'reserved']) {
      await this.controllerShows(`metallb_allocator_addresses_in_use_total{pool="${pool}"}`, 0);
    }
  }

  async close(): Promise<void> {
    await this.cluster.close();
  }

  async #announcers(service: string, address: string): Promise<string[]> {
    const found: string[] = [];
    for (const speaker of this.speakers()) {
      const { name } = speaker.node;
      const labels = `service="default/${service}",protocol="layer2",node="${name}",ip="${address}"`;
      const metrics = await scrape(`http://${speaker.address}:${METRICS_PORT}/metrics`);
      if (metrics.get(`metallb_speaker_announced{${labels}}`) === 1) found.push(name);
    }
    return found;
  }
}

async function shows(address: string, sample: string, value: number): Promise<void> {
  await eventually(`${address} shows ${sample} ${value}`, async () => {
    const metrics = await scrape(`http://${address}:${METRICS_PORT}/metrics`);
    const found = metrics.get(sample);
    if (found !== value) throw new Error(`it shows ${found ?? 'nothing'}`);
    return true;
  });
}
