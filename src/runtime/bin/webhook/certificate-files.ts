import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret } from '../../model/index.ts';
import { type Clock, type Logger, type Task, seconds } from '../../platform/ports.ts';
import { type ServingPair, faultOfPair, refusalOf, validUntil } from '../../webhook/index.ts';
import { abortOf } from '../daemon/tasks.ts';

export interface CertificateFilesOptions {
  /** `--cert-dir`: holds tls.crt and tls.key, kept by somebody else. */
  readonly directory: string;
  readonly present: (pair: ServingPair) => void;
  /** Told when the certificate in use ends, in seconds since 1970. */
  readonly expires: (at: number) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A mounted Secret changes within about a minute of its object. */
const LOOK_AGAIN = seconds(10);

/** Serves with the certificate of a directory, and with its successor once both files of that are there. */
export function certificateFiles(options: CertificateFilesOptions): Task {
  const { clock } = options;
  return {
    name: 'webhook certificate files',
    run: async (signal) => {
      const stopped = abortOf(signal);
      const look = lookInto(options);
      while (!signal.aborted) {
        await look();
        let timer: Disposable | undefined;
        const due = new Promise<void>((go) => (timer = clock.after(LOOK_AGAIN, go)));
        await Promise.race([stopped, due]);
        timer?.[Symbol.dispose]();
      }
    },
  };
}

/** A look: presents what is new and whole, and says once what is wrong. */
function lookInto({
  directory,
  present,
  expires,
  logger,
}: CertificateFilesOptions): () => Promise<void> {
  let shown = '';
  let complaint: string | undefined;
  return async () => {
    const pair = await readPair(directory);
    const fault = typeof pair === 'string' ? pair : (faultOfPair(pair) ?? refusalOf(pair));
    if (typeof pair === 'string' || fault !== undefined) {
      if (fault !== complaint) {
        logger.warn({ op: 'webhook', directory, error: fault, msg: NO_PAIR });
      }
      complaint = fault;
      return;
    }
    complaint = undefined;
    if (pair.certificate === shown) return;
    shown = pair.certificate;
    present(pair);
    const until = validUntil(shown) ?? 0;
    expires(until / 1000);
    const text = new Date(until).toISOString();
    logger.info({ op: 'webhook', directory, until: text, msg: 'certificate in use' });
  };
}

const NO_PAIR = 'no certificate to serve with; looked for again every few seconds';

async function readPair(directory: string): Promise<ServingPair | string> {
  try {
    const [certificate, key] = await Promise.all(
      ['tls.crt', 'tls.key'].map((name) => readFile(join(directory, name), 'utf8')),
    );
    return { certificate: certificate ?? '', key: new Secret(key ?? '') };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return error.message;
  }
}
