import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Cluster,
  type ClusterOptions,
  Installation,
  NAMESPACE,
  Services,
  eventually,
  startCluster,
} from '../../cluster/index.ts';
import type { InstallationOptions } from '../../cluster/installation.ts';
import type { RunningContainer } from '../../cluster/kubelet/container.ts';
import { type Metrics, scrape } from '../../cluster/metrics.ts';
import type { LanHost } from '../../cluster/index.ts';

/** One of our two programs where a pod runs it. */
export interface OurPod {
  /** `controller`, or `speaker` and its node. */
  readonly name: string;
  readonly container: RunningContainer;
  metrics(): Promise<Metrics>;
}

/** A cluster with an install on it, two pods that answer over HTTP, and a machine from which to ask by ARP. */
export interface Site {
  readonly cluster: Cluster;
  readonly installation: Installation;
  readonly services: Services;
  readonly asker: LanHost;
}

export interface SiteOptions extends Pick<ClusterOptions, 'nodes' | 'audit' | 'nodePorts'> {
  /** One range of addresses, as a pool's list has it. */
  readonly range: string;
  readonly limits?: InstallationOptions['limits'];
}

const POOL = 'default';
const ASKER = 51;
const ECHO = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'metal-lb/echo' }] },
    },
  },
};
/** What a Service of this site asks for: it leads to the pods that answer. */
export const WEB = {
  spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
} as const;

/** Starts it all; the pods need not be ready when this resolves. */
export async function openSite({ range, limits, nodes = 2, ...plane }: SiteOptions): Promise<Site> {
  const cluster = await startCluster({ ...plane, nodes, backOff: () => 0 });
  try {
    const { admin } = cluster.plane;
    await admin.create('/apis/apps/v1/namespaces/default/deployments', ECHO);
    await cluster.podsReady('default', 'app=web', 2);
    const options = { images: 'ours', ...(limits !== undefined && { limits }) } as const;
    const installation = await Installation.apply(cluster.plane, 'v0.12.1', options);
    await installation.configure(
      `address-pools: [{name: ${POOL}, protocol: layer2, addresses: [${range}]}]\n`,
    );
    const asker = cluster.lan.add({ name: 'asker', number: ASKER });
    return { cluster, installation, services: new Services(admin), asker };
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

/** Waits until the controller and a speaker on every node are ready, as their probes see it. */
export async function allReady({ cluster }: Site, within?: number): Promise<void> {
  await cluster.podsReady(NAMESPACE, 'app=metallb', cluster.nodes.length + 1, within);
}

/** The programs that run now, the controller first. */
export function ourPods({ cluster }: Site): OurPod[] {
  const pods = ['controller', 'speaker'].flatMap((component) =>
    cluster.kubelet.pods({ component }, NAMESPACE),
  );
  return pods.map((pod) => {
    const container = pod.container();
    if (container === undefined) throw new Error('a pod without a container');
    const controller = pod.pod.metadata?.labels?.['component'] === 'controller';
    return {
      name: controller ? 'controller' : `speaker on ${pod.node.name}`,
      container,
      metrics: async () => await scrape(`http://${pod.address}:7472/metrics`),
    };
  });
}

/** The last words of every program, for whoever wonders why a test failed. */
export function lastWords(site: Site): void {
  for (const { name, container } of ourPods(site)) {
    const words = readFileSync(container.log, 'utf8').slice(-4000);
    process.stdout.write(`${name}, ${container.restarts} restarts:\n${words}\n`);
  }
}

export function addressOf(last: number): string {
  return `192.0.2.${last}`;
}

/** The values of a metric by the value of one label, over all series. */
function byLabel(metrics: Metrics, metric: string, label: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const [series, value] of metrics) {
    if (!series.startsWith(`${metric}{`)) continue;
    const key = new RegExp(`[{,]${label}="([^"]*)"`).exec(series)?.[1];
    if (key !== undefined) found.set(key, value);
  }
  return found;
}

/** What the programs say that they announce: Service by Service, the addresses, once for each speaker that does. */
export async function announced(site: Site): Promise<string[]> {
  const speakers = ourPods(site).filter(({ name }) => name !== 'controller');
  const pages = await Promise.all(speakers.map(async (pod) => await pod.metrics()));
  return pages.flatMap((page) => [...byLabel(page, 'metallb_speaker_announced', 'ip').keys()]);
}

/** How many addresses of the pool are taken, as the controller counts. */
export async function inUse(site: Site): Promise<number | undefined> {
  const page = await ourPods(site)[0]?.metrics();
  if (page === undefined) return undefined;
  return byLabel(page, 'metallb_allocator_addresses_in_use_total', 'pool').get(POOL);
}

/** Waits until exactly these addresses are announced, each by one speaker. */
export async function announcedAre(site: Site, addresses: readonly string[]): Promise<void> {
  await eventually(
    `${addresses.length} addresses are announced`,
    async () => {
      const found = (await announced(site)).sort();
      const wanted = [...addresses].sort();
      if (found.join() === wanted.join()) return true;
      throw new Error(`announced are ${found.join(', ')}`);
    },
    60_000,
  );
}

/** One visit to a Service. */
export interface Visit {
  readonly at: number;
  /** Why it failed, if it did. */
  readonly failure?: string;
}

/** A client that calls a URL again and again until it is told to stop; returns what came of every visit. */
export function visit(host: LanHost, url: string, every: number): () => Promise<readonly Visit[]> {
  const stopping = new AbortController();
  const visits: Visit[] = [];
  const ended = (async () => {
    while (!stopping.signal.aborted) {
      const at = Date.now();
      visits.push({ at, ...(await failureOf(host, url)) });
      await pause(Math.max(0, at + every - Date.now()));
    }
  })();
  return async () => {
    stopping.abort();
    await ended;
    return visits;
  };
}

async function failureOf(host: LanHost, url: string): Promise<{ readonly failure?: string }> {
  try {
    await host.curl(url);
    return {};
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { failure: error.message };
  }
}

/** One line of the figures that this run found, for whoever reads the log of a run. */
export function report(what: string, figures: Readonly<Record<string, unknown>>): void {
  const told = Object.entries(figures).map(([name, value]) => `${name} ${shown(value)}`);
  process.stdout.write(`${what}: ${told.join(', ')}\n`);
}

function shown(value: unknown): string {
  if (typeof value === 'number') return String(Math.round(value * 100) / 100);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
