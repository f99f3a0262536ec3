import { type Json, coreResource, member, pathOf, text } from '../../../runtime/kube/index.ts';
import { FIELD_MANAGER } from '../objects/content.ts';
import { type MigrationRecord, parseRecord, printRecord } from './record.ts';

/** The Secret that a record is kept in. There is one migration at a time, so its name is its lock. */
export const RECORD_SECRET = 'metal-migrate';

const TYPE = 'metal-lb.io/migration-record';
const PLAIN = 'record.json';
const PACKED = 'record.json.gz';
/** From here on a record is packed, in octets. */
const LARGEST_PLAIN = 256 * 1024;
/** What an API server takes in one Secret is 1 MiB. */
const LARGEST = 1000 * 1024;

export function recordPath(namespace: string): string {
  return pathOf(coreResource('secrets', namespace), RECORD_SECRET);
}

/**
 * The Secret that holds a record; `undefined` where it would be too large even packed.
 *
 * @param version - the one that it replaces
 */
export async function recordSecret(
  record: MigrationRecord,
  version?: string,
): Promise<object | undefined> {
  const plain = new TextEncoder().encode(printRecord(record));
  const packs = plain.length > LARGEST_PLAIN;
  const octets = packs ? await through(plain, new CompressionStream('gzip')) : plain;
  if (octets.length > LARGEST) return undefined;
  const resourceVersion = version === undefined ? {} : { resourceVersion: version };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: RECORD_SECRET,
      namespace: record.namespace,
      ...resourceVersion,
      labels: { 'app.kubernetes.io/managed-by': FIELD_MANAGER },
    },
    type: TYPE,
    data: { [packs ? PACKED : PLAIN]: Buffer.from(octets).toString('base64') },
  };
}

/** What a Secret says, or why it says nothing. */
export async function recordIn(
  secret: Json,
): Promise<MigrationRecord | { readonly problem: string }> {
  const data = member(secret, 'data');
  if (text(member(secret, 'type')) !== TYPE) return { problem: `it is not of type ${TYPE}` };
  const [plain, packed] = [PLAIN, PACKED].map((key) =>
    Buffer.from(text(member(data, key)), 'base64'),
  );
  if (packed === undefined || packed.length === 0) {
    return parseRecord(plain?.toString('utf8') ?? '');
  }
  try {
    const octets = await through(packed, new DecompressionStream('gzip'));
    return parseRecord(new TextDecoder().decode(octets));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { problem: `it cannot be unpacked: ${error.message}` };
  }
}

/** The most that is unpacked, in octets: a record is written by us, but anyone may have changed it. */
const LARGEST_UNPACKED = 64 * 1024 * 1024;

async function through(
  octets: Uint8Array,
  transform: CompressionStream | DecompressionStream,
): Promise<Uint8Array> {
  const source = new ReadableStream<Uint8Array>({
    start: (controller) => {
      controller.enqueue(octets);
      controller.close();
    },
  });
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of source.pipeThrough<Uint8Array>(transform)) {
    length += chunk.length;
    if (length > LARGEST_UNPACKED) throw new RangeError('it is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
