import { readFileSync, readdirSync } from 'node:fs';
import { format } from 'prettier';
import { describe, expect, test } from 'vitest';
import { Document } from 'yaml';
import { CRDS, type StructuralSchema } from '../../src/config-crd/schema/index.ts';
import { originalDefinitions } from '../support/crds/original.ts';
import { parseAll } from './native-files.ts';
import { isOurDefinition } from '../support/crds/mark.ts';

const FOLDER = new URL('../../manifests/v0.13/crds/', import.meta.url);
const HEADER = ` Printed from src/config-crd/schema/crds. After a change there, write it anew:
 npx vitest run test/manifests/crds.test.ts --update`;
const PRINTED = Object.values(CRDS).map((crd) => [`${crd.spec.names.plural}.yaml`, crd] as const);
const FILES = PRINTED.map(([file]) => file).sort();

test.each(PRINTED)('%s is the definition that the programs have', async (file, crd) => {
  const document = new Document(crd, { aliasDuplicateObjects: false });
  document.commentBefore = HEADER;
  const text = await format(document.toString({ lineWidth: 100 }), {
    parser: 'yaml',
    printWidth: 100,
    singleQuote: true,
  });
  await expect(text).toMatchFileSnapshot(new URL(file, FOLDER).pathname);
});

test('the folder holds the definitions, and a kustomization of all of them', () => {
  expect(readdirSync(FOLDER).sort()).toEqual([...FILES, 'kustomization.yaml'].sort());
  expect(parseAll(textOf('kustomization.yaml'))).toEqual([
    { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources: FILES },
  ]);
});

test.each(PRINTED)('%s means the same to readers of YAML 1.1 and of YAML 1.2', (file, crd) => {
  expect(parseAll(textOf(file), '1.1')).toEqual([crd]);
  expect(parseAll(textOf(file), '1.2')).toEqual([crd]);
});

describe.each(PRINTED)('%s', (_, crd) => {
  test('is marked as ours', () => {
    expect(crd.metadata.annotations).toEqual({ 'metal-lb.io/schema': 'v1' });
    expect(isOurDefinition(crd)).toBe(true);
    expect(isOurDefinition(originalDefinitions()[crd.spec.names.kind])).toBe(false);
  });

  test('describes every field', () => {
    for (const { schema } of crd.spec.versions) {
      expect(undescribed(schema.openAPIV3Schema, '')).toEqual([]);
    }
  });

  test('has no limit that its format cannot hold', () => {
    for (const { schema } of crd.spec.versions) {
      for (const { format: kind, minimum = 0, maximum = 0 } of fields(schema.openAPIV3Schema)) {
        const limit = kind === 'int32' ? 2 ** 31 : 2 ** 53;
        expect([minimum >= -limit, maximum < limit]).toEqual([true, true]);
      }
    }
  });

  test('stores one version, which has conditions in its status', () => {
    const stored = crd.spec.versions.filter(({ storage }) => storage);
    expect(stored).toHaveLength(1);
    for (const { subresources, schema } of crd.spec.versions) {
      expect(subresources).toEqual({ status: {} });
      expect(schema.openAPIV3Schema.properties!['status']!.properties).toHaveProperty('conditions');
    }
  });
});

function textOf(file: string): string {
  return readFileSync(new URL(file, FOLDER), 'utf8');
}

/** Fields without a description; those that every object has need none, nor do the elements of lists of texts. */
function undescribed(schema: StructuralSchema, path: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    if (path === '' && name === 'metadata') return [];
    const place = `${path}.${name}`;
    const below = [field, ...(field.items === undefined ? [] : [field.items])];
    const inside = below.flatMap((part) => undescribed(part, place));
    return field.description === undefined ? [place, ...inside] : inside;
  });
}

function fields(schema: StructuralSchema): StructuralSchema[] {
  const below = [
    ...Object.values(schema.properties ?? {}),
    ...(schema.items ? [schema.items] : []),
  ];
  return [schema, ...below.flatMap(fields)];
}
