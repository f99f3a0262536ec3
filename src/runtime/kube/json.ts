/** A value as `JSON.parse` gives it: to be looked into with care, since anyone may have written it. */
export type Json = unknown;

/** The member of a JSON object; `undefined` where the value is no object, has no such member, or it is null. */
export function member(value: Json, name: string): Json {
  if (!isObject(value) || !Object.hasOwn(value, name)) return undefined;
  return value[name] ?? undefined;
}

/** The text itself, or nothing where it is no text. */
export function text(value: Json): string {
  return typeof value === 'string' ? value : '';
}

/** The elements of a list, or none where it is no list. */
export function elements(value: Json): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

/** A map of texts such as labels; members that are no text are left out. */
export function textMap(value: Json): Readonly<Record<string, string>> {
  if (!isObject(value)) return {};
  const entries = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(entries);
}

export function isObject(value: Json): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The identity every object carries. */
export interface ObjectIdentity {
  /** `namespace/name`, or the name alone for cluster-scoped objects. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Opaque; empty in objects that never came from a server. */
  readonly version: string;
}

/** Who an object is; `undefined` for what has no name and so is no object. */
export function identify(object: Json): ObjectIdentity | undefined {
  const metadata = member(object, 'metadata');
  const name = text(member(metadata, 'name'));
  if (name === '') return undefined;
  const namespace = text(member(metadata, 'namespace'));
  return {
    // A template would keep its parts beside the text, for each object of a large cluster.
    key: namespace === '' ? name : [namespace, name].join('/'),
    namespace,
    name,
    uid: text(member(metadata, 'uid')),
    version: text(member(metadata, 'resourceVersion')),
  };
}

/** An object without `metadata.managedFields`, often half of it and of no use to us. */
export function withoutManagedFields(object: Json): Json {
  if (!isObject(object)) return object;
  const metadata = object['metadata'];
  if (!isObject(metadata) || !('managedFields' in metadata)) return object;
  return { ...object, metadata: { ...metadata, managedFields: undefined } };
}
