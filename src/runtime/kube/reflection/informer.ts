import {
  type Clock,
  type Duration,
  type Logger,
  type Random,
  millis,
  seconds,
} from '../../platform/ports.ts';
import { obstacleTo } from '../access.ts';
import {
  type ApiClient,
  ApiError,
  ConnectionError,
  type Query,
  type Resource,
  pathOf,
} from '../api.ts';
import type { Change, Commit } from './cache.ts';
import type { Json } from '../json.ts';
import { LineSplitter } from './lines.ts';
import { jittered, pause } from '../pause.ts';
import { type Command, type Notice, Reflector } from './reflector.ts';

/** Hears what changes, in the order in which the cache changes; called synchronously, must not throw. */
export interface Listener<T> {
  changed(key: string, now: T | undefined, before: T | undefined): void;
  /** The first complete list is in the cache, and all of it was told. */
  synced(): void;
  /** There is no such resource, or no right to it: the server said so. Said once, until it is `available`. */
  unavailable?(error: Error): void;
  available?(): void;
}

export interface InformerOptions<T> {
  readonly client: ApiClient;
  readonly resource: Resource;
  /** Selectors, as in `{ fieldSelector: 'metadata.name=config' }`. */
  readonly query?: Query;
  /** What is kept of an object, so that the rest need not be held in memory. */
  readonly project: (object: Json) => T;
  readonly listener: Listener<T>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /**
   * Ask before the first list whether there is such a resource and a right to it, and leave it to the listener to
   * speak of it: for what need not be there. A refusal after that counts once it is confirmed.
   */
  readonly optional?: true;
  /** Believe a refusal only when it is confirmed: for what must not be taken to be gone by mistake. */
  readonly hesitant?: true;
}

/** Bookmarks come about once a minute: a watch that is silent for longer than this is dead. */
const PROGRESS_DEADLINE = seconds(90);
const WORTH_A_WARNING = 4;
const LIST_LIMIT = seconds(60);

/** Keeps a copy of one resource, true again soon after whatever happens to the connection. */
export class Informer<T> {
  readonly #options: InformerOptions<T>;
  readonly #reflector: Reflector<T>;
  readonly #path: string;

  constructor(options: InformerOptions<T>) {
    this.#options = options;
    this.#path = pathOf(options.resource);
    const caution = options.optional ? 'ask first' : options.hesitant ? 'ask again' : 'none';
    this.#reflector = new Reflector(options.query ?? {}, options.project, caution);
  }

  get name(): string {
    return `informer ${this.#options.resource.resource}`;
  }

  get synced(): boolean {
    return this.#reflector.synced;
  }

  get(key: string): T | undefined {
    return this.#reflector.cache.get(key);
  }

  entries(): Generator<[string, T]> {
    return this.#reflector.cache.entries();
  }

  /** How many objects are held. */
  get size(): number {
    return this.#reflector.cache.size;
  }

  /**
   * To be called before a request of ours about an object; the function it returns takes the reply into the cache,
   * unless the watch has brought something else meanwhile. `undefined` says that the object is gone.
   */
  reserve(key: string): (object: Json) => void {
    const commit: Commit<T> = this.#reflector.cache.reserve(key);
    return (object) => {
      const change = commit(object);
      if (change) this.#tell(change);
    };
  }

  /** Lists and watches until `signal` aborts. Rejects only on a fault of our own. */
  async run(signal: AbortSignal): Promise<void> {
    let command = this.#advance({ type: 'started' });
    while (!signal.aborted) command = await this.#carryOut(command, signal);
  }

