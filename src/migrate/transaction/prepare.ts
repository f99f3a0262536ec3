import { identify, member, textMap } from '../../runtime/kube/index.ts';
import { provenDifferences } from './checks/proof.ts';
import { missingRights, rightsFor } from './checks/rights.ts';
import { asTheyAre, draftRecord } from './draft.ts';
import { type Ground, TransactionFailure } from './ground.ts';
import type { Migration } from './migration.ts';
import { isOurs, saysTheSame } from './objects/content.ts';
import { keyOf } from './objects/places.ts';
import { observe } from './observe.ts';
import { type MigrationRecord, type RecordedObject, whichObject } from './record/record.ts';
import { type StoredRecord, readRecord } from './record/store.ts';
import { rehearse } from './rehearsal.ts';
import { isLeaving } from './steps/back.ts';
import { stepsForward, stepsOfRewrites } from './steps/forward.ts';
import type { Observed, Step } from './steps/step.ts';

/** A migration that nothing stands in the way of; nothing of it has been written. */
export interface Prepared {
  readonly record: MigrationRecord;
  /** The record of an earlier run. */
  readonly earlier?: StoredRecord;
  readonly observed: Observed;
  readonly steps: readonly Step[];
  /** What the server could not judge before its turn, in sentences. */
  readonly doubts: readonly string[];
  /** What going back means if this fails: what was there when it began. */
  readonly undo: readonly RecordedObject[];
}

/** Checks everything that can be checked before the first write. */
export async function prepare(ground: Ground, migration: Migration): Promise<Prepared> {
  ground.progress('looking at the cluster');
  const { namespace } = ground;
  const { name = '' } = identify(migration.configMap) ?? {};
  const earlier = await readRecord(ground);
  refuseUndoing(earlier);
  const secrets = [
    ...migration.manifests,
    ...(earlier?.record.objects ?? []).map(whichObject),
  ].filter(({ kind }) => kind === 'Secret');
  const observed = await observe(ground, { configMap: name, secrets });
  refuseMeanwhile(migration, observed);
  const record = draftRecord(ground, migration, { earlier, observed });
  const { definitions, objects, rewrites } = record;
  const kinds = [...new Set(objects.map((one) => whichObject(one).kind))];
  const rights = rightsFor({ kinds, definitions, rewrites: rewrites.length > 0 }, namespace);
  ground.progress('asking for the rights that are needed');
  const missing = await missingRights(ground, rights);
  if (missing.length > 0) {
    throw new TransactionFailure([
      `rights are missing: ${missing.join('; ')}`,
      'nothing was changed',
    ]);
  }
  refuseConflicts(migration, observed, earlier);
  proveAll(ground, migration, { record, observed });
  const steps = stepsForward(record, observed);
  const doubts = await rehearse(ground, [...steps, ...stepsOfRewrites(record, observed)], observed);
  return {
    record,
    doubts,
    ...(earlier && { earlier }),
    observed,
    steps,
    undo: earlier?.record.phase === 'applied' ? asTheyAre(record, observed) : record.objects,
  };
}

function refuseUndoing(earlier: StoredRecord | undefined): void {
  if (earlier?.record.phase !== 'undoing') return;
  throw new TransactionFailure([
    'a rollback was begun and not finished: run "metal-migrate rollback" first',
  ]);
}

function refuseMeanwhile({ configMap }: Migration, observed: Observed): void {
  const texts = [configMap, observed.configMap].map(
    (one) => textMap(member(one, 'data'))['config'],
  );
  if (texts[0] !== texts[1]) {
    throw new TransactionFailure(['the ConfigMap has changed meanwhile: run the command again']);
  }
  for (const [name, definition] of observed.definitions) {
    if (!isLeaving(definition)) continue;
    throw new TransactionFailure([
      `CustomResourceDefinition ${name} is being deleted: run the command again when it is gone`,
    ]);
  }
}

/** Objects of the same name that others made and that say something else are not overwritten. */
function refuseConflicts(
  { manifests }: Migration,
  observed: Observed,
  earlier: StoredRecord | undefined,
): void {
  const known = new Set(earlier?.record.objects.map((one) => keyOf(whichObject(one))));
  const conflicts = manifests.filter((manifest) => {
    const stored = observed.objects.get(keyOf(manifest));
    if (stored === undefined || saysTheSame(stored, manifest) || isOurs(stored)) return false;
    return !known.has(keyOf(manifest));
  });
  if (conflicts.length === 0) return;
  const named = conflicts.map(({ kind, metadata }) => `${kind} "${metadata.name}"`).join(', ');
  throw new TransactionFailure([
    `there already is ${named}, made by somebody else, and it says something else`,
    'delete it, or have it say what "metal-migrate convert cluster" prints, and run the command again; nothing was changed',
  ]);
}

function proveAll(
  { namespace }: Ground,
  { config, mode, manifests }: Migration,
  { record, observed }: { readonly record: MigrationRecord; readonly observed: Observed },
): void {
  const leaving = record.objects
    .filter(({ after }) => after === undefined)
    .map((one) => keyOf(whichObject(one)));
  const objects = new Map([...observed.objects].filter(([key]) => !leaving.includes(key)));
  const found = provenDifferences(config, manifests, { objects }, { namespace, mode });
  if (found.length === 0) return;
  throw new TransactionFailure([
    'together with what is there already, the resources would not say what the ConfigMap says:',
    ...found,
    'nothing was changed',
  ]);
}
