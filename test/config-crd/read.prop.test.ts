import { fc, test } from '@fast-check/vitest';
import { describe, expect, test as example } from 'vitest';
import {
  type ResourceMode,
  type ResourceReading,
  readResources,
} from '../../src/config-crd/index.ts';
import { CRDS, type StructuralSchema, admit } from '../../src/config-crd/schema/index.ts';
import { isSameConfig } from '../../src/runtime/model/index.ts';
import { objectsOf } from '../support/crds/objects.ts';
import { Choices } from '../support/legacy-tree.ts';
import { FAULTS } from '../support/resources/faults.ts';
import { setOf } from '../support/resources/set.ts';
import { shuffled, soundSet, soundSets } from '../support/resources/sound.ts';
import { RESOURCE_KINDS } from '../../src/config-crd/resources.ts';

const MODES: readonly ResourceMode[] = ['none', 'native', 'frr'];
const seed = fc.integer({ min: 1, max: 2 ** 31 - 1 });

function read(objects: readonly object[], mode: ResourceMode = 'none'): ResourceReading {
  return readResources(setOf(objects), { namespace: 'metallb-system', mode });
}

function expectSame(a: ResourceReading, b: ResourceReading): void {
  if (a.kind === 'config' && b.kind === 'config') {
    expect(isSameConfig(a.config, b.config)).toBe(true);
    expect(a.warnings).toEqual(b.warnings);
  } else {
    expect(a).toEqual(b);
  }
}

describe.each(MODES)('in mode %s', (mode) => {
  test.prop([soundSets(mode)])('a sound set is accepted', (objects) => {
    expect(read(objects, mode)).toMatchObject({ kind: 'config' });
  });
});

test.prop([soundSets()])('what is sound without a mode is sound for FRR', (objects) => {
  expect(read(objects, 'frr')).toMatchObject({ kind: 'config' });
});

test.prop([soundSets(), seed])('the order of sound objects does not matter', (objects, order) => {
  expectSame(read(objects), read(shuffled(new Choices(order), objects)));
});

test.prop([soundSets(), fc.subarray([...FAULTS], { minLength: 1, maxLength: 8 }), seed])(
  'the order of broken objects does not matter either',
  (sound, faults, order) => {
    const objects = withoutSecondSecrets([...sound, ...faults.flatMap((fault) => fault.objects)]);
    const mode = faults[0]!.mode;
    const reading = read(objects, mode);
    expect(reading.kind).toBe('refused');
    expectSame(reading, read(shuffled(new Choices(order), objects), mode));
  },
);

/** A cluster has no two Secrets of one name, and what reads the set is handed them by name. */
function withoutSecondSecrets(objects: readonly object[]): object[] {
  const names = new Set<string>();
  return (
    objects as { readonly kind: string; readonly metadata: { readonly name: string } }[]
  ).filter(
    ({ kind, metadata: { name } }) => kind !== 'Secret' || (!names.has(name) && names.add(name)),
  );
}

describe('a set with one fault is refused for that fault, at its place:', () => {
  const rows = FAULTS.map(
    (fault) => [`${fault.reason} at ${fault.kind} ${fault.path}`, fault] as const,
  );
  describe.each(rows)('%s', (_, fault) => {
    test.prop([soundSets(fault.mode), seed], { numRuns: 5 })(
      'whatever surrounds it',
      (sound, order) => {
        const objects = shuffled(new Choices(order), [...sound, ...fault.objects]);
        const reading = read(objects, fault.mode);
        if (reading.kind === 'config') throw new Error('accepted');
        const told = reading.problems.filter(({ object }) => object?.name.startsWith('spoilt'));
        expect(told.map(({ reason, path, object }) => [reason, object?.kind, path])).toEqual([
          [fault.reason, fault.kind, fault.path],
        ]);
        expect(reading.transient).toBe(fault.transient);
      },
    );
  });
});

