import { isDeepStrictEqual } from 'node:util';
import { CRDS } from '../../config-crd/schema/index.ts';
import { identify, member, textMap } from '../../runtime/kube/index.ts';
import type { Manifest } from '../manifests/manifest.ts';
import type { Ground } from './ground.ts';
import type { Migration } from './migration.ts';
import { restorable, saysTheSame } from './objects/content.ts';
import { keyOf } from './objects/places.ts';
import { addressesOf } from './observe.ts';
import {
  type MigrationRecord,
  type RecordedObject,
  type RecordedService,
  type Rewrite,
  newRecord,
  whichObject,
} from './record/record.ts';
import type { StoredRecord } from './record/store.ts';
import { SOURCE_ANNOTATION, withSource } from './steps/annotation.ts';
import type { Observed } from './steps/step.ts';

const POOL_ANNOTATIONS = ['metallb.universe.tf/address-pool', 'metallb.io/address-pool'];

interface Sight {
  readonly earlier?: StoredRecord | undefined;
  readonly observed: Observed & { readonly version: string };
}

/** The record of what is to be done; what an earlier run recorded as having been there before goes on to count. */
export function draftRecord(
  ground: Ground,
  migration: Migration,
  { earlier, observed }: Sight,
): MigrationRecord {
  const { namespace } = ground;
  const former = earlier?.record;
  const resumed = former?.phase === 'applying' ? former : undefined;
  return newRecord({
    ...(resumed ?? beginning(ground, observed)),
    ...(former && { id: former.id }),
    namespace,
    configMap: configMapOf(observed, nameOf(migration, namespace), former),
    definitions: definitionsOf(observed, former),
    configMapVersion: identify(observed.configMap)?.version ?? '',
    objects: objectsOf(migration, observed, former),
    standing: standingOf(migration, observed, resumed),
    services: servicesOf(observed, resumed),
    rewrites: rewritesOf(migration, observed, former),
  });
}

/** What a run that goes on takes from the one before. */
function beginning(
  { clock, random }: Ground,
  { version }: Sight['observed'],
): Pick<MigrationRecord, 'id' | 'begun' | 'since'> {
  return {
    id: Buffer.from(random.bytes(12)).toString('hex'),
    begun: new Date(clock.epochMillis()).toISOString(),
    since: version,
  };
}

/** As it is, but yielding to the resources only if it did so before the first of several migrations. */
function configMapOf(observed: Observed, name: Manifest, former?: MigrationRecord): Manifest {
  const manifest = restorable(observed.configMap, name);
  const annotations = former?.configMap.metadata.annotations;
  return former === undefined ? manifest : withSource(manifest, annotations?.[SOURCE_ANNOTATION]);
}

function nameOf({ configMap }: Migration, namespace: string): Manifest {
  const name = identify(configMap)?.name ?? '';
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } };
}

/** Those that are missing, and those that were when an earlier run began. */
function definitionsOf(observed: Observed, former?: MigrationRecord): readonly string[] {
  const missing = Object.values(CRDS)
    .map(({ metadata }) => metadata.name)
    .filter((name) => !observed.definitions.has(name));
  return [...new Set([...(former?.definitions ?? []), ...missing])];
}

/** A run that goes on compares with what was there when it began. */
function servicesOf(observed: Observed, resumed?: MigrationRecord): readonly RecordedService[] {
  const now = addressesOf(observed.services);
  const known = new Set(resumed?.services.map(({ service }) => service));
  return [...(resumed?.services ?? []), ...now.filter(({ service }) => !known.has(service))];
}

function objectsOf(
  { manifests }: Migration,
  observed: Observed,
  former: MigrationRecord | undefined,
): readonly RecordedObject[] {
  const earlier = new Map((former?.objects ?? []).map((one) => [keyOf(whichObject(one)), one]));
  const wanted = manifests.map((after): RecordedObject => {
    const { apiVersion, kind } = after;
    const known = earlier.get(keyOf(after));
    if (known !== undefined) return { ...known, after };
    const stored = observed.objects.get(keyOf(after));
    const { name } = after.metadata;
    const before = stored === undefined ? {} : { before: restorable(stored, after) };
    return { apiVersion, kind, name, ...before, after };
  });
  const keys = new Set(manifests.map(keyOf));
  // What an earlier run made, and this one does not want, becomes what it was.
  const unwanted = [...earlier]
    .filter(([key]) => !keys.has(key))
    .map(([, { apiVersion, kind, name, before }]) => {
      return { apiVersion, kind, name, ...(before && { before, after: before }) };
    });
  return [...wanted, ...unwanted];
}

/** A run that goes on knows best what was there before it; of what is wanted anew it knows nothing. */
function standingOf(
  { manifests }: Migration,
  { objects }: Observed,
  resumed: MigrationRecord | undefined,
): readonly string[] {
  const known = new Map(resumed?.objects.map((one) => [keyOf(whichObject(one)), one.after]));
  return manifests
    .filter((manifest) => {
      const key = keyOf(manifest);
      if (isDeepStrictEqual(known.get(key), manifest)) return resumed?.standing.includes(key);
      const stored = objects.get(key);
      return stored !== undefined && saysTheSame(stored, manifest);
    })
    .map(keyOf);
}

/** The objects as they are at this moment, for going back no further than to it. */
export function asTheyAre(
  { objects }: MigrationRecord,
  observed: Observed,
): readonly RecordedObject[] {
  return objects.map((recorded) => {
    const { apiVersion, kind, name, after } = recorded;
    const stored = observed.objects.get(keyOf(whichObject(recorded)));
    const before = stored === undefined ? undefined : restorable(stored, whichObject(recorded));
    return { apiVersion, kind, name, ...(before && { before }), ...(after && { after }) };
  });
}

function rewritesOf(
  { renames, rewritesAnnotations }: Migration,
  observed: Observed,
  former: MigrationRecord | undefined,
): readonly Rewrite[] {
  const earlier = former?.rewrites ?? [];
  if (!rewritesAnnotations) return earlier;
  const known = new Set(earlier.map(({ service, annotation }) => `${service} ${annotation}`));
  const found = [...observed.services].flatMap(([service, object]) => {
    const annotations = textMap(member(member(object, 'metadata'), 'annotations'));
    return POOL_ANNOTATIONS.flatMap((annotation): Rewrite[] => {
      const from = annotations[annotation] ?? '';
      const to = renames.get(from);
      return to === undefined || known.has(`${service} ${annotation}`)
        ? []
        : [{ service, annotation, from, to }];
    });
  });
  return [...earlier, ...found];
}
