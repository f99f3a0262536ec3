import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CRDS, type FormatCheck, admit } from '../../src/config-crd/schema/index.ts';
import { objectsOf } from '../support/crds/objects.ts';
import { originalDefinitions } from '../support/crds/original.ts';

const originals = originalDefinitions();
const FORMATS: readonly FormatCheck[] = ['enforced', 'ignored'];

describe.each(Object.entries(CRDS))('%s', (kind, ours) => {
  test.each(FORMATS)(
    'whatever the original definition stores, ours stores just so (formats %s)',
    (formats) => {
      fc.assert(
        fc.property(objectsOf(originals[kind]!), (object) => {
          const theirs = admit(object, originals[kind]!, formats);
          if (theirs.kind === 'stored') expect(admit(object, ours, formats)).toEqual(theirs);
        }),
      );
    },
  );

  test('sound objects are stored, and storing them again changes nothing', () => {
    fc.assert(
      fc.property(objectsOf(ours, 'sound'), (object) => {
        const first = admit(object, ours);
        const stored = first.kind === 'stored' ? first.object : undefined;
        expect(stored).toBeDefined();
        expect(admit(stored, ours)).toEqual(first);
      }),
    );
  });

  test('what is stored has fields of the schema only', () => {
    fc.assert(
      fc.property(objectsOf(ours), (object) => {
        const outcome = admit(object, ours);
        if (outcome.kind === 'refused') return;
        const { spec = {} } = outcome.object as { spec?: object };
        const known = ours.spec.versions.flatMap(({ schema }) =>
          Object.keys(schema.openAPIV3Schema.properties!['spec']!.properties!),
        );
        expect(known).toEqual(expect.arrayContaining(Object.keys(spec)));
      }),
    );
  });

  test('any JSON is stored or refused with a place', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (spec, metadata) => {
        const { group, versions } = ours.spec;
        const object = { apiVersion: `${group}/${versions[0]!.name}`, kind, metadata, spec };
        const outcome = admit(object, ours);
        if (outcome.kind === 'stored') return;
        for (const { path, message } of outcome.problems) {
          expect(path).toMatch(/^(spec|metadata)/);
          expect(message).toContain(path);
        }
      }),
    );
  });
});
