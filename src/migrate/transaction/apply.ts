import { ApiError, ConnectionError } from '../../runtime/kube/index.ts';
import { CONTROLLER, type Question, type Reporter } from './checks/agreement.ts';
import { awaitAgreement } from './checks/hearing.ts';
import { lookAtServices } from './checks/keeping.ts';
import { provenDifferences } from './checks/proof.ts';
import { movedText } from './checks/services.ts';
import { type Ground, Interruption, type Outcome, TransactionFailure } from './ground.ts';
import { keyOf } from './objects/places.ts';
import { observeFor } from './observe.ts';
import type { Migration } from './migration.ts';
import { type Prepared, prepare } from './prepare.ts';
import { type MigrationRecord, whichObject } from './record/record.ts';
import { RECORD_SECRET } from './record/secret.ts';
import { type StoredRecord, writeRecord } from './record/store.ts';
import { mayGoOn } from './requests.ts';
import { stepsForward, stepsOfRewrites } from './steps/forward.ts';
import { carryOut } from './steps/carry-out.ts';
import { stepText } from './steps/step.ts';
import { undo } from './undo.ts';

/** What is there is looked at again after the steps were done: somebody may have interfered. */
const ROUNDS = 3;

/**
 * Puts resources into force beside the ConfigMap, or changes nothing: everything is checked first, what is there is recorded,
 * objects are written one by one, the programs are heard, and every Service must keep its addresses. Whatever fails is
 * undone; where even that is not possible, running it again finishes it, and `rollback` undoes it. product.md §4
 */
export async function apply(
  ground: Ground,
  migration: Migration,
  options: { readonly rehearseOnly: boolean },
): Promise<Outcome> {
  const prepared = await prepare(ground, migration);
  if (options.rehearseOnly) return rehearsed(prepared);
  if (isNothingToDo(prepared)) return await confirmed(ground, migration, prepared);
  for (const doubt of prepared.doubts) ground.progress(doubt);
  mayGoOn(ground);
  let stored: StoredRecord | undefined;
  try {
    stored = await writeRecord(ground, prepared.record, prepared.earlier);
    return await bringAbout(ground, migration, stored);
  } catch (error) {
    return await afterFailure(ground, migration, prepared, { error, stored });
  }
}

function rehearsed({ steps, record, doubts }: Prepared): Outcome {
  const texts = [
    ...steps.map(stepText),
    ...record.rewrites.map(({ service, to }) => `Service ${service} asks for pool ${to}`),
  ];
  const lines =
    texts.length === 0
      ? ['nothing would be done: everything is there already']
      : [
          doubts.length === 0
            ? 'the server accepts all of this; nothing was changed:'
            : 'the server refuses none of this as far as it can tell now; nothing was changed:',
          ...texts,
          ...doubts,
        ];
  return { kind: 'done', lines, facts: { dryRun: true, steps: texts, doubts } };
}

/** The way forward, once it is recorded. */
async function bringAbout(
  ground: Ground,
  migration: Migration,
  stored: StoredRecord,
): Promise<Outcome> {
  const { record } = stored;
  await goForward(ground, record);
  const lines = await verified(ground, migration, record);
  const rewritten = await rewrite(ground, migration, record);
  const { unkept } = await writeRecord(ground, { ...record, phase: 'applied' }, stored);
  const count = record.objects.filter(({ after }) => after !== undefined).length;
  return {
    kind: 'done',
    lines: [
      `applied: ${count} objects say what the ConfigMap says`,
      ...lines,
      ...rewritten,
      ...(unkept === undefined ? [] : [unkept]),
      `what is needed to go back is in Secret ${record.namespace}/${RECORD_SECRET}: "metal-migrate rollback"`,
    ],
    facts: { objects: count, services: record.services.length, rewritten: record.rewrites.length },
  };
}

async function goForward(ground: Ground, record: MigrationRecord): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const steps = stepsForward(record, await observeFor(ground, record));
    if (steps.length === 0) return;
    await carryOut(ground, steps);
  }
  const [left] = stepsForward(record, await observeFor(ground, record));
  if (left === undefined) return;
  throw new TransactionFailure([`${stepText(left)}: somebody else changes it again and again`]);
}

/** Whether the objects hold, the programs agree and every Service has its addresses; what there is to say of it. */
async function verified(
  ground: Ground,
  migration: Migration,
  record: MigrationRecord,
): Promise<readonly string[]> {
  const { reporters, config, manifests, mode } = migration;
  const observed = await observeFor(ground, record);
  const differences = provenDifferences(config, manifests, observed, {
    namespace: ground.namespace,
    mode,
  });
  if (differences.length > 0) {
    throw new TransactionFailure([
      'what was stored does not say what the ConfigMap says:',
      ...differences,
    ]);
  }
  const lines: string[] = [];
  if (reporters.length === 0) {
    lines.push(
      'nothing that runs here reports agreement: the stored objects were read back and compared with the ConfigMap, and agree',
    );
  } else {
    await awaitAgreement(ground, record.configMap.metadata.name, questionOf(record, migration));
    lines.push(agreementText(reporters));
  }
  return [...lines, await kept(ground, record)];
}

