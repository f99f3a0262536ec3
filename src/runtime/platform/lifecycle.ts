import { setMaxListeners } from 'node:events';
import { type Clock, type Duration, type Logger, type Task, seconds } from './ports.ts';

/** Why a program ended. */
export type Ending =
  | { readonly kind: 'signal'; readonly name: string }
  | { readonly kind: 'failed'; readonly task: string; readonly error: unknown };

/** How a program ended. */
export interface Outcome {
  readonly ending: Ending;
  /** Tasks that did not stop in time. */
  readonly overdue: readonly string[];
}

/** Where signals come from: `process`, or a test. */
export interface SignalSource {
  once(signal: NodeJS.Signals, heard: () => void): unknown;
  off(signal: NodeJS.Signals, heard: () => void): unknown;
}

export interface LifecycleOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signals: SignalSource;
  /** How long all tasks together may take to stop. */
  readonly grace?: Duration;
}

/** Heard once: the same signal again ends the process as if nobody listened. */
const TERMINATION: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGTERM'];
const GRACE = seconds(5);

/**
 * Runs tasks until a termination signal comes or one of them fails, then stops them all, and says why.
 * A task that ends before it was told to has failed.
 *
 * @param stages - what later stages rely on comes first; stages are stopped one after the other, the last first.
 */
export async function runUntilStopped(
  stages: readonly (readonly Task[])[],
  options: LifecycleOptions,
): Promise<Outcome> {
  const { clock, signals, grace = GRACE } = options;
  const lifecycle = new Lifecycle(options.logger);
  const release = listen(signals, (name) => lifecycle.end({ kind: 'signal', name }));
  const launched = stages.map((tasks) => lifecycle.launch(tasks));
  const ending = await lifecycle.ended;
  await stop(launched.toReversed(), clock, grace);
  release();
  return { ending, overdue: lifecycle.running };
}

interface Stage {
  readonly control: AbortController;
  readonly done: Promise<unknown>;
}

class Lifecycle {
  readonly ended: Promise<Ending>;
  readonly #logger: Logger;
  readonly #running = new Set<Task>();
  #end: (ending: Ending) => void = () => undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
    this.ended = new Promise((resolve) => (this.#end = resolve));
  }

  get running(): readonly string[] {
    return [...this.#running].map(({ name }) => name);
  }

  /** The first ending counts. */
  end(ending: Ending): void {
    this.#end(ending);
  }

  launch(tasks: readonly Task[]): Stage {
    const control = new AbortController();
    // Each task listens with as many ears as it has parts.
    setMaxListeners(0, control.signal);
    const done = Promise.all(tasks.map((task) => this.#watch(task, control.signal)));
    return { control, done };
  }

  async #watch(task: Task, signal: AbortSignal): Promise<void> {
    this.#running.add(task);
    try {
      await task.run(signal);
      if (!signal.aborted) throw new Error('ended by itself');
    } catch (error) {
      if (isEchoOf(signal, error)) return;
      this.#logger.error({ op: 'run', task: task.name, error, msg: 'task failed' });
      this.end({ kind: 'failed', task: task.name, error });
    } finally {
      this.#running.delete(task);
    }
  }
}

/** Whether a task failed only because it was told to stop. */
function isEchoOf(signal: AbortSignal, error: unknown): boolean {
  if (!signal.aborted) return false;
  return error === signal.reason || (error instanceof Error && error.name === 'AbortError');
}

/** Resolves once all have stopped, at the latest after `grace`; everything has been told to by then. */
async function stop(stages: readonly Stage[], clock: Clock, grace: Duration): Promise<void> {
  let late = (): void => undefined;
  const tooLate = new Promise<void>((resolve) => (late = resolve));
  const timer = clock.after(grace, late);
  for (const { control, done } of stages) {
    control.abort();
    await Promise.race([done, tooLate]);
  }
  timer[Symbol.dispose]();
}

function listen(signals: SignalSource, heard: (name: string) => void): () => void {
  const listeners = TERMINATION.map((name) => ({ name, hear: () => heard(name) }));
  for (const { name, hear } of listeners) signals.once(name, hear);
  return () => {
    for (const { name, hear } of listeners) signals.off(name, hear);
  };
}