test.prop([soundSets(), fc.constantFrom(...FAULTS.filter(({ transient }) => transient))])(
  'what only waits hides nothing that is wrong for good',
  (sound, waiting) => {
    const [pool] = FAULTS.find(({ reason }) => reason === 'no-addresses')!.objects;
    const wrong = { ...pool, metadata: { name: 'wrong' } };
    const reading = read([...sound, ...waiting.objects, wrong]);
    if (reading.kind === 'config') throw new Error('accepted');
    expect(reading.transient).toBe(false);
    const reasons = reading.problems.map(({ reason }) => reason);
    expect(reasons.sort()).toEqual(['no-addresses', waiting.reason].sort());
  },
);

example('the sound sets hold every field that the definitions have', () => {
  const reached = new Set<string>();
  for (let run = 1; run <= 300; run += 1) {
    for (const { apiVersion, kind, spec } of soundSet(new Choices(run))) {
      note(reached, `${apiVersion} ${kind}`, spec);
    }
  }
  const wanted = Object.values(CRDS).flatMap(({ spec: { group, names, versions } }) =>
    versions.flatMap(({ name, schema }) =>
      fieldsOf(`${group}/${name} ${names.kind}`, schema.openAPIV3Schema.properties!['spec']!),
    ),
  );
  expect(wanted.length).toBeGreaterThan(60);
  expect(wanted.filter((field) => !reached.has(field))).toEqual([]);
});

function note(reached: Set<string>, path: string, value: unknown): void {
  reached.add(path);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    note(reached, Array.isArray(value) ? path : `${path}.${key}`, item);
  }
}

function fieldsOf(path: string, { properties = {}, items }: StructuralSchema): string[] {
  const inside = Object.entries(properties).flatMap(([key, schema]) =>
    fieldsOf(`${path}.${key}`, schema),
  );
  return [path, ...inside, ...(items === undefined ? [] : fieldsOf(path, items))];
}

describe('no object is too much:', () => {
  const names = fc.constantFrom('a', 'b', 'some');
  const nearly = fc
    .tuple(fc.oneof(...RESOURCE_KINDS.map((kind) => objectsOf(CRDS[kind]))), names)
    .map(([object, name]) => ({ ...object, metadata: { name } }));
  const metadata = fc.oneof(fc.jsonValue(), fc.record({ name: names, labels: fc.jsonValue() }));
  const wild = fc.record({
    apiVersion: fc.constantFrom('metallb.io/v1beta1', 'metallb.io/v1beta2', 'metallb.io/v2', 'v1'),
    kind: fc.constantFrom(...RESOURCE_KINDS, 'IPAddresPool', 'ServiceL2Status'),
    metadata,
    spec: fc.jsonValue(),
    [`__proto__`]: fc.jsonValue(),
  });
  const anything = fc.array(fc.oneof(nearly, wild, fc.jsonValue()), { maxLength: 12 });

  test.prop([anything, seed], { numRuns: 150 })(
    'a set is read or refused, never throws, and in any order alike',
    (objects, order) => {
      for (const mode of MODES) {
        const options = { namespace: 'metallb-system', mode };
        const secrets = new Map();
        const reading = readResources({ objects, secrets }, options);
        expect(['config', 'refused']).toContain(reading.kind);
        const other = shuffled(new Choices(order), objects);
        expectSame(reading, readResources({ objects: other, secrets }, options));
      }
    },
  );

  test.prop([fc.oneof(...RESOURCE_KINDS.map((kind) => objectsOf(CRDS[kind])))], { numRuns: 150 })(
    'what an API server stores has no fault of form',
    (object) => {
      const kind = RESOURCE_KINDS.find((one) => one === object['kind'])!;
      const outcome = admit(object, CRDS[kind]);
      if (outcome.kind === 'refused') return;
      const reading = read([outcome.object]);
      const problems = reading.kind === 'config' ? [] : reading.problems;
      const ofForm = problems.filter(
        // A negative preference is stored, and was never one that the original could read.
        ({ reason, path }) => /^schema-|^unknown-[kv]/.test(reason) && !path.endsWith('localPref'),
      );
      expect(ofForm).toEqual([]);
    },
  );
});
