import type { PodSpec } from 'kubernetes-types/core/v1.d.ts';
import {
  type Cluster,
  type Kubectl,
  NAMESPACE,
  Services,
  eventually,
  scrape,
  startCluster,
} from '../../cluster/index.ts';
import { CustomResources, type Kind } from './custom-resources.ts';

const METRICS_PORT = 7472;
const MANIFESTS = 'manifests/v0.13';
/** Where the pools of the scenes are. */
const USED = [
  '192.0.2.0/24',
  '198.18.16.0/20',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '2001:db8::/64',
];
const LEAVING: readonly Kind[] = [
  'BGPPeer',
  'BFDProfile',
  'BGPAdvertisement',
  'L2Advertisement',
  'Community',
  'IPAddressPool',
];

/** A cluster whose API server reaches webhooks, with `web`, two pods that answer. */
export class ResourceSite {
  readonly cluster: Cluster;
  readonly services: Services;
  readonly resources: CustomResources;
  readonly #made: [Kind, string][] = [];

  private constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.services = new Services(cluster.plane.admin);
    this.resources = CustomResources.of(cluster.plane);
  }

  /** @param overlay - a folder of manifests/v0.13 to install, or nothing yet */
  static async open(overlay?: string): Promise<ResourceSite> {
    const cluster = await startCluster({
      nodes: 2,
      dualStack: true,
      // This host has no kube-proxy: the API server must find the webhook's pod by itself.
      flags: ['--enable-aggregator-routing=true'],
    });
    const site = new ResourceSite(cluster);
    try {
      await site.#deploy('web');
      if (overlay !== undefined) {
        await site.install(overlay);
        await site.complete();
      }
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return site;
  }

  /** Applies manifests of v0.13, as often as it takes: objects of a kind come after its definition. */
  async install(overlay: string): Promise<void> {
    const { kubectl } = this.cluster;
    await eventually(
      `${MANIFESTS}/${overlay} is applied`,
      async () => {
        await kubectl.must('apply', '-k', `${MANIFESTS}/${overlay}`);
        return true;
      },
      30_000,
    );
  }

  get kubectl(): Kubectl {
    return this.cluster.kubectl;
  }

  /** Waits until all programs are ready, the webhook included. */
  async complete(): Promise<void> {
    await this.cluster.podsReady(NAMESPACE, 'app=metallb', this.cluster.nodes.length + 1);
    await eventually(
      'the webhook answers',
      async () => {
        await this.resources.tryToCreate('Community', 'probe', {});
        return true;
      },
      60_000,
    );
  }

  /** Creates a resource that {@link tidy} takes away. */
  async create(kind: Kind, name: string, spec: object, metadata?: object): Promise<void> {
    await this.resources.create(kind, name, spec, metadata);
    this.#made.push([kind, name]);
  }

  async controllerShows(sample: string, value: number | undefined): Promise<void> {
    const [pod] = this.cluster.kubelet.pods({ component: 'controller' }, NAMESPACE);
    await shows(pod?.address ?? '', sample, value);
  }

  async speakersShow(sample: string, value: number | undefined): Promise<void> {
    for (const { address } of this.cluster.nodes) await shows(address, sample, value);
  }

  /** The nodes whose speakers say that they answer for a Service at layer 2. */
  async announcers(service: string): Promise<string[]> {
    const found: string[] = [];
    for (const { name, address } of this.cluster.nodes) {
      const metrics = await scrape(`http://${address}:${METRICS_PORT}/metrics`);
      const announced = [...metrics].some(
        ([sample, value]) =>
          value === 1 &&
          sample.startsWith('metallb_speaker_announced{') &&
          sample.includes('protocol="layer2"') &&
          sample.includes(`service="default/${service}"`),
      );
      if (announced) found.push(name);
    }
    return found;
  }

  /** Waits until exactly one node answers for a Service. */
  async announcer(service: string): Promise<string> {
    return await eventually(
      `one node announces ${service}`,
      async () => {
        const found = await this.announcers(service);
        if (found.length > 1) throw new Error(`they are ${found.join(', ')}`);
        return found[0];
      },
      30_000,
    );
  }

  /** What the host outside gets from an address, asked until there is an answer. */
  async reach(address: string): Promise<string> {
    const url = `http://${address}/`;
    return await eventually(
      `${url} answers`,
      async () => await this.cluster.client.curl(url),
      20_000,
    );
  }

  /** The MAC addresses that answer a broadcast question for an address within a second. */
  async arping(address: string): Promise<string[]> {
    const { client } = this.cluster;
    const asked = client.run('arping', '-b', '-w', '1', '-I', 'eth0', address);
    const heard = await asked.catch((error: unknown) => (error as { stdout: string }).stdout);
    const answers = heard.matchAll(/reply from \S+ \[(\S+)\]/g);
    return [...new Set([...answers].map(([, mac = '']) => mac.toLowerCase()))];
  }

  /** Takes away what was created, Services first. */
  async tidy(): Promise<void> {
    const waiting = [...(await this.services.addresses())].filter(([, held]) => held.length === 0);
    for (const [name] of waiting) if (name !== 'kubernetes') await this.services.delete(name);
    await this.services.clear();
    // What refers to something goes before it.
    const made = this.#made.splice(0);
    const ordered = made.toSorted(([a], [b]) => LEAVING.indexOf(a) - LEAVING.indexOf(b));
    for (const [kind, name] of ordered) {
      await this.resources.delete(kind, name).catch(forgiveAbsence);
    }
    // The webhook hears of a deletion some milliseconds later, and would refuse what a pool that is gone stood in the way of.
    await eventually('every address can be given anew', async () => {
      await this.resources.tryToCreate('IPAddressPool', 'probe', { addresses: USED });
      return true;
    });
  }

  async close(): Promise<void> {
    await this.cluster.close();
  }

  async #deploy(name: string): Promise<void> {
    const spec: PodSpec = { containers: [{ name: 'echo', image: 'metal-lb/echo' }] };
    await this.cluster.plane.admin.create('/apis/apps/v1/namespaces/default/deployments', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: name } },
        template: { metadata: { labels: { app: name } }, spec },
      },
    });
    await this.cluster.podsReady('default', `app=${name}`, 2);
  }
}

/** Port 80 leads to where the pods of `web` listen. */
export const WEB: { readonly selector: object; readonly ports: readonly object[] } = {
  selector: { app: 'web' },
  ports: [{ port: 80, targetPort: 8080 }],
};

async function shows(address: string, sample: string, value: number | undefined): Promise<void> {
  await eventually(
    `${sample} is ${String(value)}`,
    async () => {
      const found = (await scrape(`http://${address}:${METRICS_PORT}/metrics`)).get(sample);
      if (found === value) return true;
      throw new Error(`it is ${String(found)}`);
    },
    30_000,
  );
}

function forgiveAbsence(error: unknown): void {
  if (!(error instanceof Error) || !error.message.includes('404')) throw error;
}
