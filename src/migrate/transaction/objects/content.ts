import { isDeepStrictEqual } from 'node:util';
import { CRDS, admit } from '../../../config-crd/schema/index.ts';
import { type Json, elements, member, text, textMap } from '../../../runtime/kube/index.ts';
import type { Manifest } from '../../manifests/manifest.ts';

/** The name that everything is written under. */
export const FIELD_MANAGER = 'metal-migrate';

/** Members of `metadata` that a person decides. */
const DECIDED = ['labels', 'annotations', 'finalizers', 'ownerReferences'];

/**
 * Whether a stored object says what a manifest says. What a server fills in, and labels and annotations that the manifest
 * does not have, mean nothing.
 */
export function saysTheSame(stored: Json, wanted: Manifest): boolean {
  if (text(member(stored, 'kind')) !== '' && member(stored, 'kind') !== wanted.kind) return false;
  const metadata = member(stored, 'metadata');
  for (const part of ['labels', 'annotations'] as const) {
    const has = textMap(member(metadata, part));
    const wants = Object.entries(wanted.metadata[part] ?? {});
    if (wants.some(([key, value]) => has[key] !== value)) return false;
  }
  return isDeepStrictEqual(
    meaning({ ...objectOf(stored), kind: wanted.kind }, wanted),
    meaning(wanted, wanted),
  );
}

/** What an object configures, completed as a server would. */
function meaning(object: Json, { apiVersion, kind, metadata }: Manifest): Json {
  if (kind === 'Secret') {
    return { type: member(object, 'type'), data: member(object, 'data') ?? {} };
  }
  const definition = Object.values(CRDS).find(({ spec }) => spec.names.kind === kind);
  const bare = {
    apiVersion,
    kind,
    metadata: { name: metadata.name },
    spec: member(object, 'spec'),
  };
  const admission = definition && admit(bare, definition, 'ignored');
  return admission?.kind === 'stored' ? (member(admission.object, 'spec') ?? {}) : bare.spec;
}

/** An object as it can be created or put anew: without what the server writes. */
export function restorable(stored: Json, { apiVersion, kind, metadata }: Manifest): Manifest {
  const own = member(stored, 'metadata');
  const kept = DECIDED.flatMap((name) => {
    const value = member(own, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const parts = ['type', 'spec', 'data', 'binaryData', 'immutable'].flatMap((name) => {
    const value = member(stored, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const { name, namespace } = metadata;
  const identity = { name, ...(namespace !== undefined && { namespace }) };
  return {
    apiVersion,
    kind,
    metadata: { ...identity, ...Object.fromEntries(kept) },
    ...Object.fromEntries(parts),
  };
}

/** Whether the object was applied by this command. */
export function isOurs(stored: Json): boolean {
  return managers(stored).some(({ name }) => name === FIELD_MANAGER);
}

/** Who else decides about what the object says; whoever only writes its status does not. */
export function otherManagers(stored: Json): readonly string[] {
  const others = managers(stored).filter(({ name, decides }) => name !== FIELD_MANAGER && decides);
  return [...new Set(others.map(({ name }) => name))];
}

function managers(stored: Json): { readonly name: string; readonly decides: boolean }[] {
  return elements(member(member(stored, 'metadata'), 'managedFields')).map((entry) => {
    const fields = member(entry, 'fieldsV1');
    const metadata = member(fields, 'f:metadata');
    const parts = [
      ...['f:spec', 'f:data', 'f:type'].map((name) => member(fields, name)),
      ...['f:labels', 'f:annotations'].map((name) => member(metadata, name)),
    ];
    return {
      name: text(member(entry, 'manager')),
      decides: parts.some((part) => part !== undefined),
    };
  });
}

function objectOf(value: Json): object {
  return typeof value === 'object' && value !== null ? value : {};
}
