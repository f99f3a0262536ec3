import { readFileSync, readdirSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';

const FOLDER = new URL('../../manifests/v0.12/', import.meta.url);

export function fileNames(): string[] {
  return readdirSync(FOLDER).sort();
}

export function textOf(file: string): string {
  return readFileSync(new URL(file, FOLDER), 'utf8');
}

/** The objects of a file; whatever YAML warns of is an error, and so is a key said twice. */
export function objectsOf(file: string, version: '1.1' | '1.2' = '1.2'): object[] {
  return parseAll(textOf(file), version);
}

export function parseAll(text: string, version: '1.1' | '1.2' = '1.2'): object[] {
  const documents = parseAllDocuments(text, { version, uniqueKeys: true, strict: true });
  if ('empty' in documents) return [];
  return documents.map((document) => {
    const [fault] = [...document.errors, ...document.warnings];
    if (fault !== undefined) throw fault;
    return document.toJS() as object;
  });
}
