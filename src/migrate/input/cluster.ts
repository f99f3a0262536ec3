import { Document } from 'yaml';
import {
  type ApiClient,
  ApiError,
  ConnectionError,
  type Json,
  type Resource,
  coreResource,
  isObject,
  member,
  pathOf,
  text,
} from '../../runtime/kube/index.ts';
import { seconds } from '../../runtime/platform/ports.ts';
import type { ClusterChoice, Terminal } from '../terminal.ts';
import { getOne, listAll } from '../cluster/listing.ts';
import type { Documents } from './documents.ts';
import { type FoundObject, type KubernetesObject, asResources } from './objects.ts';
import type { Unreadable } from './readable.ts';

/** What a cluster has, and what is to be told about what could not be read of it. */
export interface ClusterReading extends Documents {
  readonly notes: readonly string[];
}

/** Somebody waits: for all of a cluster's configuration. */
const PATIENCE = seconds(15);
const GROUP = 'metallb.io';

/** Where the kinds are; peers were v1beta1 before v0.13.2. crd.md §1 */
const KINDS: readonly (readonly [kind: string, resource: string, version: string])[] = [
  ['IPAddressPool', 'ipaddresspools', 'v1beta1'],
  ['AddressPool', 'addresspools', 'v1beta1'],
  ['L2Advertisement', 'l2advertisements', 'v1beta1'],
  ['BGPAdvertisement', 'bgpadvertisements', 'v1beta1'],
  ['BGPPeer', 'bgppeers', 'v1beta2'],
  ['BFDProfile', 'bfdprofiles', 'v1beta1'],
  ['Community', 'communities', 'v1beta1'],
];

/** Reads the ConfigMap of the cluster that is chosen, and the v0.13 resources beside it. */
export async function readCluster(
  choice: ClusterChoice & { readonly configmap: string },
  terminal: Terminal,
): Promise<ClusterReading | Unreadable> {
  const cluster = await terminal.connect(choice);
  if (cluster.kind === 'unreadable') return cluster;
  const late = new AbortController();
  const why = `${cluster.server} did not answer within ${PATIENCE / 1000} s`;
  const timer = terminal.clock.after(PATIENCE, () => late.abort(new ConnectionError(why)));
  const signal = AbortSignal.any([terminal.interrupted, late.signal]);
  try {
    return await readConfiguration(
      new Reader(cluster.client, choice.namespace, signal),
      choice.configmap,
    );
  } catch (error) {
    if (!(error instanceof ApiError) && !(error instanceof ConnectionError)) throw error;
    return { kind: 'unreadable', why: `${cluster.server}: ${error.message}` };
  } finally {
    timer[Symbol.dispose]();
    cluster.close();
  }
}

async function readConfiguration(
  reader: Reader,
  name: string,
): Promise<ClusterReading | Unreadable> {
  const [configMap, listed] = await Promise.all([
    reader.get('configmaps', name),
    Promise.all(KINDS.map((kind) => reader.list(kind))),
  ]);
  const objects = listed.flatMap(({ found }) => found);
  const secrets = await Promise.all(
    passwordsOf(objects).map((secret) => reader.get('secrets', secret)),
  );
  const found = [...objects, ...secrets.flatMap(({ found: secret }) => secret)];
  const legacy = configMap.found[0];
  const notes = [...notesOf(listed), ...forbiddenOf([...listed, ...secrets])];
  if (legacy === undefined && objects.length === 0) {
    const where = `ConfigMap "${name}" in namespace "${reader.namespace}"`;
    return {
      kind: 'unreadable',
      why: [`${where}: ${configMap.missing?.message ?? ''}`, ...notes].join('; '),
    };
  }
  const unread = forbiddenOf([configMap, ...listed, ...secrets]);
  const config = text(member(member(legacy, 'data'), 'config'));
  return {
    kind: 'found',
    text: config,
    notes: [...notesOf(listed), ...unread],
    ...(unread[0] !== undefined && { incomplete: unread[0] }),
    ...(legacy !== undefined && {
      legacy: documentOf(config, { name, namespace: reader.namespace }),
    }),
    ...(objects.length > 0 && { resources: asResources(found.map(withSyntax)) }),
  };
}

