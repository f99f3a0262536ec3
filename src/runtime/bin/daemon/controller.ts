import {
  type ControllerObserver,
  type SecretStore,
  ServiceController,
  ensureMemberlistSecret,
} from '../../controller/index.ts';
import {
  type HttpApiClient,
  ServiceStore,
  createSecret,
  deploymentUid,
  secretExists,
} from '../../kube/index.ts';
import type { Compat, EventSink, ServiceView } from '../../model/index.ts';
import type { Task } from '../../platform/ports.ts';
import { abortOf } from './tasks.ts';
import { type Ground, groundOf } from './cluster.ts';

export interface ControllerParts {
  readonly controller: ServiceController;
  readonly services: ServiceStore;
  /** Stops the controller, its last writes included. */
  readonly task: Task;
}

interface Surroundings extends Ground {
  readonly client: HttpApiClient;
  readonly events: EventSink;
  readonly observer: ControllerObserver;
  /** A Service has let go of addresses. */
  readonly released: () => void;
}

/** The controller and the store of Services that feeds it. */
export function makeController(
  compat: Compat,
  { client, events, observer, released, ...ground }: Surroundings,
): ControllerParts {
  const services = new ServiceStore({
    ...groundOf('kube', ground),
    client,
    listener: {
      changed: (key, view) => {
        if (letsGo(key, view)) released();
        controller.changed(key, view);
      },
      synced: () => controller.synced(),
    },
  });
  const controller = new ServiceController(compat, {
    writer: services,
    events,
    observer,
    clock: ground.clock,
    random: ground.random,
    log: ground.logger.traced('controller'),
  });
  const carriers = new Set<string>();
  const letsGo = (key: string, view: ServiceView | undefined): boolean => {
    if (view !== undefined && view.ingress.length > 0) {
      carriers.add(key);
      return false;
    }
    return carriers.delete(key);
  };
  const task = {
    name: 'controller',
    run: async (signal: AbortSignal): Promise<void> => {
      await abortOf(signal);
      await controller.stop();
    },
  };
  return { controller, services, task };
}

/** Creates the Secret that speakers encrypt their gossip with, once at start. legacy.md §3.14 */
export async function makeMemberlistSecret(
  names: { readonly secret: string; readonly deployment: string; readonly namespace: string },
  { client, random, logger }: Ground & { readonly client: HttpApiClient },
): Promise<void> {
  const { namespace } = names;
  const store: SecretStore = {
    hasSecret: (name) => secretExists(client, namespace, name),
    deploymentUid: (name) => deploymentUid(client, namespace, name),
    createSecret: ({ name, key, owner }) =>
      createSecret(client, namespace, {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: {
          name,
          namespace,
          ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', ...owner }],
        },
        stringData: { secretkey: key.reveal() },
      }),
  };
  await ensureMemberlistSecret(names, store, random, logger);
}
