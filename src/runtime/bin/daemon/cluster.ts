import {
  type Credentials,
  EventRecorder,
  HttpApiClient,
  inClusterCredentials,
  kubeconfigCredentials,
} from '../../kube/index.ts';
import type { JsonLogger } from '../../platform/index.ts';
import type { Clock, Random } from '../../platform/ports.ts';

/** Time, randomness and the log: what every part is given. */
export interface Ground {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: JsonLogger;
}

/** The ground of one part, whose debug lines `DEBUG=metal-lb:<part>` lets through. */
export function groundOf(part: string, { clock, random, logger }: Ground): Ground {
  return { clock, random, logger: logger.traced(part) };
}

/** Where the API is: in a pod it needs no telling. Rejects where there are no credentials to begin with. legacy.md §2.4 */
export async function connect(
  kubeconfig: string,
  { clock, random }: Ground,
): Promise<HttpApiClient> {
  const credentials: Credentials =
    kubeconfig === ''
      ? inClusterCredentials(clock, process.env)
      : kubeconfigCredentials(clock, { path: kubeconfig });
  await credentials.current();
  return new HttpApiClient({ credentials, clock, random });
}

export function recordEvents(
  client: HttpApiClient,
  component: string,
  ground: Ground,
  host?: string,
): EventRecorder {
  const source = { component, ...(host !== undefined && { host }) };
  return new EventRecorder({ client, source, ...ground });
}