/** Positions count in the text of the ConfigMap's key, which is what people edit. */
function documentOf(
  config: string,
  { name, namespace }: { readonly name: string; readonly namespace: string },
): NonNullable<Documents['legacy']> {
  const origin = { kind: 'ConfigMap', name, namespace } as const;
  return { text: config, origin, locate: (line, column) => ({ line, column }) };
}

function withSyntax(object: KubernetesObject): FoundObject {
  return { object, node: new Document().createNode(object) };
}

function passwordsOf(objects: readonly KubernetesObject[]): readonly string[] {
  const names = objects.map((one) => text(member(member(one['spec'], 'passwordSecret'), 'name')));
  return [...new Set(names)].filter((name) => name !== '');
}

function notesOf(listed: readonly Found[]): readonly string[] {
  const unknown = KINDS.flatMap(([kind], at) => (listed[at]?.missing?.code === 404 ? [kind] : []));
  const kinds = unknown.length === KINDS.length ? 'v0.13 resources' : unknown.join(', ');
  return unknown.length > 0 ? [`the cluster has no ${kinds}: their CRDs are not installed`] : [];
}

function forbiddenOf(reads: readonly Found[]): readonly string[] {
  return reads.flatMap(({ missing }) =>
    missing?.code === 403 ? [`not all of the configuration could be read: ${missing.message}`] : [],
  );
}

/** Objects, or why there are none. */
interface Found {
  readonly found: readonly KubernetesObject[];
  readonly missing?: ApiError;
}

/** Reads of one namespace. What is not there, or may not be read, is missing; any other failure is thrown. */
class Reader {
  readonly namespace: string;
  readonly #client: ApiClient;
  readonly #signal: AbortSignal;

  constructor(client: ApiClient, namespace: string, signal: AbortSignal) {
    this.#client = client;
    this.namespace = namespace;
    this.#signal = signal;
  }

  get(resource: string, name: string): Promise<Found> {
    return orMissing(async () => {
      const path = pathOf(coreResource(resource, this.namespace), name);
      const object = await getOne(this.#client, path, this.#signal);
      return { found: isObject(object) ? [{ kind: kindOf(resource), ...object }] : [] };
    });
  }

  async list([kind, resource, version]: (typeof KINDS)[number]): Promise<Found> {
    const listed = await this.#list(kind, { group: GROUP, version, resource });
    const older = listed.missing?.code === 404 && version !== 'v1beta1';
    return older ? this.#list(kind, { group: GROUP, version: 'v1beta1', resource }) : listed;
  }

  #list(kind: string, resource: Resource): Promise<Found> {
    return orMissing(async () => {
      const apiVersion = `${GROUP}/${resource.version}`;
      const collection = { ...resource, namespace: this.namespace };
      const items = await listAll(this.#client, collection, this.#signal);
      const found = items.map((item) => plain(item, apiVersion, kind));
      return { found };
    });
  }
}

/** An item of a list, which does not say what it is, without what others keep in it. */
function plain(item: Json, apiVersion: string, kind: string): KubernetesObject {
  const metadata = Object.fromEntries(
    ['name', 'namespace', 'labels', 'annotations'].flatMap((key) => {
      const value = member(member(item, 'metadata'), key);
      return value === undefined ? [] : [[key, value]];
    }),
  );
  const spec = member(item, 'spec');
  return { apiVersion, kind, metadata, ...(spec !== undefined && { spec }) };
}

function kindOf(resource: string): string {
  return resource === 'secrets' ? 'Secret' : 'ConfigMap';
}

async function orMissing(read: () => Promise<Found>): Promise<Found> {
  try {
    return await read();
  } catch (error) {
    const expected = error instanceof ApiError && [403, 404].includes(error.code);
    if (!expected) throw error;
    return { found: [], missing: error };
  }
}
