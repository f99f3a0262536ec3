import type { Reporter } from './checks/agreement.ts';
import { awaitConfigMap } from './checks/hearing.ts';
import { type Ground, TransactionFailure } from './ground.ts';
import { definitionsInUse, observeFor } from './observe.ts';
import type { Prepared } from './prepare.ts';
import { type StoredRecord, dropRecord, readRecord, writeRecord } from './record/store.ts';
import {
  foreignChanges,
  stepsBack,
  stepsOfAnnotationsBack,
  stepsOfConfigMapBack,
  stepsOfDefinitionsBack,
} from './steps/back.ts';
import { carryOut } from './steps/carry-out.ts';

/** Takes everything back that an `apply` did which failed; what others changed meanwhile stays as they want it. */
export async function undo(
  ground: Ground,
  { record, undo: objects, earlier }: Prepared,
  { stored, reporters }: { readonly stored: StoredRecord; readonly reporters: readonly Reporter[] },
): Promise<void> {
  const current = await readRecord(ground);
  if (current === undefined || current.version !== stored.version) {
    throw new TransactionFailure([
      'the record is not that of this run any more: another metal-migrate is at work, or was',
    ]);
  }
  const begun = earlier?.record.phase === 'applied' ? earlier.record : undefined;
  const rewrites = record.rewrites.filter(({ service, annotation }) => {
    return !begun?.rewrites.some((one) => one.service === service && one.annotation === annotation);
  });
  const observed = await observeFor(ground, record);
  await carryOut(ground, stepsOfAnnotationsBack({ ...record, rewrites }, observed));
  const ofConfigMap = stepsOfConfigMapBack(begun ?? record, observed);
  await carryOut(ground, ofConfigMap);
  const { name } = record.configMap.metadata;
  if (ofConfigMap.length > 0) {
    await awaitConfigMap(ground, observed, { name, reporters, insists: true });
  }
  const spared = new Set(foreignChanges({ objects }, observed).map(({ object }) => object));
  await carryOut(ground, stepsBack({ objects }, observed, spared));
  if (begun !== undefined) {
    await writeRecord(ground, begun, current);
    return;
  }
  const inUse = await definitionsInUse(ground, record.definitions);
  await carryOut(ground, stepsOfDefinitionsBack(record, await observeFor(ground, record), inUse));
  await dropRecord(ground, current);
}
