import { readFileSync } from 'node:fs';

/** One object as somebody creates it, and what the server stores, or the class of what it says. crd.md, head */
export interface SchemaCase {
  readonly id: string;
  readonly stage: 'schema';
  readonly mode: 'none';
  readonly note?: string;
  readonly objects: readonly [{ readonly apiVersion: string; readonly kind: string }];
  readonly expect?: { readonly stored: readonly unknown[] };
  readonly error?: string;
  /** The place, and what is wrong there, in words of their own. */
  readonly upstreamMessage?: string;
}

export const SCHEMA_CASE_FIELDS: readonly string[] = [
  ...['id', 'stage', 'mode', 'note', 'objects', 'expect', 'error', 'upstreamMessage'],
];

const FIXTURE = new URL('../../fixtures/cases/crd.json', import.meta.url);

export function schemaCases(): readonly SchemaCase[] {
  const cases = JSON.parse(readFileSync(FIXTURE, 'utf8')) as readonly { readonly stage: string }[];
  return cases.filter((each): each is SchemaCase => each.stage === 'schema');
}
