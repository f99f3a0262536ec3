import type { StructuralSchema } from './definition.ts';
import { type JsonObject, isObject } from './json.ts';

/** The object without the fields that its schema does not know, and with the defaults of those that are absent. */
export function complete(object: JsonObject, schema: StructuralSchema): JsonObject {
  const given = Object.entries(object).flatMap(([name, value]) => {
    const member = memberSchema(schema, name);
    if (member === undefined) {
      return schema['x-kubernetes-preserve-unknown-fields'] === true ? [[name, value]] : [];
    }
    if (!isMeaninglessNull(value, member)) return [[name, completeValue(value, member)]];
    return member.default === undefined ? [] : [[name, defaultOf(member)]];
  });
  const absent = Object.entries(schema.properties ?? {}).filter(
    ([name, member]) => member.default !== undefined && !Object.hasOwn(object, name),
  );
  const defaults = absent.map(([name, member]) => [name, defaultOf(member)]);
  return Object.fromEntries([...given, ...defaults]) as JsonObject;
}

function completeValue(value: unknown, schema: StructuralSchema): unknown {
  if (isObject(value)) return complete(value, schema);
  if (!Array.isArray(value)) return value;
  const items = schema.items ?? NOTHING_KNOWN;
  return value.map((item: unknown) =>
    isMeaninglessNull(item, items) && items.default !== undefined
      ? defaultOf(items)
      : completeValue(item, items),
  );
}

const NOTHING_KNOWN: StructuralSchema = {};

function memberSchema(schema: StructuralSchema, name: string): StructuralSchema | undefined {
  const { properties = {}, additionalProperties } = schema;
  if (Object.hasOwn(properties, name)) return properties[name];
  if (additionalProperties === undefined || additionalProperties === false) return undefined;
  return additionalProperties === true ? NOTHING_KNOWN : additionalProperties;
}

/** Servers take a null where none may be for a field that is absent; in a list it stays, and is refused. */
function isMeaninglessNull(value: unknown, schema: StructuralSchema): boolean {
  return value === null && schema.nullable !== true;
}

function defaultOf(schema: StructuralSchema): unknown {
  return structuredClone(schema.default);
}
