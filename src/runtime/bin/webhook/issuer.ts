import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Secret } from '../../model/index.ts';
import { type Issuer, IssuingFailed } from '../../webhook/index.ts';
import type { IssueOrder, Issued } from '../../webhook/issuing/index.ts';

/**
 * Makes certificates in a thread of its own, so that what it takes to make them does not stay in memory.
 *
 * @param entry - its program
 */
export function threadIssuer(entry: URL): Issuer {
  return async ({ names, now, authority }) => {
    const key = authority?.key.reveal() ?? '';
    const order: IssueOrder = {
      ...{ names, now },
      ...(authority !== undefined && { authority: { certificate: authority.certificate, key } }),
    };
    const worker = new Worker(entry, { workerData: order });
    try {
      const issued = await issuedBy(worker);
      const { caCertificate, certificate } = issued;
      const keys = { caKey: new Secret(issued.caKey), key: new Secret(issued.key) };
      return { caCertificate, certificate, ...keys };
    } catch (error) {
      // Rejected with what the thread died of, of which only the name and the code are sure to have nothing of the key.
      if (!(error instanceof Error) || error instanceof IssuingFailed) throw error;
      const { name, code = name } = error as NodeJS.ErrnoException;
      throw new IssuingFailed(`no certificate could be made: ${code}`);
    } finally {
      await worker.terminate();
    }
  };
}

/** What the thread sends; rejects if it ends without. */
async function issuedBy(worker: Worker): Promise<Issued> {
  const ended = once(worker, 'exit').then(([code]: readonly number[]) => {
    throw new IssuingFailed(`no certificate could be made: the thread ended with code ${code}`);
  });
  const [issued] = (await Promise.race([once(worker, 'message'), ended])) as [Issued];
  return issued;
}
