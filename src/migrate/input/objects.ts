import {
  type Document,
  LineCounter,
  type Node,
  type ScalarTag,
  type YAMLParseError,
  isMap,
  isSeq,
  parseAllDocuments,
} from 'yaml';
import type { ResourceProblem, SecretContent } from '../../config-crd/index.ts';
import { type Problem, Secret } from '../../runtime/model/index.ts';

/** An object in a text, and the syntax that it was read from: comments and places are in that. */
export interface FoundObject {
  readonly object: KubernetesObject;
  readonly node: Node;
}

export interface KubernetesObject {
  readonly apiVersion?: unknown;
  readonly kind?: unknown;
  readonly metadata?: { readonly name?: unknown; readonly namespace?: unknown };
  readonly [member: string]: unknown;
}

/** The v0.13 resources of a text, as they are written there. */
export interface FoundResources {
  /** Those of the group `metallb.io`, in the order of the text. */
  readonly resources: readonly FoundObject[];
  /** The Secrets beside them, by name. */
  readonly secrets: ReadonlyMap<string, SecretContent>;
  /** The one that the first of them names: only objects of one namespace configure. */
  readonly namespace: string;
  /** The problem with its place in the text: that of the field, or of what holds it. */
  readonly place: (problem: ResourceProblem) => Problem;
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

/** Finds the v0.13 resources of a text, read as kubectl reads it, or says why it cannot be read. */
export function findResources(text: string): FoundResources | { readonly problem: Problem } {
  const lines = new LineCounter();
  const documents = [
    ...parseAllDocuments(text, {
      ...{ lineCounter: lines, merge: true, customTags },
      prettyErrors: false,
    }),
  ];
  const [error] = documents.flatMap(({ errors }) => errors);
  if (error !== undefined) return { problem: syntaxProblem(error, lines) };
  try {
    const found = documents.flatMap((document) => unpacked(document.contents, document));
    return asResources(found, lines);
  } catch (failure) {
    // Its aliases cannot be followed: they are unknown, cyclic or far too many.
    if (!(failure instanceof ReferenceError)) throw failure;
    return { problem: { path: '', reason: 'yaml-syntax', message: failure.message } };
  }
}

/** The resources and Secrets among objects; the lines of a text tell where problems are, without one objects do. */
export function asResources(found: readonly FoundObject[], lines?: LineCounter): FoundResources {
  const resources = found.filter(({ object }) => String(object.apiVersion).startsWith(GROUP));
  return {
    resources,
    secrets: secretsAmong(found),
    namespace: namespaceOf(resources),
    place: lines === undefined ? inObject : (problem) => inText(problem, resources, lines),
  };
}

function syntaxProblem(
  { message, pos }: Pick<YAMLParseError, 'message' | 'pos'>,
  lines: LineCounter,
): Problem {
  const { line, col: column } = lines.linePos(pos[0]);
  return { path: '', reason: 'yaml-syntax', message: `yaml: ${message}`, line, column };
}

/** An object, or the items of a List. */
function unpacked(contents: unknown, document: Document): FoundObject[] {
  if (!isMap(contents)) return [];
  const items = contents.get('items');
  if (isSeq(items) && String(contents.get('kind')).endsWith('List')) {
    return items.items.flatMap((item) => unpacked(item, document));
  }
  return [{ object: contents.toJS(document) as KubernetesObject, node: contents }];
}

function namespaceOf(resources: readonly FoundObject[]): string {
  const [first] = resources.flatMap(({ object }) => {
    const namespace = object.metadata?.namespace;
    return typeof namespace === 'string' ? [namespace] : [];
  });
  return first ?? NAMESPACE;
}

function secretsAmong(found: readonly FoundObject[]): ReadonlyMap<string, SecretContent> {
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

function inText(
  { object, ...problem }: ResourceProblem,
  resources: readonly FoundObject[],
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

/** The problem with its object told in its path, as in `IPAddressPool/teal spec.addresses[0]`. */
function inObject({ object, ...problem }: ResourceProblem): Problem {
  if (object === undefined) return problem;
  return { ...problem, path: `${object.kind}/${object.name} ${problem.path}`.trim() };
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