  async #carryOut(command: Command, signal: AbortSignal): Promise<Command> {
    const { clock, random } = this.#options;
    switch (command.type) {
      case 'list':
        return this.#list(command.query, signal);
      case 'watch':
        return this.#watch(command.query, signal);
      case 'wait': {
        const duration = Math.max(jittered(command.ceiling, random), command.floor) as Duration;
        await pause(clock, duration, signal);
        return this.#advance({ type: 'waited' });
      }
      case 'probe': {
        const obstacle = await this.#probe(signal);
        if (signal.aborted) return { type: 'wait', ceiling: millis(0), floor: millis(0) };
        return this.#advance({ type: 'probed', ...(obstacle && { obstacle }) });
      }
      case 'read':
        throw new TypeError('there is no watch to read');
      default:
        return command satisfies never;
    }
  }

  async #list(query: Query, signal: AbortSignal): Promise<Command> {
    let page: Json;
    try {
      const { client } = this.#options;
      page = await client.request({
        method: 'GET',
        path: this.#path,
        query,
        signal,
        timeLimit: LIST_LIMIT,
        attempts: 1,
      });
    } catch (error) {
      return this.#failed(error, signal, millis(0));
    }
    return this.#advance({ type: 'page', page });
  }

  async #watch(query: Query, signal: AbortSignal): Promise<Command> {
    const { client, clock } = this.#options;
    const opened = clock.now();
    const lasted = (): Duration => millis(clock.now() - opened);
    const silence = new SilenceDetector(clock, signal);
    try {
      const timeoutSeconds = String(300 + Math.floor(this.#options.random.float() * 300));
      const parameters = { ...query, timeoutSeconds };
      const path = this.#path;
      const chunks = await client.watch({ path, query: parameters, signal: silence.signal });
      const splitter = new LineSplitter();
      for await (const chunk of chunks) {
        silence.heard();
        const command = this.#read(splitter.split(chunk), lasted());
        if (command.type !== 'read') return command;
      }
      return this.#advance({ type: 'ended', torn: splitter.torn, lasted: lasted() });
    } catch (error) {
      return this.#failed(error, signal, lasted());
    } finally {
      silence.stop();
    }
  }

  #read(lines: readonly string[], lasted: Duration): Command {
    for (const line of lines) {
      const command = this.#advance({ type: 'line', line, lasted });
      if (command.type !== 'read') return command;
    }
    return { type: 'read' };
  }

  #failed(error: unknown, signal: AbortSignal, lasted: Duration): Command {
    if (signal.aborted) return { type: 'wait', ceiling: millis(0), floor: millis(0) };
    if (error instanceof ApiError || error instanceof ConnectionError) {
      return this.#advance({ type: 'failed', error, lasted });
    }
    throw error;
  }

  async #probe(signal: AbortSignal): Promise<Error | undefined> {
    try {
      return await obstacleTo(this.#options.client, this.#options.resource, signal);
    } catch (error) {
      if (error instanceof ApiError || error instanceof ConnectionError) return error;
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  #advance(happening: Parameters<Reflector<T>['next']>[0]): Command {
    const { changes, notices, command } = this.#reflector.next(happening);
    for (const change of changes) this.#tell(change);
    for (const notice of notices) this.#announce(notice);
    return command;
  }

  #tell({ key, now, before }: Change<T>): void {
    this.#options.listener.changed(key, now, before);
  }

  #announce(notice: Notice): void {
    const { listener, logger, resource } = this.#options;
    const fields = { op: 'watch', resource: resource.resource };
    switch (notice.type) {
      case 'synced':
        listener.synced();
        break;
      case 'available':
        logger[this.#options.optional ? 'debug' : 'info']({
          ...fields,
          msg: 'resource is available',
        });
        listener.available?.();
        break;
      case 'unavailable':
        logger[this.#options.optional ? 'debug' : 'warn']({
          ...fields,
          error: notice.error.message,
          msg: 'resource is not available',
        });
        listener.unavailable?.(notice.error);
        break;
      case 'relisting':
        logger.debug({ ...fields, error: notice.error.message, msg: 'listing anew' });
        break;
      case 'interrupted':
        // One failure is everyday life, a row of them is for the operator: once.
        logger[notice.failures === WORTH_A_WARNING ? 'warn' : 'debug']({
          ...fields,
          error: notice.error.message,
          msg: 'watch interrupted',
        });
        break;
      default:
        notice satisfies never;
    }
  }
}

/** Aborts its signal when nothing was heard for the length of the progress deadline, or when `parent` aborts. */
class SilenceDetector {
  readonly #clock: Clock;
  readonly #parent: AbortSignal;
  readonly #controller = new AbortController();
  readonly #abort = (): void => this.#controller.abort(this.#parent.reason);
  #heardAt: Duration;
  #timer: Disposable;

  constructor(clock: Clock, parent: AbortSignal) {
    this.#clock = clock;
    this.#parent = parent;
    this.#heardAt = clock.now();
    this.#timer = this.#check(PROGRESS_DEADLINE);
    parent.addEventListener('abort', this.#abort);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  heard(): void {
    this.#heardAt = this.#clock.now();
  }

  /** Ends the stream too, if it still flows. */
  stop(): void {
    this.#timer[Symbol.dispose]();
    this.#parent.removeEventListener('abort', this.#abort);
    this.#controller.abort(new ConnectionError('the watch was given up'));
  }

  #check(after: Duration): Disposable {
    return this.#clock.after(after, () => {
      const left = PROGRESS_DEADLINE - (this.#clock.now() - this.#heardAt);
      if (left > 0) this.#timer = this.#check(millis(left));
      else this.#controller.abort(new ConnectionError('the watch was silent for too long'));
    });
  }
}
