import { CRDS } from '../../../config-crd/schema/index.ts';
import { type Subject, type Verb, coreResource, isAllowed } from '../../../runtime/kube/index.ts';
import type { Ground } from '../ground.ts';

/** A right that a transaction needs. */
export interface Right extends Subject {
  readonly verb: Verb;
}

/** What a transaction will do. */
export interface Intent {
  /** Kinds of `metallb.io` that it writes. */
  readonly kinds: readonly string[];
  /** Definitions that it installs. */
  readonly definitions: readonly string[];
  readonly rewrites: boolean;
}

const DEFINITIONS = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  resource: 'customresourcedefinitions',
} as const;

/** Every right that may be needed until the end, the way back included. */
export function rightsFor(intent: Intent, namespace: string): readonly Right[] {
  const of = (subject: Subject, ...verbs: readonly Verb[]): Right[] => {
    return verbs.map((verb) => ({ verb, ...subject }));
  };
  const kinds = intent.kinds.flatMap((kind) => {
    const definition = Object.values(CRDS).find(({ spec }) => spec.names.kind === kind);
    if (definition === undefined) return [];
    const { group, names, versions } = definition.spec;
    const version = versions.find(({ storage }) => storage)?.name ?? '';
    const resource = { group, version, resource: names.plural, namespace };
    return of(resource, 'list', 'create', 'patch', 'update', 'delete');
  });
  // Whether somebody has objects of a definition that is to go is asked of every namespace.
  const everywhere = Object.values(CRDS)
    .filter(({ metadata }) => intent.definitions.includes(metadata.name))
    .flatMap(({ spec: { group, names, versions } }) => {
      const version = versions.find(({ storage }) => storage)?.name ?? '';
      return of({ group, version, resource: names.plural }, 'list');
    });
  const installs = intent.definitions.length > 0;
  return [
    ...of(coreResource('configmaps', namespace), 'get', 'create', 'patch'),
    // The record, and passwords.
    ...of(coreResource('secrets', namespace), 'get', 'create', 'patch', 'update', 'delete'),
    ...of(coreResource('services'), 'list', ...(intent.rewrites ? (['patch'] as const) : [])),
    ...of(coreResource('events', namespace), 'list'),
    ...of(DEFINITIONS, 'get', ...(installs ? (['create', 'delete'] as const) : [])),
    ...kinds,
    ...everywhere,
  ];
}

/** Those of the rights that are missing, in words; asks the server by reviews, and tries nothing. */
export async function missingRights(
  { client }: Ground,
  rights: readonly Right[],
): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const { verb, ...subject } of rights) {
    if (!(await isAllowed(client, verb, subject))) missing.push(rightText(verb, subject));
  }
  return missing;
}

function rightText(verb: Verb, { group, resource, namespace }: Subject): string {
  const where = namespace === undefined ? 'in every namespace' : `in namespace ${namespace}`;
  return `${verb} ${resource}${group === '' ? '' : `.${group}`} ${where}`;
}
