import { ApiError, coreResource, identify, pathOf } from '../../../runtime/kube/index.ts';
import { type Ground, TransactionFailure } from '../ground.ts';
import { FIELD_MANAGER } from '../objects/content.ts';
import { find, isAbsence, persistently } from '../requests.ts';
import type { MigrationRecord } from './record.ts';
import { printRecord } from './record.ts';
import { RECORD_SECRET, recordIn, recordPath, recordSecret } from './secret.ts';

/** A record, and the version of the Secret that it was read from or written to. */
export interface StoredRecord {
  readonly record: MigrationRecord;
  /** Absent: there is no Secret. */
  readonly version?: string;
  /** Why the file does not hold it, in a sentence. */
  readonly unkept?: string;
}

/** The record of a migration that was begun, if there is one. */
export async function readRecord(ground: Ground): Promise<StoredRecord | undefined> {
  const secret = await find(ground, recordPath(ground.namespace));
  if (secret === undefined) return undefined;
  const record = await recordIn(secret);
  if ('problem' in record) {
    throw new TransactionFailure([
      `Secret ${ground.namespace}/${RECORD_SECRET} should hold the record of a migration: ${record.problem}`,
      'without the Secret "metal-migrate rollback" goes by the file of the record',
    ]);
  }
  if (record.namespace !== ground.namespace) {
    throw new TransactionFailure([
      `Secret ${ground.namespace}/${RECORD_SECRET} holds the record of namespace ${record.namespace}: it belongs there`,
    ]);
  }
  return { record, version: identify(secret)?.version ?? '' };
}

/** Writes the record into the Secret and then into the file: only one of several commands at a time can. */
export async function writeRecord(
  ground: Ground,
  record: MigrationRecord,
  replaced?: StoredRecord,
): Promise<StoredRecord> {
  const { version: former } = replaced ?? {};
  const body = await recordSecret(record, former);
  if (body === undefined) {
    throw new TransactionFailure([
      'the record of what is to be changed is larger than a Secret may be: nothing was changed',
    ]);
  }
  const version = await writeSecret(ground, record, { body, former });
  const written = await ground.keep(printRecord(record));
  if (written.kind === 'unwritable') {
    const why = `the file of the record cannot be written: ${written.why}`;
    // What has gone far is not held up for the file, nor is the way back: there is the Secret.
    if (record.phase !== 'applying') return { record, version, unkept: why };
    // What was not begun shall not look begun.
    if (former === undefined) await deleteSecret(ground);
    throw new TransactionFailure([why]);
  }
  return { record, version };
}

async function writeSecret(
  ground: Ground,
  record: MigrationRecord,
  { body, former }: { readonly body: object; readonly former: string | undefined },
): Promise<string> {
  const query = { fieldManager: FIELD_MANAGER };
  const collection = pathOf(coreResource('secrets', ground.namespace));
  const call =
    former === undefined
      ? ({ method: 'POST', path: collection, query, body } as const)
      : ({ method: 'PUT', path: recordPath(ground.namespace), query, body } as const);
  try {
    return identify(await persistently(ground, call))?.version ?? '';
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 409) throw error;
    return await ownVersion(ground, record);
  }
}

/** Either somebody else was quicker, or it was the very request, whose reply was lost. */
async function ownVersion(ground: Ground, { id, phase }: MigrationRecord): Promise<string> {
  const { record, version } = (await readRecord(ground)) ?? {};
  if (version !== undefined && record?.id === id && record.phase === phase) return version;
  throw new TransactionFailure(['another metal-migrate is at work in this cluster']);
}

/** Says in the file that everything is undone, and deletes the Secret: the last step of all. */
export async function dropRecord(ground: Ground, { record, version }: StoredRecord): Promise<void> {
  await ground.keep(printRecord({ ...record, phase: 'undone' }));
  if (version !== undefined) await deleteSecret(ground);
}

async function deleteSecret(ground: Ground): Promise<void> {
  try {
    await persistently(ground, { method: 'DELETE', path: recordPath(ground.namespace) });
  } catch (error) {
    if (!isAbsence(error)) throw error;
  }
}
