import { readFileSync, readdirSync } from 'node:fs';
import { parseAll } from '../native-files.ts';

/** The folder of the manifests of v0.13. */
const FOLDER = new URL('../../../manifests/v0.13/', import.meta.url);

/** Everything in the folder but what is in `crds`, as paths from there. */
export function fileNames(): string[] {
  return readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml') && !file.startsWith('crds/'))
    .sort();
}

export function textOf(file: string): string {
  return readFileSync(new URL(file, FOLDER), 'utf8');
}

/** The objects of a file; whatever YAML warns of is an error, and so is a key said twice. */
export function objectsOf(file: string, version: '1.1' | '1.2' = '1.2'): object[] {
  return parseAll(textOf(file), version);
}
