import { endpointsView, serviceView, sliceViews } from '../kube/index.ts';
import type { EndpointView, ServiceView } from '../model/index.ts';
import { type Manifest, isMapping } from './manifest.ts';

/** The folder as a cluster: what its files together say. */
export interface Picture {
  /** By `namespace/name`. Addresses and creation times are as the manifests have them, mostly not at all. */
  readonly services: ReadonlyMap<string, PicturedService>;
  /** Services that have an Endpoints manifest or slices. */
  readonly endpoints: ReadonlyMap<string, readonly EndpointView[]>;
  /** Every ConfigMap named `config`; exactly one is wanted. */
  readonly configs: readonly Placed[];
  /** What a person should know, each with the file it is about. */
  readonly remarks: readonly string[];
}

export interface PicturedService {
  readonly file: string;
  /** As the manifest has it; empty where it has none. */
  readonly clusterIP: string;
  readonly view: ServiceView;
}

export interface Placed {
  readonly file: string;
  readonly manifest: Manifest;
}

/** Puts the manifests of all files together; of two Services with one name the first in file order counts. */
export function picture(files: ReadonlyMap<string, readonly Manifest[]>, node: string): Picture {
  const services = new Map<string, PicturedService>();
  const endpoints = new Map<string, readonly EndpointView[]>();
  const configs: Placed[] = [];
  const remarks: string[] = [];
  for (const placed of inOrder(files)) {
    const { file, manifest } = placed;
    if (manifest.kind === 'Service') {
      const remark = addService(services, placed);
      if (remark !== undefined) remarks.push(remark);
    } else if (manifest.kind === 'ConfigMap' && manifest.name === 'config') {
      configs.push({ file, manifest });
    } else {
      const found = endpointsOf(manifest, node);
      if (found !== undefined) {
        endpoints.set(found.key, [...(endpoints.get(found.key) ?? []), ...found.views]);
      }
    }
  }
  return { services, endpoints, configs, remarks };
}

function inOrder(files: ReadonlyMap<string, readonly Manifest[]>): Placed[] {
  return [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([file, manifests]) => manifests.map((manifest) => ({ file, manifest })));
}

function addService(
  services: Map<string, PicturedService>,
  { file, manifest }: Placed,
): string | undefined {
  const key = keyOf(manifest);
  const first = services.get(key);
  if (first !== undefined) {
    return `${file}:${manifest.line}: Service ${key} is also in ${first.file}, which counts`;
  }
  const spec = isMapping(manifest.object['spec']) ? manifest.object['spec'] : {};
  const clusterIP = typeof spec['clusterIP'] === 'string' ? spec['clusterIP'] : '';
  services.set(key, { file, clusterIP, view: serviceView(completed(manifest, spec)) });
  return undefined;
}

/** The object as an API server would have filled it in. */
function completed({ namespace, name, object }: Manifest, spec: Record<string, unknown>): object {
  const metadata = isMapping(object['metadata']) ? object['metadata'] : {};
  const { clusterIPs, clusterIP, type = 'ClusterIP' } = spec;
  const given = Array.isArray(clusterIPs) || typeof clusterIP === 'string';
  return {
    ...object,
    metadata: { uid: `${namespace}/${name}`, ...metadata, namespace, name },
    spec: { ...spec, type, ...(given ? {} : { clusterIPs: standIns(spec) }) },
  };
}

/** An address of each family the Service has: only the families matter. A hand-written Service is IPv4. */
function standIns({ ipFamilies, ipFamilyPolicy }: Record<string, unknown>): readonly string[] {
  const families = Array.isArray(ipFamilies) ? ipFamilies : [];
  const dual = ipFamilyPolicy === 'RequireDualStack' || ipFamilyPolicy === 'PreferDualStack';
  const first = families[0] === 'IPv6' ? ['::', '0.0.0.0'] : ['0.0.0.0', '::'];
  return dual || families.length > 1 ? first : first.slice(0, 1);
}

/** Endpoints without a node are on this one: there is no other. */
function endpointsOf(
  manifest: Manifest,
  node: string,
): { key: string; views: readonly EndpointView[] } | undefined {
  const here = (views: readonly EndpointView[]): readonly EndpointView[] =>
    views.map((view) => ({ ...view, nodeName: view.nodeName ?? node }));
  if (manifest.kind === 'Endpoints') {
    return { key: keyOf(manifest), views: here(endpointsView(manifest.object)) };
  }
  if (manifest.kind !== 'EndpointSlice') return undefined;
  const { metadata } = manifest.object;
  const labels = isMapping(metadata) && isMapping(metadata['labels']) ? metadata['labels'] : {};
  const service = labels['kubernetes.io/service-name'];
  if (typeof service !== 'string') return undefined;
  return { key: `${manifest.namespace}/${service}`, views: here(sliceViews(manifest.object)) };
}

function keyOf({ namespace, name }: Manifest): string {
  return `${namespace}/${name}`;
}