function agreementText(reporters: readonly Reporter[]): string {
  if (reporters.some(({ component }) => component !== CONTROLLER)) {
    return `agreement is reported by all ${reporters.length} programs: the resources are in force`;
  }
  return 'agreement is reported by the controller; no speaker is known here, so none was asked: look at their Events';
}

/** What the programs are asked about the objects of a record. */
export function questionOf(
  record: MigrationRecord,
  { reporters }: Pick<Migration, 'reporters'>,
): Question {
  const { since, configMapVersion: configMap, standing } = record;
  const written = record.objects
    .filter(({ after }) => after !== undefined)
    .map((one) => keyOf(whichObject(one)))
    .filter((key) => !standing.includes(key));
  return { reporters, configMap, written, since };
}

async function kept(ground: Ground, { services }: MigrationRecord): Promise<string> {
  const { moved, gone, kept: count } = await lookAtServices(ground, services);
  if (moved.length > 0) throw new TransactionFailure(moved.map(movedText));
  const left = gone.length === 0 ? '' : `; ${gone.length} were deleted meanwhile`;
  return `all ${count} Services keep their addresses${left}`;
}

/** After the cut-over, and only where nobody but us gives addresses. */
async function rewrite(
  ground: Ground,
  { reporters }: Migration,
  record: MigrationRecord,
): Promise<readonly string[]> {
  if (record.rewrites.length === 0 || reporters.length === 0) return [];
  await carryOut(ground, stepsOfRewrites(record, await observeFor(ground, record)));
  await kept(ground, record);
  return [
    `${record.rewrites.length} Services ask for their pools by the new names; the ConfigMap, which does not know these, yields to the resources for good`,
  ];
}

function isNothingToDo({ steps, earlier, record, observed }: Prepared): boolean {
  if (earlier?.record.phase !== 'applied' || steps.length > 0) return false;
  return (
    stepsOfRewrites(record, observed).length === 0 &&
    JSON.stringify(earlier.record.objects) === JSON.stringify(record.objects) &&
    earlier.record.rewrites.length === record.rewrites.length
  );
}

/** Everything was applied by an earlier run: it is only looked at again, and nothing written. */
async function confirmed(
  ground: Ground,
  { reporters }: Migration,
  { earlier, record }: Prepared,
): Promise<Outcome> {
  const known = earlier?.record ?? record;
  const { moved, kept: count } = await lookAtServices(ground, known.services);
  if (moved.length > 0) return { kind: 'refused', lines: moved.map(movedText) };
  const facts = {
    objects: record.objects.length,
    services: count,
    rewritten: 0,
    programs: reporters.length,
  };
  return { kind: 'done', lines: ['everything was applied before: there is nothing to do'], facts };
}

/** Undoes what was done, unless somebody wants to stop or the server is out of reach: then it says how to go on. */
async function afterFailure(
  ground: Ground,
  { reporters }: Migration,
  prepared: Prepared,
  { error, stored }: { readonly error: unknown; readonly stored: StoredRecord | undefined },
): Promise<Outcome> {
  if (error instanceof Interruption) return unfinished(['stopped as asked, between two writes']);
  if (error instanceof ConnectionError) {
    return unfinished([`the API server does not answer: ${error.message}`]);
  }
  const lines = linesOf(error);
  if (lines === undefined) throw error;
  if (stored === undefined) return { kind: 'refused', lines: [...lines, 'nothing was changed'] };
  try {
    ground.progress('undoing what was done');
    await undo(ground, prepared, { stored, reporters });
    return { kind: 'refused', lines: [...lines, 'everything that was done is undone'] };
  } catch (second) {
    const more =
      second instanceof Interruption || second instanceof ConnectionError
        ? [second.message]
        : linesOf(second);
    if (more === undefined) throw second;
    return unfinished([...lines, `and it could not be undone: ${more.join('; ')}`]);
  }
}

function linesOf(error: unknown): readonly string[] | undefined {
  if (error instanceof TransactionFailure) return error.lines;
  return error instanceof ApiError ? [error.message] : undefined;
}

function unfinished(lines: readonly string[]): Outcome {
  return {
    kind: 'unfinished',
    lines: [
      ...lines,
      'the ConfigMap is still there; "metal-migrate apply" finishes what was begun, "metal-migrate rollback" undoes it',
    ],
  };
}
