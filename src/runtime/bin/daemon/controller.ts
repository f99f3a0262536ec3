import {
  type ControllerObserver,
  type HolderObserver,
  type SecretStore,
  ServiceController,
  ensureMemberlistSecret,
} from '../../controller/index.ts';
import {
  type HttpApiClient,
  Informer,
  ServiceStore,
  coreResource,
  createSecret,
  deploymentUid,
  namespaceView,
  secretExists,
} from '../../kube/index.ts';
import { type Compat, type EventSink, type ServiceView, isServed } from '../../model/index.ts';
import type { Task } from '../../platform/ports.ts';
import { abortOf, onDemand } from './tasks.ts';
import { type Ground, groundOf } from './cluster.ts';

export interface ControllerParts {
  readonly controller: ServiceController;
  readonly services: ServiceStore;
  /** Watches namespaces once a pool selects any. */
  readonly namespaces: Task;
  /** Stops the controller, its last writes included. */
  readonly task: Task;
}

interface Surroundings extends Ground {
  readonly client: HttpApiClient;
  readonly events: EventSink;
  readonly observer: ControllerObserver;
  readonly holders?: HolderObserver;
  /** Every Service is known. */
  readonly listed?: () => void;
  /** A Service has let go of addresses. */
  readonly released: () => void;
  /** `--lb-class` */
  readonly lbClass: string;
}

/** The controller and the store of Services that feeds it. */
export function makeController(
  compat: Compat,
  { client, events, observer, holders, listed, released, lbClass, ...ground }: Surroundings,
): ControllerParts {
  const services = new ServiceStore({
    ...groundOf('kube', ground),
    client,
    compat,
    listener: {
      changed: (key, view) => {
        if (letsGo(key, view)) released();
        controller.changed(key, view);
      },
      synced: () => {
        controller.synced();
        listed?.();
      },
    },
  });
  const ports = {
    writer: services,
    events,
    observer,
    ...(holders && { holders }),
    clock: ground.clock,
    random: ground.random,
    log: ground.logger.traced('controller'),
    needNamespaces: () => namespaces.need(),
  };
  const controller = new ServiceController(compat, ports, lbClass);
  const namespaces = watchNamespaces(controller, client, groundOf('kube', ground));
  const carriers = new Set<string>();
  const letsGo = (key: string, view: ServiceView | undefined): boolean => {
    if (view !== undefined && view.ingress.length > 0 && isServed(view, compat, lbClass)) {
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
  return { controller, services, namespaces, task };
}

/** Namespaces are of no interest, and need no right, until a pool chooses Services by them. */
function watchNamespaces(
  controller: ServiceController,
  client: HttpApiClient,
  { clock, random, logger }: Ground,
): ReturnType<typeof onDemand> {
  const informer = new Informer({
    client,
    clock,
    random,
    logger,
    resource: coreResource('namespaces'),
    project: namespaceView,
    listener: {
      changed: (name, now) => controller.namespaceChanged(name, now?.labels),
      synced: () => undefined,
      unavailable: () => controller.namespacesReadable(false),
      available: () => controller.namespacesReadable(true),
    },
  });
  return onDemand(informer.name, (signal) => informer.run(signal));
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
