import type { ControllerObserver, HolderObserver } from '../../controller/index.ts';
import { type ApiClient, type Json, identify, member, text } from '../../kube/index.ts';
import {
  type Registry,
  controllerMetrics,
  coverageMetrics,
  familyMetrics,
} from '../../metrics/index.ts';
import {
  type Compat,
  type ConfigConsumer,
  type EventSink,
  type ObjectReference,
  atLeast,
} from '../../model/index.ts';
import type { Task } from '../../platform/ports.ts';
import type { ReadingListener } from '../../sources/index.ts';
import {
  CoverageWatch,
  type Outcome,
  type ReadObject,
  Schemas,
  StatusBoard,
  StatusWriter,
} from '../../status/index.ts';
import { type Ground, groundOf } from './cluster.ts';

interface Surroundings extends Ground {
  readonly client: ApiClient;
  readonly events: EventSink;
  /** Of the resources. */
  readonly namespace: string;
  readonly register: Registry;
  readonly compat: Compat;
}

/** What tells of the configuration and the pools in statuses and Events, and where it hears of them. */
export interface StatusParts {
  /** Counts too what the metrics tell. */
  readonly observer: ControllerObserver;
  readonly holders: HolderObserver;
  readonly readings: ReadingListener;
  /** Hears what becomes of configurations that are offered to the consumer. */
  overhear(consumer: ConfigConsumer): ConfigConsumer;
  /** @param statusOf - the status of an object as it was last seen; absent where the resources are not watched */
  tasks(statusOf: ((object: ObjectReference) => Json) | undefined): readonly Task[];
  close(): void;
}

export function makeStatus(around: Surroundings): StatusParts {
  const { client, events, namespace, register, compat, ...rest } = around;
  const ground = groundOf('status', rest);
  let changed: (objects: readonly ReadObject[]) => void = () => undefined;
  const board = new StatusBoard((objects) => changed(objects));
  const { clock, logger } = ground;
  const gauge = coverageMetrics(register);
  const coverage = new CoverageWatch({ inForce: board, events, observer: gauge, clock, logger });
  return {
    observer: withMetrics(register, compat, board),
    holders: coverage,
    readings: {
      read: (objects, finding, left) => {
        const outcome = outcomeOf(finding, left);
        board.read({ objects: objects.flatMap(asRead), outcome });
        coverage.poolsChanged();
      },
    },
    overhear: (consumer) => ({
      apply: (config) => {
        const acceptance = consumer.apply(config);
        board.offered(config, acceptance);
        coverage.poolsChanged();
        return acceptance;
      },
    }),
    tasks: (statusOf) => {
      if (statusOf === undefined) return [];
      const schemas = new Schemas({ client, clock, logger, namespace });
      const writer = new StatusWriter({
        ...ground,
        client,
        namespace,
        schemas,
        wanted: (object) => board.wanted(object),
        objects: () => board.objects,
        current: statusOf,
      });
      changed = (objects) => writer.changed(objects);
      return [writer];
    },
    close: () => coverage.close(),
  };
}

type PoolObserver = Pick<ControllerObserver, 'poolChanged' | 'poolRemoved'>;

function withMetrics(register: Registry, compat: Compat, board: PoolObserver): ControllerObserver {
  const metrics = controllerMetrics(register);
  const families = atLeast(compat, 'v0.13') ? [familyMetrics(register)] : [];
  const all: readonly PoolObserver[] = [metrics, ...families, board];
  return {
    processed: () => metrics.processed(),
    failed: () => metrics.failed(),
    poolChanged: (usage) => all.forEach((one) => one.poolChanged(usage)),
    poolRemoved: (pool) => all.forEach((one) => one.poolRemoved(pool)),
  };
}

type Read = Parameters<ReadingListener['read']>;

function outcomeOf(finding: Read[1], left: Read[2]): Outcome {
  switch (finding.kind) {
    case 'config':
      return { kind: 'config', config: finding.config, warnings: finding.warnings, left };
    case 'refused':
      return { kind: 'refused', message: finding.message, problems: finding.problems };
    case 'nothing':
    case 'unreadable':
      return { kind: 'nothing' };
    default:
      return finding satisfies never;
  }
}

/** Who an object is, and its generation. */
function asRead(object: unknown): ReadObject[] {
  const identity = identify(object);
  if (identity === undefined) return [];
  const { namespace, name, uid } = identity;
  const generation = member(member(object, 'metadata'), 'generation');
  const counted = typeof generation === 'number' ? { generation } : {};
  const [apiVersion, kind] = [text(member(object, 'apiVersion')), text(member(object, 'kind'))];
  return [{ apiVersion, kind, namespace, name, uid, ...counted }];
}
