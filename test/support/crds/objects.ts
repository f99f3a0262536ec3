import fc from 'fast-check';
import type {
  CustomResourceDefinition,
  StructuralSchema,
} from '../../../src/config-crd/schema/index.ts';

export type AnyObject = Readonly<Record<string, unknown>>;

/** How much of what is generated breaks the schema. */
type Soundness = 'sound' | 'nearly sound';

/** Objects of a kind in all its versions: every field now and then, and limits more often than what is between. */
export function objectsOf(
  { spec }: CustomResourceDefinition,
  soundness: Soundness = 'nearly sound',
): fc.Arbitrary<AnyObject> {
  const versions = spec.versions.map(({ name, schema }) => {
    const { spec: own = {} } = schema.openAPIV3Schema.properties ?? {};
    const shape = { ...schema.openAPIV3Schema, properties: { spec: own } };
    return fc.record(
      {
        apiVersion: fc.constant(`${spec.group}/${name}`),
        kind: fc.constant(spec.names.kind),
        metadata: fc.constant({ name: 'some', namespace: 'metallb-system' }),
        own: members(shape, soundness),
        status: fc.constantFrom({}, { conditions: 'none' }, 7),
      },
      { requiredKeys: ['apiVersion', 'kind', 'metadata', 'own'] },
    );
  });
  return fc.oneof(...versions).map(({ own, ...rest }) => ({ ...own, ...rest }));
}

function value(schema: StructuralSchema, soundness: Soundness): fc.Arbitrary<unknown> {
  const sound = soundValue(schema, soundness);
  return soundness === 'sound'
    ? sound
    : fc.oneof({ weight: 30, arbitrary: sound }, { weight: 1, arbitrary: JUNK });
}

/** No text is empty: the real server of the tests takes it for null, as old releases do that a newer Go built. */
const JUNK = fc.constantFrom<unknown>(null, 'text', 7, -1, 1.5, true, {}, [], { a: 1 }, [null]);
const WORDS = fc.constantFrom('a', 'layer2', '192.0.2.0/24', 'é😀');

function soundValue(schema: StructuralSchema, soundness: Soundness): fc.Arbitrary<unknown> {
  switch (schema.type) {
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return number(schema, soundness);
    case 'array': {
      const { minItems: minLength = 0, items = {} } = schema;
      const [least, most] = soundness === 'sound' ? [minLength, minLength + 2] : [0, 2];
      return fc.array(value(items, soundness), { minLength: least, maxLength: most });
    }
    case 'object':
      return members(schema, soundness);
    default:
      return schema.enum === undefined ? WORDS : fc.constantFrom(...schema.enum);
  }
}

function number(schema: StructuralSchema, soundness: Soundness): fc.Arbitrary<number> {
  const { minimum = -1, maximum = 2 ** 31 - 1 } = schema;
  const inside = fc.oneof(
    fc.constantFrom(minimum, maximum, Math.max(minimum, 0)),
    fc.integer({ min: minimum, max: Math.min(maximum, 2 ** 31 - 1) }),
  );
  if (soundness === 'sound') return inside;
  const outside = fc.constantFrom(minimum - 1, maximum + 1, 2 ** 31, 2 ** 32);
  return fc.oneof({ weight: 20, arbitrary: inside }, { weight: 1, arbitrary: outside });
}

function members(schema: StructuralSchema, soundness: Soundness): fc.Arbitrary<AnyObject> {
  const { properties = {}, required = [], additionalProperties } = schema;
  const known = Object.entries(properties).map(
    ([name, member]) => [name, value(member, soundness)] as const,
  );
  const whole = fc.record(Object.fromEntries(known), { requiredKeys: [...required] });
  const partly = fc.record(Object.fromEntries(known), { requiredKeys: [] });
  const named =
    soundness === 'sound'
      ? whole
      : fc.oneof({ weight: 20, arbitrary: whole }, { weight: 1, arbitrary: partly });
  const more =
    typeof additionalProperties === 'object'
      ? fc.dictionary(NAMES, value(additionalProperties, soundness), { maxKeys: 2 })
      : fc.dictionary(NAMES, JUNK, { maxKeys: soundness === 'sound' ? 0 : 1 });
  return fc.tuple(more, named).map(([others, own]) => ({ ...others, ...own }));
}

/** None of them is a field of ours. */
const NAMES = fc.constantFrom('rack', 'auto-assign', 'constructor', 'toString', 'hasOwnProperty');
