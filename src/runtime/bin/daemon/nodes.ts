import { type HttpApiClient, Informer, coreResource, nodeView } from '../../kube/index.ts';
import { type Compat, type NodeView, atLeast } from '../../model/index.ts';
import type { Clock, Logger, Random, Task } from '../../platform/ports.ts';
import { onDemand } from './tasks.ts';

interface Surroundings {
  readonly client: HttpApiClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

interface Identity {
  readonly node: string;
  readonly compat: Compat;
}

/** Who hears of Nodes. */
export interface NodeListener {
  changed(name: string, view: NodeView | undefined): void;
  /** The own Node was told of, changed or not. */
  ownChanged(): void;
  /** Every Node was told. */
  listed(): void;
  /** Nodes may not be listed. */
  unavailable(): void;
  /** What is watched from the start was told, or may not be. */
  begun(): void;
}

export interface NodeWatch {
  readonly tasks: readonly Task[];
  /** From now on every Node is watched. */
  need(): void;
}

/**
 * Watches what decides about announcing from Nodes: all of them under v0.13; before it the own one, as the original,
 * and the others only once a configuration selects nodes. legacy.md §0.1, crd.md §3.3
 */
export function watchNodes(
  { node, compat }: Identity,
  around: Surroundings,
  listener: NodeListener,
): NodeWatch {
  const changed = (name: string, view: NodeView | undefined): void => {
    listener.changed(name, view);
    if (name === node) listener.ownChanged();
  };
  const fromStart = atLeast(compat, 'v0.13');
  const every = informer({}, around, {
    changed,
    synced: () => {
      listener.listed();
      if (fromStart) listener.begun();
    },
    unavailable: () => {
      listener.unavailable();
      if (fromStart) listener.begun();
    },
  });
  if (fromStart) return { tasks: [every], need: () => undefined };
  const others = onDemand('informer of every node', (signal) => every.run(signal));
  const own = informer({ fieldSelector: `metadata.name=${node}` }, around, {
    // Two watches of one object are never equally far: from then on the other one tells.
    changed: (name, view) => {
      if (!every.synced) changed(name, view);
    },
    synced: () => listener.begun(),
    // Its labels matter only to what selects nodes: no reason to fall silent.
    unavailable: () => listener.begun(),
  });
  return { tasks: [own, others], need: () => others.need() };
}

function informer(
  query: { readonly fieldSelector?: string },
  { client, clock, random, logger }: Surroundings,
  listener: ConstructorParameters<typeof Informer<NodeView>>[0]['listener'],
): Informer<NodeView> {
  const resource = coreResource('nodes');
  const project = nodeView;
  return new Informer({ client, clock, random, logger, resource, query, project, listener });
}
