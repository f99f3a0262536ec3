import type { Ground } from './ground.ts';
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
  stored: StoredRecord,
): Promise<void> {
  const current = (await readRecord(ground)) ?? stored;
  const begun = earlier?.record.phase === 'applied' ? earlier.record : undefined;
  const rewrites = record.rewrites.filter(({ service, annotation }) => {
    return !begun?.rewrites.some((one) => one.service === service && one.annotation === annotation);
  });
  const observed = await observeFor(ground, record);
  await carryOut(ground, stepsOfAnnotationsBack({ ...record, rewrites }, observed));
  await carryOut(ground, stepsOfConfigMapBack(begun ?? record, observed));
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
