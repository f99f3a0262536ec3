import type { ObjectReference } from '../../runtime/model/index.ts';
import type { ResourceProblem } from '../resources.ts';
import { complete } from './complete.ts';
import type { CustomResourceDefinition, ResourceVersion } from './definition.ts';
import { type JsonObject, isObject, member, without } from './json.ts';
import { type Fault, type FormatCheck, validate } from './validate.ts';

export type { FormatCheck } from './validate.ts';

/** What the API server would do with an object: what it would store, or why it would not. */
export type Admission =
  | { readonly kind: 'stored'; readonly object: JsonObject }
  | { readonly kind: 'refused'; readonly problems: readonly ResourceProblem[] };

/**
 * Creates an object as an API server would that has this definition: the fields that the schema does not know are
 * pruned, defaults are filled in, and what is left is held against the schema. A status is dropped where it is a
 * subresource. The object stays in its own version; metadata is taken as it is, so names are not checked here.
 *
 * Not evaluated are patterns, formats of texts, junctors (`allOf`, `anyOf`, `oneOf`, `not`), rules in CEL, and keys of
 * lists: a definition that has them may refuse what this takes.
 *
 * @param formats - what servers do about numbers that their own schema's format cannot hold; see {@link FormatCheck}
 */
export function admit(
  object: unknown,
  definition: CustomResourceDefinition,
  formats: FormatCheck = 'enforced',
): Admission {
  const { kind } = definition.spec.names;
  if (!isObject(object)) return refused({ path: '', reason: 'schema-type', text: 'not an object' });
  const version = servedVersion(object, definition);
  if (version === undefined) {
    const [apiVersion, given] = [member(object, 'apiVersion'), member(object, 'kind')];
    const text = `no matches for kind ${quote(given)} in version ${quote(apiVersion)}`;
    const path = given === kind ? 'apiVersion' : 'kind';
    return refused({ path, reason: 'schema-version', text });
  }
  const schema = version.schema.openAPIV3Schema;
  const kept = version.subresources?.status === undefined ? object : without(object, 'status');
  const completed = { ...complete(kept, schema), ...identity(kept) };
  const faults = validate(completed, schema, formats);
  if (faults.length === 0) return { kind: 'stored', object: completed };
  const about = reference(object);
  return { kind: 'refused', problems: faults.map((fault) => problem(fault, about)) };
}

function servedVersion(
  object: JsonObject,
  { spec }: CustomResourceDefinition,
): ResourceVersion | undefined {
  if (object['kind'] !== spec.names.kind) return undefined;
  return spec.versions.find(
    ({ name, served }) => served && object['apiVersion'] === `${spec.group}/${name}`,
  );
}

/** What every object has, whatever its schema says. */
function identity(object: JsonObject): JsonObject {
  const members = ['apiVersion', 'kind', 'metadata'].filter((name) => Object.hasOwn(object, name));
  return Object.fromEntries(members.map((name) => [name, object[name]]));
}

function reference(object: JsonObject): ObjectReference {
  const metadata = object['metadata'];
  return {
    apiVersion: text(object['apiVersion']),
    kind: text(object['kind']),
    namespace: text(member(metadata, 'namespace')),
    name: text(member(metadata, 'name')),
    uid: text(member(metadata, 'uid')),
  };
}

function refused(fault: Fault): Admission {
  return { kind: 'refused', problems: [problem(fault)] };
}

function problem(
  { path, reason, text: message }: Fault,
  object?: ObjectReference,
): ResourceProblem {
  return { path, reason, message, ...(object !== undefined && { object }) };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function quote(value: unknown): string {
  return JSON.stringify(text(value));
}
