import type { LegacyMode } from '../../../config-legacy/index.ts';
import { type HttpApiClient, Informer, type Json, coreResource } from '../../kube/index.ts';
import { agreementMetric, sourceMetrics } from '../../metrics/index.ts';
import type { Compat, ConfigConsumer, EventSink, ObjectReference } from '../../model/index.ts';
import type { Task } from '../../platform/ports.ts';
import {
  ConfigKeeper,
  ConfigMapListener,
  FileSource,
  LegacyReader,
  ParityGuard,
  type ReadingListener,
  ResourceReader,
  ResourceSource,
  type SourceChoice,
  configMapDocument,
} from '../../sources/index.ts';
import { type Ground, groundOf } from './cluster.ts';
import type { Daemon } from './daemon.ts';

/** Where a program's configuration is and how it is read. */
export interface ConfigurationPlan {
  readonly source: Exclude<SourceChoice, { readonly kind: 'refused' }>;
  /** Of the ConfigMap and of the resources. */
  readonly namespace: string;
  /** Name of the ConfigMap. */
  readonly config: string;
  readonly compat: Compat;
  /** The validators: legacy.md §1.11, crd.md §2.7. */
  readonly legacyMode: LegacyMode;
  readonly resourceMode: 'none' | 'native' | 'frr';
  /** What only waits for something does not hold up the rest: for the controller. */
  readonly withoutWaiting: boolean;
}

interface Surroundings extends Ground {
  readonly client: HttpApiClient;
  readonly events: EventSink;
  readonly consumer: ConfigConsumer;
  /** Hears how the resources are read. */
  readonly readings?: ReadingListener;
}

export interface Configuration {
  readonly keeper: ConfigKeeper;
  readonly tasks: readonly Task[];
  /** The status of a resource as it was last seen; absent where the resources are not watched. */
  readonly statusOf?: (object: ObjectReference) => Json;
  close(): void;
}

/** What finds, reads, compares and keeps the configuration. product.md §2 */
export function makeConfiguration(
  plan: ConfigurationPlan,
  { register, ...daemon }: Daemon,
  { client, events, consumer, readings }: Omit<Surroundings, keyof Ground>,
): Configuration {
  const ground = groundOf('sources', daemon);
  const ports = { ...ground, events };
  const keeper = new ConfigKeeper(
    { ...ports, consumer, observer: sourceMetrics(register) },
    plan.compat,
  );
  const around = { ...ground, client, ...(readings && { readings }) };
  const close = (): void => keeper.close();
  switch (plan.source.kind) {
    case 'file': {
      const inbox = new LegacyReader({ compat: plan.compat, mode: plan.legacyMode }, keeper);
      const names = { name: plan.config, namespace: plan.namespace };
      const task = new FileSource({ path: plan.source.path, names, inbox, ...ground });
      return { keeper, tasks: [task], close };
    }
    case 'configmap':
      return { keeper, tasks: [watchConfigMap(plan, keeper, around)], close };
    case 'resources': {
      const source = watchResources(plan, keeper, around);
      return { keeper, tasks: [source], statusOf: (object) => source.statusOf(object), close };
    }
    case 'auto': {
      const guard = new ParityGuard({
        ...ports,
        sink: keeper,
        observer: agreementMetric(register),
      });
      const source = watchResources(plan, guard.resources, around);
      const tasks = [watchConfigMap(plan, guard.legacy, around), source];
      const closeBoth = (): void => {
        guard.close();
        keeper.close();
      };
      return { keeper, tasks, statusOf: (object) => source.statusOf(object), close: closeBoth };
    }
    default:
      return plan.source satisfies never;
  }
}

type Sink = ConstructorParameters<typeof LegacyReader>[1];
type Around = Ground & Pick<Surroundings, 'client' | 'readings'>;

function watchConfigMap(plan: ConfigurationPlan, sink: Sink, around: Around): Task {
  const { namespace, config: name, compat, legacyMode: mode } = plan;
  const inbox = new LegacyReader({ compat, mode }, sink);
  return new Informer({
    ...around,
    resource: coreResource('configmaps', namespace),
    query: { fieldSelector: `metadata.name=${name}` },
    project: configMapDocument,
    hesitant: true,
    listener: new ConfigMapListener(inbox, `${namespace}/${name}`),
  });
}

function watchResources(plan: ConfigurationPlan, sink: Sink, around: Around): ResourceSource {
  const { namespace, resourceMode: mode, withoutWaiting } = plan;
  const { readings, ...ports } = around;
  const listening = readings && { listener: readings };
  const reader = new ResourceReader({ namespace, mode, withoutWaiting, ...listening }, sink);
  return new ResourceSource({ ...ports, namespace, reader });
}
