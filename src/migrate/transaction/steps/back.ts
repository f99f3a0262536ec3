import { readLegacyConfig } from '../../../config-legacy/index.ts';
import {
  type Json,
  elements,
  identify,
  member,
  text,
  textMap,
} from '../../../runtime/kube/index.ts';
import type { Manifest } from '../../manifests/manifest.ts';
import { isOurs, otherManagers, saysTheSame } from '../objects/content.ts';
import { inOrder, keyOf } from '../objects/places.ts';
import { type MigrationRecord, type RecordedObject, whichObject } from '../record/record.ts';
import { SOURCE_ANNOTATION, annotationOf } from './annotation.ts';
import type { Observed, Step } from './step.ts';

/** What happened to something since it was recorded that is not this command's doing, in a sentence. */
export interface ForeignChange {
  /** `Kind/name`. */
  readonly object: string;
  readonly text: string;
}

/** Pools are asked for by their old names again, while both names are still known. */
export function stepsOfAnnotationsBack(
  { rewrites }: MigrationRecord,
  observed: Observed,
): readonly Step[] {
  return rewrites.flatMap((rewrite) => {
    const service = observed.services.get(rewrite.service);
    if (annotationOf(service, rewrite) !== rewrite.to) return [];
    const version = identify(service)?.version ?? '';
    return [{ kind: 'annotate', rewrite, to: rewrite.from, version }];
  });
}

/** The ConfigMap is to be in force before any resource goes: it is put back if it is gone, or yields to them. */
export function stepsOfConfigMapBack(
  { configMap }: MigrationRecord,
  { configMap: stored }: Observed,
): readonly Step[] {
  if (stored === undefined) return [{ kind: 'restore', manifest: configMap }];
  const source = configMap.metadata.annotations?.[SOURCE_ANNOTATION];
  const isChanged = changeOfConfigMap({ configMap }, { configMap: stored }) !== undefined;
  if (sourceIn(stored) === source && !isChanged) return [];
  const { name = '', version = '' } = identify(stored) ?? {};
  const config = configMap.data?.['config'];
  const text = isChanged && config !== undefined ? { config } : {};
  return [{ kind: 'enforce', configMap: name, version, source, ...text }];
}

/**
 * A ConfigMap that was emptied or changed while it was not in force would come into force with what it says now: that is
 * not what was there. One that is in force may say what it likes, going back does not concern it.
 */
export function changeOfConfigMap(
  { configMap }: Pick<MigrationRecord, 'configMap'>,
  { configMap: stored }: Pick<Observed, 'configMap'>,
): ForeignChange | undefined {
  if (stored === undefined) return undefined;
  const now = text(member(member(stored, 'data'), 'config'));
  if (now === configMap.data?.['config']) return undefined;
  const source = configMap.metadata.annotations?.[SOURCE_ANNOTATION];
  if (sourceIn(stored) === source && !configuresNothing(now)) return undefined;
  const { name } = configMap.metadata;
  return {
    object: `ConfigMap/${name}`,
    text: `ConfigMap "${name}" says something else than when it was in force`,
  };
}

function sourceIn(configMap: Json): string | undefined {
  return textMap(member(member(configMap, 'metadata'), 'annotations'))[SOURCE_ANNOTATION];
}

/** Programs then take the resources. product.md §2 */
function configuresNothing(config: string): boolean {
  const reading = readLegacyConfig(config, { mode: 'none', compat: 'v0.12' });
  return reading.kind === 'config' && reading.config.pools.length === 0;
}

/**
 * What is left to do until every object is as it was: what refers to something goes first.
 *
 * @param spared - objects that others have changed and that therefore stay, as `Kind/name`
 */
export function stepsBack(
  { objects }: Pick<MigrationRecord, 'objects'>,
  observed: Observed,
  spared: ReadonlySet<string> = new Set(),
): readonly Step[] {
  const all = objects.map((recorded) => ({ ...whichObject(recorded), recorded }));
  return inOrder(all)
    .toReversed()
    .filter((each) => !spared.has(keyOf(each)))
    .flatMap((each) => stepBack(each.recorded, observed.objects.get(keyOf(each))));
}

function stepBack(recorded: RecordedObject, stored: Json): Step[] {
  const { before } = recorded;
  const { uid = '', version = '' } = identify(stored) ?? {};
  if (before === undefined) {
    return stored === undefined ? [] : [{ kind: 'delete', manifest: whichObject(recorded), uid }];
  }
  if (stored === undefined) return [{ kind: 'restore', manifest: before }];
  return saysTheSame(stored, before) && saysNoMore(stored, before)
    ? []
    : [{ kind: 'restore', manifest: before, version }];
}

/** Whether there is no label and no annotation that was not there before. */
function saysNoMore(stored: Json, { metadata }: Manifest): boolean {
  return (['labels', 'annotations'] as const).every((part) => {
    const now = Object.keys(textMap(member(member(stored, 'metadata'), part)));
    return now.every((key) => Object.hasOwn(metadata[part] ?? {}, key));
  });
}

/** Definitions that this command installed, that nobody has taken over since, and that nobody has an object of. */
export function stepsOfDefinitionsBack(
  { definitions }: MigrationRecord,
  observed: Observed,
  inUse: ReadonlySet<string>,
): readonly Step[] {
  return definitions.flatMap((name) => {
    const stored = observed.definitions.get(name);
    if (stored === undefined || inUse.has(name) || isLeaving(stored)) return [];
    if (!isOurs(stored) || otherManagers(stored).length > 0) return [];
    return [{ kind: 'uninstall', name, uid: identify(stored)?.uid ?? '' }];
  });
}

export function isLeaving(stored: Json): boolean {
  return text(member(member(stored, 'metadata'), 'deletionTimestamp')) !== '';
}

/** Whether a definition's objects are served. */
export function isEstablished(definition: Json): boolean {
  return elements(member(member(definition, 'status'), 'conditions')).some((condition) => {
    return member(condition, 'type') === 'Established' && member(condition, 'status') === 'True';
  });
}

/** What others did since to what the record speaks of; going back would undo it. */
export function foreignChanges(
  { objects }: Pick<MigrationRecord, 'objects'>,
  observed: Observed,
): readonly ForeignChange[] {
  return objects.flatMap((recorded) => {
    const manifest = whichObject(recorded);
    const object = keyOf(manifest);
    const what = foreignChange(recorded, observed.objects.get(object));
    return what === undefined
      ? []
      : [{ object, text: `${manifest.kind} "${manifest.metadata.name}" ${what}` }];
  });
}

function foreignChange({ before, after }: RecordedObject, stored: Json): string | undefined {
  if (stored === undefined) {
    const wasDeleted = before !== undefined && after !== undefined;
    return wasDeleted ? 'was deleted since: going back would create it again' : undefined;
  }
  return [before, after].some((one) => one !== undefined && saysTheSame(stored, one))
    ? adoption(before, stored)
    : alteration(stored);
}

/** What this command made and others manage too is not deleted under them. */
function adoption(before: Manifest | undefined, stored: Json): string | undefined {
  const others = otherManagers(stored);
  if (before !== undefined || others.length === 0) return undefined;
  return `is now also managed by ${others.join(', ')}`;
}

/** What nobody but this command decides is half-way from one of its own states to the next. */
function alteration(stored: Json): string | undefined {
  const others = otherManagers(stored);
  if (others.length === 0) return isOurs(stored) ? undefined : 'was changed since';
  return `was changed since by ${others.join(', ')}`;
}
