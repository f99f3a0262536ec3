/**
 * A migration as one transaction on a live cluster.
 *
 * Before the first write everything is checked ({@link apply}) and what is there is recorded, in a Secret and a file. What is
 * left to do is then decided, again and again, from the record and from what the cluster shows (`steps/`, pure): so a run
 * that was killed between any two requests is finished by the next one, and {@link rollback} undoes whatever part of it
 * there is. {@link verify} looks, at any time later. docs/adr/0022
 *
 * @packageDocumentation
 */
export { apply } from './apply.ts';
export { CONTROLLER, type Reporter, SPEAKER } from './checks/agreement.ts';
export { type Ground, Interruption, type Outcome, TransactionFailure } from './ground.ts';
export type { Migration } from './migration.ts';
export { parseRecord } from './record/record.ts';
export { rollback } from './rollback.ts';
export { verify } from './verify.ts';
