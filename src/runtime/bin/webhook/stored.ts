import { type ResourceSet, type SecretContent, readResources } from '../../../config-crd/index.ts';
import {
  type ApiClient,
  ApiError,
  ConnectionError,
  Informer,
  type Json,
  type Resource,
  coreResource,
  elements,
  member,
  nodeView,
  pathOf,
} from '../../kube/index.ts';
import {
  type Clock,
  type Duration,
  type Logger,
  type Random,
  type Task,
  seconds,
} from '../../platform/ports.ts';
import { SECRETS_OF_PEERS, kindSources, observe, secretContent } from '../../sources/index.ts';
import type { ReviewFacts } from '../../webhook/index.ts';
import { SharedRun } from './shared-run.ts';

interface Around {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** One watched resource. `known`: all of it was told, or it is known that it cannot be had. */
interface Watched<T> {
  readonly informer: Informer<T>;
  known: boolean;
  available: boolean;
}

export interface StoredResources {
  readonly tasks: readonly Task[];
  /** What a review needs to know, once all of it is known; `undefined` if that takes too long. */
  readonly facts: () => Promise<ReviewFacts | undefined>;
}

/** The API server waits ten seconds unless it is told otherwise; what it asks must be answered before. */
const PATIENCE = seconds(5);
/** For a list taken anew; what was watched is judged by where it takes longer. */
const LIST_PATIENCE = seconds(2);

/**
 * Watches everything that a review looks at: the seven kinds, the Secrets that peers may name, and the labels of nodes.
 * What may not be watched is left out of the picture.
 *
 * A watch lags some milliseconds behind, long enough to admit two pools that overlap. So the kinds are listed anew for
 * every review, and what is watched is fallen back on.
 */
export function watchStored(
  { namespace, mode }: Pick<ReviewFacts, 'namespace' | 'mode'>,
  around: Around,
): StoredResources {
  const state = new State(around.clock);
  const sources = kindSources(namespace).map(({ kind, apiVersion, resource }) => {
    const project = observe(apiVersion, kind);
    return { watched: watch(around, state, { resource, project }), resource, project };
  });
  const kinds = sources.map(({ watched }) => watched);
  const secrets = watch(around, state, {
    resource: coreResource('secrets', namespace),
    query: SECRETS_OF_PEERS,
    project: secretContent,
  });
  const nodes = watch(around, state, { resource: coreResource('nodes'), project: nodeView });
  const all = [...kinds, secrets, nodes];
  const seen = (): readonly unknown[] =>
    kinds.flatMap((kind) => entriesOf(kind).map(([, { object }]) => object));
  const gather = (objects: readonly unknown[]): ReviewFacts => {
    const stored: ResourceSet = {
      objects,
      secrets: new Map<string, SecretContent>(
        entriesOf(secrets).map(([key, content]) => [key.slice(namespace.length + 1), content]),
      ),
      ...(nodes.available && {
        nodes: new Map(entriesOf(nodes).map(([key, { labels }]) => [key, labels])),
      }),
    };
    const standing = readResources(stored, { namespace, mode });
    return { namespace, mode, stored, standing, secretsRead: secrets.available };
  };
  const lists = new SharedRun(() => listAnew(around.client, sources));
  const isKnown = (): boolean => all.every(({ known }) => known);
  return {
    tasks: all.map(({ informer }) => informer),
    facts: async () => {
      if (!isKnown()) await state.until(isKnown, PATIENCE);
      if (!isKnown()) return undefined;
      const listed = await lists.next();
      return listed === undefined ? state.facts(() => gather(seen())) : gather(listed);
    },
  };
}

type ObservedResource = ReturnType<ReturnType<typeof observe>>;

interface KindWatch {
  readonly watched: Watched<ObservedResource>;
  readonly resource: Resource;
  readonly project: (object: Json) => ObservedResource;
}

/** The objects of the kinds as they are stored now; `undefined` if the API server does not say so in time. */
async function listAnew(
  client: ApiClient,
  kinds: readonly KindWatch[],
): Promise<readonly unknown[] | undefined> {
  const available = kinds.filter(({ watched }) => watched.available);
  try {
    const listed = await Promise.all(
      available.map(async ({ resource, project }) => {
        const path = pathOf(resource);
        const limits = { timeLimit: LIST_PATIENCE, attempts: 1 };
        const list = await client.request({ method: 'GET', path, ...limits });
        return elements(member(list, 'items')).map((item) => project(item).object);
      }),
    );
    return listed.flat();
  } catch (error) {
    if (!(error instanceof ApiError) && !(error instanceof ConnectionError)) throw error;
    return undefined;
  }
}

/** None while it is unavailable: what was known of it may be long gone. */
function entriesOf<T>({ informer, available }: Watched<T>): readonly [string, T][] {
  return available ? [...informer.entries()] : [];
}

/** What was gathered is kept until something changes; whoever waits hears of every step. */
class State {
  readonly #clock: Clock;
  #facts: ReviewFacts | undefined;
  readonly #waiting: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  changed(): void {
    this.#facts = undefined;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  facts(gather: () => ReviewFacts): ReviewFacts {
    this.#facts ??= gather();
    return this.#facts;
  }

  /** Resolves once `holds`, at the latest after `patience`. */
  until(holds: () => boolean, patience: Duration): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        timer[Symbol.dispose]();
        resolve();
      };
      const look = (): void => {
        if (holds()) done();
        else this.#waiting.push(look);
      };
      const timer = this.#clock.after(patience, done);
      look();
    });
  }
}

function watch<T>(
  around: Around,
  state: State,
  subject: Pick<ConstructorParameters<typeof Informer<T>>[0], 'resource' | 'query' | 'project'>,
): Watched<T> {
  const become = (available: boolean): void => {
    watched.known = true;
    watched.available = available;
    state.changed();
  };
  const informer = new Informer<T>({
    ...around,
    ...subject,
    optional: true,
    listener: {
      changed: () => state.changed(),
      synced: () => become(true),
      available: () => become(true),
      unavailable: () => become(false),
    },
  });
  const watched: Watched<T> = { informer, known: false, available: false };
  return watched;
}
