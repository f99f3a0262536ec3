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
      const [issued] = (await once(worker, 'message')) as [Issued];
      const { caCertificate, certificate } = issued;
      const keys = { caKey: new Secret(issued.caKey), key: new Secret(issued.key) };
      return { caCertificate, certificate, ...keys };
    } catch (error) {
      // Rejected with what the thread died of, of which only the name and the code are sure to have nothing of the key.
      if (!(error instanceof Error)) throw error;
      const { name, code = name } = error as NodeJS.ErrnoException;
      throw new IssuingFailed(`no certificate could be made: ${code}`);
    } finally {
      await worker.terminate();
    }
  };
}
