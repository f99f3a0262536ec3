import {
  type Credentials,
  EventRecorder,
  HttpApiClient,
  Informer,
  coreResource,
  inClusterCredentials,
  kubeconfigCredentials,
} from '../../kube/index.ts';
import type { JsonLogger } from '../../platform/index.ts';
import type { Clock, Random, Task } from '../../platform/ports.ts';
import {
  type ConfigKeeper,
  ConfigMapListener,
  FileSource,
  type SourceChoice,
  configMapDocument,
} from '../../sources/index.ts';

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

/** Names of the one ConfigMap that configures. */
export interface ConfigMapName {
  readonly namespace: string;
  readonly name: string;
}

/** The task that finds configurations for the keeper. */
export function configurationTask(
  choice: Exclude<SourceChoice, { kind: 'refused' }>,
  names: ConfigMapName,
  keeper: ConfigKeeper,
  { client, clock, random, logger }: Ground & { readonly client: HttpApiClient },
): Task {
  if (choice.kind === 'file') {
    return new FileSource({ path: choice.path, names, inbox: keeper, clock, logger });
  }
  if (choice.notice !== undefined) logger.info(choice.notice);
  return new Informer({
    client,
    clock,
    random,
    logger,
    resource: coreResource('configmaps', names.namespace),
    query: { fieldSelector: `metadata.name=${names.name}` },
    project: configMapDocument,
    listener: new ConfigMapListener(keeper),
  });
}
