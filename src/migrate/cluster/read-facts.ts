import { CRDS } from '../../config-crd/schema/index.ts';
import {
  type ApiClient,
  type Json,
  type Resource,
  coreResource,
  identify,
  member,
  namespaceView,
  nodeView,
  pathOf,
  text,
  withoutManagedFields,
} from '../../runtime/kube/index.ts';
import type { Labels, NodeView } from '../../runtime/model/index.ts';
import { readEndpoints } from './endpoints.ts';
import type { ClusterFacts, FactsReading, Gap } from './facts.ts';
import { installationOf } from './installed.ts';
import { Reader, Unreadable } from './reader.ts';
import { readNamed, readSecrets } from './secrets.ts';

/** Which cluster is read, and where in it MetalLB is. */
export interface FactsOptions {
  readonly namespace: string;
  /** Ends the reading, with its reason as the rejection. */
  readonly signal: AbortSignal;
  /** Hears what is being read. */
  readonly progress?: (line: string) => void;
}

/** Where each kind of the group is read: in the version that is stored, else in those before it. */
const KINDS = Object.values(CRDS).map(({ metadata, spec }) => {
  const version = spec.versions.find(({ storage }) => storage)?.name ?? '';
  const { kind, plural } = spec.names;
  const resource = { group: spec.group, version, resource: plural };
  const older = spec.versions.map(({ name }) => name).filter((name) => name !== version);
  return { kind, versions: [version, ...older], definition: metadata.name, resource };
});
const GROUP = 'metallb.io';
const DEFINITIONS: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  resource: 'customresourcedefinitions',
};

/**
 * Reads everything that decides about addresses and announcements, by GET alone. What may not be read is a gap; without
 * an answer, or without Services, there are no facts. Rejects only when the signal aborts.
 */
export async function readClusterFacts(
  client: ApiClient,
  options: FactsOptions,
): Promise<FactsReading> {
  const reader = new Reader(client, options);
  return await readingOf(() => readEverything(reader, options.namespace));
}

/** The same facts with the Secrets of these names, which somebody is about to make. */
export async function withSecretsNamed(
  client: ApiClient,
  names: readonly string[],
  { facts, ...options }: FactsOptions & { readonly facts: ClusterFacts },
): Promise<FactsReading> {
  const unread = names.filter((name) => !facts.secrets.has(name));
  const reader = new Reader(client, options);
  return await readingOf(async () => {
    const found = await readNamed(reader, options.namespace, unread);
    const secrets = new Map([...facts.secrets, ...found]);
    return { ...facts, secrets, gaps: [...facts.gaps, ...reader.gaps] };
  });
}

async function readingOf(read: () => Promise<ClusterFacts>): Promise<FactsReading> {
  try {
    return { kind: 'facts', facts: await read() };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { kind: 'unreadable', why: error.message };
  }
}

async function readEverything(reader: Reader, namespace: string): Promise<ClusterFacts> {
  const services = (await reader.list(coreResource('services'), undefined)) ?? [];
  const installation = installationOf(await readWorkloads(reader, namespace));
  const [nodes, namespaces, endpoints] = [
    await readNodes(reader),
    await readNamespaces(reader),
    await readEndpoints(reader, installation.slices),
  ];
  const configMap = await readConfigMap(reader, { namespace, name: installation.configMap });
  const extras = await readConfigMap(reader, { namespace, name: 'bgpextras' });
  const bgpExtras = extrasIn(extras);
  const resources = await readResourcesOf(reader, namespace);
  const definitions = await readDefinitions(reader);
  return {
    namespace,
    installation,
    services: services.map(withoutManagedFields),
    ...(endpoints && { endpoints }),
    ...(nodes && { nodes }),
    ...(namespaces && { namespaces }),
    ...(configMap !== undefined && { configMap: object('v1', 'ConfigMap', configMap) }),
    ...(bgpExtras !== '' && { bgpExtras }),
    resources,
    ...definitions,
    secrets: await readSecrets(reader, namespace, resources),
    gaps: reader.gaps.filter((gap) => !isEmpty(gap, definitions)),
  };
}

/** Of a definition that is not installed there are no objects, even if one may not ask for them. */
function isEmpty(
  { what, hides }: Gap,
  { definitions }: Pick<ClusterFacts, 'definitions'>,
): boolean {
  return hides === 'resources' && definitions?.has(`${what}.${GROUP}`) === false;
}

async function readWorkloads(
  reader: Reader,
  namespace: string,
): Promise<Parameters<typeof installationOf>[0]> {
  const apps = (resource: string): Resource => {
    return { group: 'apps', version: 'v1', resource, namespace };
  };
  const unknown = 'which programs run, and with which flags, is taken for granted';
  const deployments = (await reader.list(apps('deployments'), unknown)) ?? [];
  const daemonSets = (await reader.list(apps('daemonsets'), unknown)) ?? [];
  const consequence = 'which nodes have a speaker is not known, nor who announces what';
  const pods = await reader.list(coreResource('pods', namespace), consequence);
  return { deployments, daemonSets, ...(pods && { pods }) };
}

async function readNodes(reader: Reader): Promise<ReadonlyMap<string, NodeView> | undefined> {
  const consequence = 'what turns on labels of nodes cannot be said';
  const listed = await reader.list(coreResource('nodes'), consequence);
  return listed && new Map(listed.map(nodeView).map((view) => [view.name, view]));
}

async function readNamespaces(reader: Reader): Promise<ReadonlyMap<string, Labels> | undefined> {
  const consequence = 'what turns on labels of namespaces cannot be said';
  const listed = await reader.list(coreResource('namespaces'), consequence);
  return listed && new Map(listed.map(namespaceView).map(({ name, labels }) => [name, labels]));
}

async function readConfigMap(
  reader: Reader,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<Json> {
  const path = pathOf(coreResource('configmaps', namespace), name);
  return await reader.get(path, {
    what: `ConfigMap ${namespace}/${name}`,
    consequence: 'what it configures is not known',
    ...(name !== 'bgpextras' && { hides: 'ConfigMap' }),
  });
}

function extrasIn(configMap: Json): string {
  return text(member(member(configMap, 'data'), 'extras'));
}

async function readResourcesOf(reader: Reader, namespace: string): Promise<readonly Json[]> {
  const objects: Json[] = [];
  for (const { kind, versions, resource } of KINDS) {
    const consequence = `whether there are ${resource.resource} is not known`;
    for (const version of versions) {
      const place = { ...resource, version, namespace };
      const listed = await reader.list(place, consequence, 'resources');
      const apiVersion = `${GROUP}/${version}`;
      for (const one of listed ?? []) objects.push(object(apiVersion, kind, one));
      // Nothing at all may mean that the version is not served: BGPPeers were v1beta1 before v0.13.2.
      if (listed?.length !== 0) break;
    }
  }
  return objects;
}

async function readDefinitions(reader: Reader): Promise<Pick<ClusterFacts, 'definitions'>> {
  const definitions = new Map<string, Json>();
  for (const { definition } of KINDS) {
    const gaps = reader.gaps.length;
    const found = await reader.get(pathOf(DEFINITIONS, definition), {
      what: 'customresourcedefinitions',
      consequence: 'which definitions have to be installed is not known',
    });
    if (reader.gaps.length > gaps) return {};
    const name = identify(found)?.name;
    if (name !== undefined) definitions.set(name, found);
  }
  return { definitions };
}

/** Items of a list do not say what they are. */
function object(apiVersion: string, kind: string, found: Json): Json {
  return { ...(withoutManagedFields(found) as object), apiVersion, kind };
}
