import { type ResourceProblem, type ResourceSet, readResources } from '../../config-crd/index.ts';
import { CRDS, admit } from '../../config-crd/schema/index.ts';
import type { LegacyMode } from '../../config-legacy/index.ts';
import type { FoundObject, FoundResources } from './objects.ts';
import type { Validation } from './validation.ts';

/** The resources as a server with our CRDs would store them, or why it would not; places count in objects. */
export interface Admission {
  readonly set: ResourceSet;
  readonly problems: readonly ResourceProblem[];
}

/** What a server with our CRDs would store of them. Kinds that it does not know are left to the rules. */
export function admitResources({ resources, secrets }: FoundResources): Admission {
  const objects: unknown[] = [];
  const problems: ResourceProblem[] = [];
  for (const { object } of resources) {
    const definition = definitionOf(object);
    const admission = definition && admit(object, definition);
    if (admission?.kind === 'refused') problems.push(...admission.problems);
    objects.push(admission?.kind === 'stored' ? admission.object : object);
  }
  return { set: { objects, secrets }, problems };
}

/** Checks v0.13 resources as an API server with our CRDs would and as the programs read them. */
export function validateResources(found: FoundResources, mode: LegacyMode): Validation {
  const { namespace, place } = found;
  const { set, problems } = admitResources(found);
  if (problems.length > 0) return { kind: 'invalid', problems: problems.map(place) };
  const reading = readResources(set, { namespace, mode });
  if (reading.kind === 'refused') {
    return { kind: 'invalid', problems: reading.problems.map(place) };
  }
  return { kind: 'valid', config: reading.config, warnings: reading.warnings.map(place) };
}

function definitionOf({
  kind,
}: FoundObject['object']): (typeof CRDS)[keyof typeof CRDS] | undefined {
  return Object.entries(CRDS).find(([name]) => name === kind)?.[1];
}
