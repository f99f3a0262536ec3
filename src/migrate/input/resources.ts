import {
  type Document,
  LineCounter,
  type Node,
  type ScalarTag,
  isMap,
  isSeq,
  parseAllDocuments,
} from 'yaml';
import {
  type ResourceProblem,
  type ResourceSet,
  type SecretContent,
  readResources,
} from '../../config-crd/index.ts';
import { CRDS, admit } from '../../config-crd/schema/index.ts';
import type { LegacyMode } from '../../config-legacy/index.ts';
import { type Problem, Secret } from '../../runtime/model/index.ts';
import type { Validation } from './validation.ts';

/** An object in a text, and the syntax that it was read from. */
interface Found {
  readonly object: KubernetesObject;
  readonly node: Node;
}

interface KubernetesObject {
  readonly apiVersion?: unknown;
  readonly kind?: unknown;
  readonly metadata?: { readonly name?: unknown; readonly namespace?: unknown };
  readonly [member: string]: unknown;
}

const GROUP = 'metallb.io/';
const NAMESPACE = 'metallb-system';

/** Words for true and false that kubectl takes beside those of YAML 1.2. */
const WORDS: readonly (readonly [boolean, RegExp])[] = [
  [true, /^(?:y|Y|yes|Yes|YES|on|On|ON)$/],
  [false, /^(?:n|N|no|No|NO|off|Off|OFF)$/],
];
const customTags = WORDS.map(([value, test]): ScalarTag => {
  return { tag: 'tag:yaml.org,2002:bool', default: true, test, resolve: () => value };
});

/**
 * Checks the v0.13 resources of a text as an API server with our CRDs would and as the programs read them, or says
 * `undefined` where there are none. Positions count in the text.
 */
export function validateResources(text: string, mode: LegacyMode): Validation | undefined {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, merge: true, customTags });
  if (!Array.isArray(documents) || documents.some(({ errors }) => errors.length > 0)) {
    return undefined;
  }
  const found = everyObject(documents);
  if (!Array.isArray(found)) return { kind: 'invalid', problems: [found] };
  const resources = found.filter(({ object }) => String(object.apiVersion).startsWith(GROUP));
  if (resources.length === 0) return undefined;
  const placed = (problem: ResourceProblem): Problem => inText(problem, resources, lines);
  const { objects, problems } = admitted(resources);
  if (problems.length > 0) return { kind: 'invalid', problems: problems.map(placed) };
  const set: ResourceSet = { objects, secrets: secretsAmong(found) };
  const reading = readResources(set, { namespace: namespaceOf(resources), mode });
  if (reading.kind === 'refused') {
    return { kind: 'invalid', problems: reading.problems.map(placed) };
  }
  return { kind: 'valid', config: reading.config, warnings: reading.warnings.map(placed) };
}

/** What the documents hold, or why their aliases cannot be followed: they are unknown, cyclic or far too many. */
function everyObject(documents: readonly Document[]): Found[] | Problem {
  try {
    return documents.flatMap((document) => unpacked(document.contents, document));
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    return { path: '', reason: 'yaml-syntax', message: error.message };
  }
}

/** An object, or the items of a List. */
function unpacked(contents: unknown, document: Document): Found[] {
  if (!isMap(contents)) return [];
  const items = contents.get('items');
  if (isSeq(items) && String(contents.get('kind')).endsWith('List')) {
    return items.items.flatMap((item) => unpacked(item, document));
  }
  return [{ object: contents.toJS(document) as KubernetesObject, node: contents }];
}

/** What a server with our CRDs would store of them. Kinds that it does not know are left to the rules. */
function admitted(resources: readonly Found[]): {
  readonly objects: readonly unknown[];
  readonly problems: readonly ResourceProblem[];
} {
  const objects: unknown[] = [];
  const problems: ResourceProblem[] = [];
  for (const { object } of resources) {
    const definition = Object.entries(CRDS).find(([kind]) => kind === object.kind)?.[1];
    const admission = definition && admit(object, definition);
    if (admission?.kind === 'refused') problems.push(...admission.problems);
    objects.push(admission?.kind === 'stored' ? admission.object : object);
  }
  return { objects, problems };
}

/** The one namespace that the resources are in; only objects of one namespace configure. */
function namespaceOf(resources: readonly Found[]): string {
  const [first] = resources.flatMap(({ object }) => {
    const namespace = object.metadata?.namespace;
    return typeof namespace === 'string' ? [namespace] : [];
  });
  return first ?? NAMESPACE;
}

function secretsAmong(found: readonly Found[]): ReadonlyMap<string, SecretContent> {
  const secrets = found.filter(({ object }) => object.kind === 'Secret');
  return new Map(secrets.map(({ object }) => [String(object.metadata?.name), contentOf(object)]));
}

function contentOf({ type, ...object }: KubernetesObject): SecretContent {
  const { password: encoded } = (object['data'] ?? {}) as { readonly password?: unknown };
  const { password: plain } = (object['stringData'] ?? {}) as { readonly password?: unknown };
  const known = { type: typeof type === 'string' ? type : 'Opaque' };
  if (typeof plain === 'string') return { ...known, password: new Secret(plain) };
  if (typeof encoded !== 'string') return known;
  return { ...known, password: new Secret(Buffer.from(encoded, 'base64').toString('utf8')) };
}

/** The problem with its place in the text: that of the field, or of what holds it. */
function inText(
  { object, ...problem }: ResourceProblem,
  resources: readonly Found[],
  lines: LineCounter,
): Problem {
  const found = resources.find(({ object: { kind, metadata } }) => {
    return kind === object?.kind && metadata?.name === object?.name;
  });
  const node = found && nearestNode(found.node, problem.path);
  const offset = node?.range?.[0];
  if (offset === undefined) return problem;
  const { line, col: column } = lines.linePos(offset);
  return { ...problem, line, column };
}

/** As far into the syntax as the path leads. */
function nearestNode(root: Node, path: string): Node {
  let node = root;
  for (const [, index, key] of path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)) {
    const next = isSeq(node)
      ? node.get(Number(index), true)
      : isMap(node)
        ? node.get(key, true)
        : undefined;
    if (!isNode(next)) return node;
    node = next;
  }
  return node;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'range' in value;
}
