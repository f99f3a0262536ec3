import { CORE_SCHEMA, YAMLException, loadAll } from 'js-yaml';
import type { Problem } from '../model/index.ts';

/** One Kubernetes object of a file. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** One-based line at which its document starts. */
  readonly line: number;
  readonly object: Readonly<Record<string, unknown>>;
}

/** What a file holds. A file that is not YAML at all is broken; one with odd objects in it is merely incomplete. */
export type Manifests =
  | {
      readonly kind: 'read';
      readonly manifests: readonly Manifest[];
      readonly problems: readonly Problem[];
    }
  | { readonly kind: 'broken'; readonly problem: Problem };

/** What the API server takes as the name of an object, or nearly. */
const NAME = /^[a-z0-9]([-a-z0-9.:]{0,251}[a-z0-9])?$/i;

interface Document {
  readonly line: number;
  readonly value: unknown;
}

/** Reads YAML or JSON: one object, several documents, `List`s of objects. */
export function readManifests(text: string): Manifests {
  const documents = loadDocuments(text);
  if ('message' in documents) return { kind: 'broken', problem: documents };
  const manifests: Manifest[] = [];
  const problems: Problem[] = [];
  for (const { line, value } of documents.flatMap(items)) {
    if (value === null || value === undefined) continue;
    const found = readManifest(value, line);
    if ('message' in found) problems.push(found);
    else manifests.push(found);
  }
  return { kind: 'read', manifests, problems };
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function loadDocuments(text: string): readonly Document[] | Problem {
  const starts: number[] = [];
  let depth = 0;
  try {
    const values = loadAll(text, null, {
      schema: CORE_SCHEMA,
      listener: (event, { line }) => {
        if (event === 'open' && depth === 0) starts.push(line + 1);
        depth += event === 'open' ? 1 : -1;
      },
    });
    return values.map((value, index) => ({ value, line: starts[index] ?? 1 }));
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const { line, column } = error.mark as { line: number; column: number };
    const place = { line: line + 1, column: column + 1 };
    return { path: '', reason: 'yaml-syntax', message: error.reason, ...place };
  }
}

/** The objects of a `List`, or the document itself. */
function items({ line, value }: Document): readonly Document[] {
  if (!isMapping(value) || !Array.isArray(value['items'])) return [{ line, value }];
  if (typeof value['kind'] !== 'string' || !value['kind'].endsWith('List')) {
    return [{ line, value }];
  }
  return value['items'].map((item: unknown) => ({ line, value: item }));
}

function readManifest(value: unknown, line: number): Manifest | Problem {
  const refuse = (message: string): Problem => {
    return { path: '', reason: 'not-an-object', message, line, column: 1 };
  };
  if (!isMapping(value)) {
    return refuse('not a Kubernetes object: a mapping with kind and metadata is wanted');
  }
  const { apiVersion, kind, metadata } = value;
  if (typeof kind !== 'string' || kind === '') {
    return refuse('not a Kubernetes object: it has no kind');
  }
  const { name, namespace = 'default' } = isMapping(metadata) ? metadata : {};
  if (typeof name !== 'string' || name === '') return refuse(`${kind} without metadata.name`);
  if (typeof namespace !== 'string' || !NAME.test(namespace) || !NAME.test(name)) {
    return refuse(`${kind} ${JSON.stringify(name)}: not a legal name or namespace`);
  }
  const version = typeof apiVersion === 'string' ? apiVersion : '';
  return { apiVersion: version, kind, namespace, name, line, object: value };
}
