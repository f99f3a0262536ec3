import { CRDS } from '../../../config-crd/schema/index.ts';
import { identify, member, textMap } from '../../../runtime/kube/index.ts';
import { isOurs, otherManagers, saysTheSame } from '../objects/content.ts';
import { inOrder, keyOf } from '../objects/places.ts';
import { type MigrationRecord, type Rewrite, whichObject } from '../record/record.ts';
import { SOURCE_ANNOTATION, annotationOf } from './annotation.ts';
import type { Observed, Step } from './step.ts';

/** What is left to do until every definition and object is as the record wants it; nothing: it is. */
export function stepsForward(record: MigrationRecord, observed: Observed): readonly Step[] {
  return [...installs(record, observed), ...applies(record, observed), ...prunes(record, observed)];
}

function installs({ definitions }: MigrationRecord, observed: Observed): Step[] {
  return Object.values(CRDS)
    .filter(
      ({ metadata: { name } }) => definitions.includes(name) && !observed.definitions.has(name),
    )
    .map((definition) => {
      // Nobody answers for the webhook yet; every object is written in the version that is stored.
      const conversion = { strategy: 'None' } as const;
      const { spec } = definition;
      return { kind: 'install', definition: { ...definition, spec: { ...spec, conversion } } };
    });
}

function applies({ objects }: MigrationRecord, observed: Observed): Step[] {
  const wanted = objects.flatMap(({ after }) => (after === undefined ? [] : [after]));
  return inOrder(wanted).flatMap((manifest) => {
    const stored = observed.objects.get(keyOf(manifest));
    if (stored !== undefined && saysTheSame(stored, manifest)) return [];
    const force = stored !== undefined && isOurs(stored) && otherManagers(stored).length === 0;
    return [{ kind: 'apply', manifest, force }];
  });
}

/** What an earlier migration made and this one does not. */
function prunes({ objects }: MigrationRecord, observed: Observed): Step[] {
  const gone = objects.filter(({ after }) => after === undefined).map(whichObject);
  return inOrder(gone)
    .toReversed()
    .flatMap((manifest) => {
      const stored = observed.objects.get(keyOf(manifest));
      if (stored === undefined) return [];
      return [{ kind: 'delete', manifest, uid: identify(stored)?.uid ?? '' }];
    });
}

/**
 * The annotations that do not yet name the pool by its new name. The ConfigMap, which does not know these names, yields
 * before: it must not come into force again as soon as somebody edits a resource.
 */
export function stepsOfRewrites(record: MigrationRecord, observed: Observed): readonly Step[] {
  const { rewrites } = record;
  return rewrites.length === 0 ? [] : [...yields(observed), ...annotations(rewrites, observed)];
}

function yields({ configMap }: Observed): Step[] {
  const { name = '', version = '' } = identify(configMap) ?? {};
  const stands = textMap(member(member(configMap, 'metadata'), 'annotations'))[SOURCE_ANNOTATION];
  const isNeeded = configMap !== undefined && stands !== 'resources';
  return isNeeded ? [{ kind: 'yield', configMap: name, version }] : [];
}

function annotations(rewrites: readonly Rewrite[], observed: Observed): readonly Step[] {
  return rewrites.flatMap((rewrite) => {
    const service = observed.services.get(rewrite.service);
    if (annotationOf(service, rewrite) !== rewrite.from) return [];
    const version = identify(service)?.version ?? '';
    return [{ kind: 'annotate', rewrite, to: rewrite.to, version }];
  });
}
