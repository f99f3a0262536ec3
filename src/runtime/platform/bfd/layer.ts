import { closeSync, writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { holderOf } from '../socket/port-holder.ts';
import type {
  BfdCommand,
  BfdReport,
  SessionCounts,
  SessionSpec,
  SessionState,
} from './protocol.ts';
import type { BfdThreadSettings } from './thread.ts';

/** Milliseconds between two signs of life asked of the thread, and how many it may owe. */
const PULSE = 10_000;
const OWED = 3;
/** How long, in milliseconds, the thread may take to close its sockets when asked. */
const FAREWELL = 2_000;
/** Megabytes: what is reserved would only be held. */
const YOUNG_GENERATION = 2;
const ONE = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);

/** Who hears what happens to sessions; the port of the package bfd tells of each. */
export interface SessionEvents {
  changed(key: string, state: SessionState, diagnostic: number, remoteState: SessionState): void;
  started(key: string): void;
  failed(key: string, reason: string): void;
  counted(counts: readonly SessionCounts[]): void;
}

export interface WorkerBfdOptions extends BfdThreadSettings {
  /** The program of the thread: bin/bfd-worker. */
  readonly entry: URL;
}

/** All BFD sessions of this program, in one thread; the implementation of bfd's port. */
export class WorkerBfd {
  readonly #options: WorkerBfdOptions;
  /** Commands given before the thread ran. */
  readonly #early: BfdCommand[] = [];
  readonly #reporting: (() => void)[] = [];
  #worker: Worker | undefined;
  #wake: number | undefined;
  #held: readonly number[] = [];
  #wakeScheduled = false;
  #owed = 0;

  constructor(options: WorkerBfdOptions) {
    this.#options = options;
  }

  /**
   * Serves sessions until `signal` aborts. Rejects if the thread dies or falls silent: nothing watches the peers then, and
   * whoever relies on that must know.
   */
  async run(events: SessionEvents, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { entry, purpose } = this.#options;
    const worker = new Worker(entry, {
      workerData: { purpose },
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION },
    });
    this.#worker = worker;
    for (const command of this.#early.splice(0)) this.#post(command);
    const stop = (): void => this.#post({ type: 'stop' });
    signal.addEventListener('abort', stop, { once: true });
    worker.on('message', (report: BfdReport) => this.#hear(report, events));
    try {
      await this.#life(worker, signal);
    } finally {
      signal.removeEventListener('abort', stop);
      await this.#bury(worker);
    }
  }

  set(key: string, spec: SessionSpec): void {
    this.#post({ type: 'set', key, spec });
  }

  delete(key: string): void {
    this.#post({ type: 'delete', key });
  }

  /** Resolves once everything up to now was told. */
  report(): Promise<void> {
    if (this.#worker === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.#reporting.push(resolve);
      this.#post({ type: 'report' });
    });
  }

  #post(command: BfdCommand): void {
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

  #wakeUp(): void {
    if (this.#wake !== undefined) writeSync(this.#wake, ONE);
  }

  #hear(report: BfdReport, events: SessionEvents): void {
    this.#owed = 0;
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
        break;
      default:
        tell(report, events);
    }
  }

  /** Resolves when the thread ended as asked, or should have; rejects if it ended by itself or fell silent. */
  #life(worker: Worker, signal: AbortSignal): Promise<void> {
    let pulse: NodeJS.Timeout | undefined;
    const life = new Promise<void>((resolve, reject) => {
      worker.once('error', reject);
      worker.once('exit', (code) => {
        if (signal.aborted) resolve();
        else reject(new Error(`the thread of BFD ended with code ${code}`));
      });
      const leave = (): unknown => setTimeout(resolve, FAREWELL).unref();
      signal.addEventListener('abort', leave, { once: true });
      pulse = setInterval(() => this.#takePulse(reject), PULSE);
    });
    return life.finally(() => clearInterval(pulse));
  }

  /** The thread's every report is a sign of life; one is asked for in case it had nothing to say. */
  #takePulse(fail: (error: Error) => void): void {
    this.#owed += 1;
    if (this.#owed > OWED) fail(new Error('the thread of BFD does not answer any more'));
    else this.#post({ type: 'report' });
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

type Told = Exclude<BfdReport, { type: 'descriptors' | 'alive' | 'stopped' }>;

function tell(report: Told, events: SessionEvents): void {
  switch (report.type) {
    case 'started':
      events.started(report.key);
      break;
    case 'failed':
      tellFailure(report, events);
      break;
    case 'changed':
      events.changed(report.key, report.state, report.diagnostic, report.remoteState);
      break;
    case 'counts':
      events.counted(report.counts);
  }
}

/** Who holds a port takes a look at every process of this machine. */
function tellFailure(
  { key, error, heldPort }: Extract<BfdReport, { type: 'failed' }>,
  events: SessionEvents,
): void {
  if (heldPort === undefined) events.failed(key, error);
  else void holderOf(heldPort).then((holder) => events.failed(key, `${error}: ${holder}`));
}
