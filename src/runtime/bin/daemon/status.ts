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
import { type Clock, type Task, seconds } from '../../platform/ports.ts';
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
import { onDemand } from './tasks.ts';

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
  /** Where the controller tells what it does. */
  readonly hearing: {
    /** Counts too what the metrics tell. */
    readonly observer: ControllerObserver;
    readonly holders: HolderObserver;
    /** Every Service is known: figures mean something from now on. */
    readonly listed: () => void;
  };
  readonly readings: ReadingListener;
  /** Hears what becomes of configurations that are offered to the consumer. */
  overhear(consumer: ConfigConsumer): ConfigConsumer;
  /** @param statusOf - the status of an object as it was last seen; absent where the resources are not watched */
  tasks(statusOf: StatusOf | undefined): readonly Task[];
  close(): void;
}

type StatusOf = (object: ObjectReference) => Json;

export function makeStatus(around: Surroundings): StatusParts {
  const { events, register, compat } = around;
  const { clock, logger } = groundOf('status', around);
  let changed: (objects: readonly ReadObject[]) => void = () => undefined;
  const board = new StatusBoard((objects) => changed(objects));
  const gauge = coverageMetrics(register);
  const coverage = new CoverageWatch({ inForce: board, events, observer: gauge, clock, logger });
  const start = new LateStart(clock);
  const readings: ReadingListener = {
    read: (objects, finding, left) => {
      board.read({ objects: objects.flatMap(asRead), outcome: outcomeOf(finding, left) });
      coverage.poolsChanged();
    },
  };
  return {
    hearing: {
      observer: withMetrics(register, compat, board),
      holders: coverage,
      listed: () => start.listed(),
    },
    readings,
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
      const writer = makeWriter(board, statusOf, around);
      changed = (objects) => writer.changed(objects);
      return [start.of(writer)];
    },
    close: () => {
      start.close();
      coverage.close();
    },
  };
}

function makeWriter(
  board: StatusBoard,
  statusOf: StatusOf,
  { client, namespace, ...rest }: Surroundings,
): StatusWriter {
  const { clock, random, logger } = groundOf('status', rest);
  const ports = { client, clock, random, logger, namespace };
  return new StatusWriter({
    ...ports,
    schemas: new Schemas(ports),
    wanted: (object) => board.wanted(object),
    objects: () => board.objects,
    current: statusOf,
  });
}

/** What Services carry is registered by then: until it is, every pool looks empty. */
const FIRST_LOOK = seconds(1);

/** Has a task begin soon after every Service is known. */
class LateStart {
  readonly #clock: Clock;
  #begin = (): void => undefined;
  #timer: Disposable | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(late: Task): Task {
    const task = onDemand(late.name, (signal) => late.run(signal));
    this.#begin = () => task.need();
    return task;
  }

  listed(): void {
    this.#timer = this.#clock.after(FIRST_LOOK, () => this.#begin());
  }

  close(): void {
    this.#timer?.[Symbol.dispose]();
  }
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
