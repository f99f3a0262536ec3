import { ApiError, ConnectionError } from '../../runtime/kube/index.ts';
import type { Reporter } from './checks/agreement.ts';
import { awaitConfigMap } from './checks/hearing.ts';
import { lookAtServices } from './checks/keeping.ts';
import { missingRights, rightsFor } from './checks/rights.ts';
import { movedText } from './checks/services.ts';
import { type Ground, Interruption, type Outcome, TransactionFailure } from './ground.ts';
import { definitionsInUse, observeFor } from './observe.ts';
import { type MigrationRecord, parseRecord } from './record/record.ts';
import { type StoredRecord, dropRecord, readRecord, writeRecord } from './record/store.ts';
import {
  changeOfConfigMap,
  foreignChanges,
  stepsBack,
  stepsOfAnnotationsBack,
  stepsOfConfigMapBack,
  stepsOfDefinitionsBack,
} from './steps/back.ts';
import { carryOut } from './steps/carry-out.ts';
import { type Step, stepText } from './steps/step.ts';

export interface RollbackOptions {
  /** Undoes also what others have changed since. */
  readonly force: boolean;
  /** Says what would be done, and writes nothing. */
  readonly rehearseOnly: boolean;
  /** The programs that report agreement; none: nothing that runs there does. */
  readonly reporters: readonly Reporter[];
  /** What the file of the record holds, where there is one. */
  readonly file?: string;
}

/** Restores what `apply` recorded, from the Secret or, where that is gone, from the file. product.md §4 */
export async function rollback(ground: Ground, options: RollbackOptions): Promise<Outcome> {
  const found = await recordToUndo(ground, options);
  if (found === undefined) {
    return {
      kind: 'refused',
      lines: ['nothing was applied here: there is no record to go back by'],
    };
  }
  const { record } = found;
  const observed = await observeFor(ground, record);
  const ofConfigMap = changeOfConfigMap(record, observed);
  const foreign = [
    ...(ofConfigMap === undefined ? [] : [ofConfigMap]),
    ...foreignChanges(record, observed),
  ];
  if (foreign.length > 0 && !options.force) {
    return {
      kind: 'refused',
      lines: [
        ...foreign.map(({ text }) => text),
        'nothing was changed; --force goes back all the same',
      ],
      facts: { changedByOthers: foreign.map(({ object }) => object) },
    };
  }
  const first = [
    ...stepsOfAnnotationsBack(record, observed),
    ...stepsOfConfigMapBack(record, observed),
  ];
  if (options.rehearseOnly) {
    const inUse = new Set<string>();
    const steps = [
      ...first,
      ...stepsBack(record, observed),
      ...stepsOfDefinitionsBack(record, observed, inUse),
    ];
    return rehearsed(steps);
  }
  await demandRights(ground, record);
  try {
    const stored =
      found.version === undefined || record.phase === 'undoing'
        ? found
        : await writeRecord(ground, { ...record, phase: 'undoing' }, found);
    const resumes = record.phase === 'undoing';
    return await goBack(ground, stored, { ...options, resumes });
  } catch (error) {
    return unfinished(error);
  }
}

async function recordToUndo(
  ground: Ground,
  { file }: RollbackOptions,
): Promise<StoredRecord | undefined> {
  const stored = await readRecord(ground);
  if (stored !== undefined || file === undefined) return stored;
  const record = parseRecord(file);
  if ('problem' in record) {
    throw new TransactionFailure([`the file of the record: ${record.problem}`]);
  }
  if (record.namespace !== ground.namespace) {
    throw new TransactionFailure([`the file of the record is about namespace ${record.namespace}`]);
  }
  return record.phase === 'undone' ? undefined : { record };
}

async function demandRights(ground: Ground, record: MigrationRecord): Promise<void> {
  const { objects, definitions, rewrites } = record;
  const kinds = [...new Set(objects.map(({ kind }) => kind))];
  const rights = rightsFor({ kinds, definitions, rewrites: rewrites.length > 0 }, ground.namespace);
  const missing = await missingRights(ground, rights);
  if (missing.length === 0) return;
  throw new TransactionFailure([
    `rights are missing: ${missing.join('; ')}`,
    'nothing was changed',
  ]);
}

async function goBack(
  ground: Ground,
  stored: StoredRecord,
  { reporters, resumes }: Pick<RollbackOptions, 'reporters'> & { readonly resumes: boolean },
): Promise<Outcome> {
  const { record } = stored;
  const lines: string[] = [];
  const before = await observeFor(ground, record);
  await carryOut(ground, stepsOfAnnotationsBack(record, before));
  const ofConfigMap = stepsOfConfigMapBack(record, before);
  await carryOut(ground, ofConfigMap);
  if (ofConfigMap.length > 0) lines.push('the ConfigMap is in force again');
  if (ofConfigMap.length > 0 || resumes) {
    // The run before this one may have been killed right after it put the ConfigMap back.
    const insists = ofConfigMap.length > 0;
    const { name } = record.configMap.metadata;
    await awaitConfigMap(ground, before, { name, reporters, insists });
  }
  const steps = stepsBack(record, await observeFor(ground, record));
  await carryOut(ground, steps);
  const inUse = await definitionsInUse(ground, record.definitions);
  const left = await observeFor(ground, record);
  await carryOut(ground, stepsOfDefinitionsBack(record, left, inUse));
  for (const name of inUse) {
    lines.push(`CustomResourceDefinition ${name} stays: there are objects of it that are not ours`);
  }
  const { moved, kept } = await lookAtServices(ground, record.services);
  await dropRecord(ground, stored);
  const text = `rolled back: ${steps.length} objects are as they were`;
  const facts = {
    objects: steps.length,
    services: kept,
    moved: moved.map(({ service }) => service),
  };
  if (moved.length > 0) {
    return {
      kind: 'refused',
      lines: [
        `${text}, but not every Service has the addresses that were recorded`,
        ...moved.map(movedText),
        ...lines,
      ],
      facts,
    };
  }
  return {
    kind: 'done',
    lines: [text, ...lines, `all ${kept} Services keep their addresses`],
    facts,
  };
}

function rehearsed(steps: readonly Step[]): Outcome {
  const texts = steps.map(stepText);
  return {
    kind: 'done',
    lines:
      texts.length === 0
        ? ['nothing would be done']
        : ['this would be done; nothing was changed:', ...texts],
    facts: { dryRun: true, steps: texts },
  };
}

function unfinished(error: unknown): Outcome {
  const advice = 'run "metal-migrate rollback" again to finish it';
  if (error instanceof Interruption) {
    return { kind: 'unfinished', lines: ['stopped as asked, between two writes', advice] };
  }
  if (error instanceof ConnectionError) {
    return {
      kind: 'unfinished',
      lines: [`the API server does not answer: ${error.message}`, advice],
    };
  }
  if (error instanceof ApiError) return { kind: 'unfinished', lines: [error.message, advice] };
  if (error instanceof TransactionFailure) {
    return { kind: 'unfinished', lines: [...error.lines, advice] };
  }
  throw error;
}
