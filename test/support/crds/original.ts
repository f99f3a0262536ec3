import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import type { CustomResourceDefinition } from '../../../src/config-crd/schema/index.ts';

const FOLDER = new URL('../../fixtures/crds/', import.meta.url);

/** The definitions of a cluster that has the original's, by kind. */
export function originalDefinitions(): Readonly<Record<string, CustomResourceDefinition>> {
  const definitions = documents('upstream-v0.13.yaml') as CustomResourceDefinition[];
  return Object.fromEntries(definitions.map((each) => [each.spec.names.kind, each]));
}

export interface ResourceObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly [more: string]: unknown };
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** Objects that use every field that the original has. */
export function originalObjects(): readonly ResourceObject[] {
  return documents('objects.yaml') as ResourceObject[];
}

function documents(file: string): unknown[] {
  const text = readFileSync(new URL(file, FOLDER), 'utf8');
  return parseAllDocuments(text).map((document) => document.toJS() as unknown);
}
