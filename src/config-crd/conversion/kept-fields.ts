import { type JsonObject, isObject, member, without } from '../schema/json.ts';

/** The annotation that carries what an older version cannot say, as JSON. Never a password. */
const KEPT_FIELDS = 'metal-lb.io/v1beta2-fields';

/** Members of the newer `spec` that the older one has no place for. */
export interface KeptFields {
  readonly passwordSecret?: JsonObject;
  readonly vrf?: string;
  /** Where it is 0, which the older version cannot tell from absent. */
  readonly peerPort?: 0;
}

/** The object with these fields annotated; an annotation of earlier ones goes in any case. */
export function keepFields(object: JsonObject, fields: KeptFields): JsonObject {
  const { passwordSecret, vrf, peerPort } = fields;
  const reference = passwordSecret && texts(passwordSecret, 'name', 'namespace');
  const text = JSON.stringify({ passwordSecret: reference, peerPort, vrf });
  return withAnnotation(object, text === '{}' ? undefined : text);
}

/** What the annotation holds, and the object without it. One that nobody here wrote stays, and holds nothing. */
export function takeKeptFields(object: JsonObject): { kept: KeptFields; rest: JsonObject } {
  const text = member(member(object['metadata'], 'annotations'), KEPT_FIELDS);
  const kept = typeof text === 'string' ? readFields(text) : undefined;
  if (kept === undefined) return { kept: {}, rest: object };
  return { kept, rest: withAnnotation(object, undefined) };
}

function readFields(text: string): KeptFields | undefined {
  const fields = parse(text);
  if (!isObject(fields)) return undefined;
  const passwordSecret = member(fields, 'passwordSecret');
  const vrf = member(fields, 'vrf');
  return {
    ...(isObject(passwordSecret) && {
      passwordSecret: texts(passwordSecret, 'name', 'namespace'),
    }),
    ...(typeof vrf === 'string' && { vrf }),
    ...(member(fields, 'peerPort') === 0 && { peerPort: 0 }),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** These members of an object, as far as they are texts. */
function texts(object: JsonObject, ...names: readonly string[]): JsonObject {
  const found = names.map((name) => [name, member(object, name)] as const);
  return Object.fromEntries(found.filter(([, value]) => typeof value === 'string'));
}

function withAnnotation(object: JsonObject, text: string | undefined): JsonObject {
  const metadata = isObject(object['metadata']) ? object['metadata'] : {};
  const before = isObject(metadata['annotations']) ? metadata['annotations'] : {};
  if (text === undefined && !Object.hasOwn(before, KEPT_FIELDS)) return object;
  const others = without(before, KEPT_FIELDS);
  const annotations = text === undefined ? others : { ...others, [KEPT_FIELDS]: text };
  const rest = without(metadata, 'annotations');
  const empty = Object.keys(annotations).length === 0;
  return { ...object, metadata: empty ? rest : { ...rest, annotations } };
}
