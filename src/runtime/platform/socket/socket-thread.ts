import { closeSync, writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

/** Milliseconds between two signs of life asked of the thread, and how many it may owe. */
const PULSE = 10_000;
const OWED = 3;
/** How long, in milliseconds, the thread may take to close its sockets when asked. */
const FAREWELL = 2_000;
/** Megabytes: the hot path allocates next to nothing, and what is reserved for it would only be held. */
const YOUNG_GENERATION = 2;
const ONE = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);

/** What every thread of sockets is told, beside what is its own. */
export type ThreadCommand =
  /** Answered by `alive`, all counts before it. */
  { readonly type: 'report' } | { readonly type: 'stop' };

/** What every thread of sockets tells, beside what is its own. */
export type ThreadReport =
  /** The descriptor to which eight octets are written to wake the thread, and all that it holds now. */
  | { readonly type: 'descriptors'; readonly wake: number; readonly held: readonly number[] }
  | { readonly type: 'alive' }
  | { readonly type: 'stopped' };

export interface SocketThreadOptions {
  /** The program of the thread. */
  readonly entry: URL;
  /** What the thread is told at its start. */
  readonly settings: unknown;
  /** Whose thread it is, as in `the thread of BFD`. */
  readonly owner: string;
}

/**
 * A thread that waits on sockets of its own rather than in an event loop: it is woken by a descriptor when there is a command
 * for it, must show signs of life, and leaves no socket open however it ends.
 */
export class SocketThread<Command, Report extends { readonly type: string }> {
  readonly #options: SocketThreadOptions;
  /** Commands given before the thread ran. */
  readonly #early: (Command | ThreadCommand)[] = [];
  readonly #reporting: (() => void)[] = [];
  #worker: Worker | undefined;
  #wake: number | undefined;
  #held: readonly number[] = [];
  #wakeScheduled = false;
  #owed = 0;

  constructor(options: SocketThreadOptions) {
    this.#options = options;
  }

  /** Runs the thread until `signal` aborts. Rejects if it dies or falls silent. */
  async run(tell: (report: Report) => void, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { entry, settings } = this.#options;
    const worker = new Worker(entry, {
      workerData: settings,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION },
    });
    this.#worker = worker;
    for (const command of this.#early.splice(0)) this.post(command);
    const stop = (): void => this.post({ type: 'stop' });
    signal.addEventListener('abort', stop, { once: true });
    worker.on('message', (report: Report | ThreadReport) => this.#hear(report, tell));
    try {
      await this.#life(worker, signal);
    } finally {
      signal.removeEventListener('abort', stop);
      await this.#bury(worker);
    }
  }

  /** Before the thread runs, commands are kept for it. */
  post(command: Command | ThreadCommand): void {
    if (this.#worker === undefined) {
      this.#early.push(command);
      return;
    }
    this.#worker.postMessage(command);
    if (this.#wakeScheduled) return;
    this.#wakeScheduled = true;
    queueMicrotask(() => {
      this.#wakeScheduled = false;
      this.#wakeUp();
    });
  }

  /** Resolves once everything up to now was told. */
  report(): Promise<void> {
    if (this.#worker === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.#reporting.push(resolve);
      this.post({ type: 'report' });
    });
  }

  #wakeUp(): void {
    if (this.#wake !== undefined) writeSync(this.#wake, ONE);
  }

  #hear(report: Report | ThreadReport, tell: (report: Report) => void): void {
    this.#owed = 0;
    if (!isOfThread(report)) {
      tell(report);
      return;
    }
    switch (report.type) {
      case 'descriptors':
        this.#held = report.held;
        if (this.#wake !== undefined) break;
        // What was posted before the descriptor was known may be waiting still.
        this.#wake = report.wake;
        this.#wakeUp();
        break;
      case 'alive':
        for (const resolve of this.#reporting.splice(0)) resolve();
        break;
      case 'stopped':
    }
  }

  /** Resolves when the thread ended as asked, or should have; rejects if it ended by itself or fell silent. */
  #life(worker: Worker, signal: AbortSignal): Promise<void> {
    const { owner } = this.#options;
    let pulse: NodeJS.Timeout | undefined;
    const life = new Promise<void>((resolve, reject) => {
      worker.once('error', reject);
      worker.once('exit', (code) => {
        if (signal.aborted) resolve();
        else reject(new Error(`the thread of ${owner} ended with code ${code}`));
      });
      const leave = (): unknown => setTimeout(resolve, FAREWELL).unref();
      signal.addEventListener('abort', leave, { once: true });
      pulse = setInterval(() => this.#takePulse(reject), PULSE);
    });
    return life.finally(() => clearInterval(pulse));
  }

  /** The thread's every report is a sign of life; one is asked for in case it had nothing to say. */
  #takePulse(fail: (error: Error) => void): void {
    const { owner } = this.#options;
    this.#owed += 1;
    if (this.#owed > OWED) fail(new Error(`the thread of ${owner} does not answer any more`));
    else this.post({ type: 'report' });
  }

  /** Ends the thread if it still lives and closes whatever it left open. */
  async #bury(worker: Worker): Promise<void> {
    await worker.terminate();
    this.#worker = undefined;
    for (const fd of [...this.#held, ...(this.#wake === undefined ? [] : [this.#wake])]) {
      closeSync(fd);
    }
    this.#held = [];
    this.#wake = undefined;
    for (const resolve of this.#reporting.splice(0)) resolve();
  }
}

function isOfThread(report: { readonly type: string }): report is ThreadReport {
  return report.type === 'descriptors' || report.type === 'alive' || report.type === 'stopped';
}
