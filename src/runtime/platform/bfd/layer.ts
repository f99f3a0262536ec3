import { holderOf } from '../socket/port-holder.ts';
import type {
  BfdCommand,
  BfdReport,
  SessionCounts,
  SessionSpec,
  SessionState,
} from './protocol.ts';
import { SocketThread, type ThreadReport } from '../socket/socket-thread.ts';
import type { BfdThreadSettings } from './thread.ts';

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
  readonly #thread: SocketThread<BfdCommand, Told>;

  constructor({ entry, purpose }: WorkerBfdOptions) {
    this.#thread = new SocketThread({ entry, settings: { purpose }, owner: 'BFD' });
  }

  /**
   * Serves sessions until `signal` aborts. Rejects if the thread dies or falls silent: nothing watches the peers then, and
   * whoever relies on that must know.
   */
  async run(events: SessionEvents, signal: AbortSignal): Promise<void> {
    await this.#thread.run((report) => tell(report, events), signal);
  }

  set(key: string, spec: SessionSpec): void {
    this.#thread.post({ type: 'set', key, spec });
  }

  delete(key: string): void {
    this.#thread.post({ type: 'delete', key });
  }

  /** Resolves once everything up to now was told. */
  report(): Promise<void> {
    return this.#thread.report();
  }
}

type Told = Exclude<BfdReport, ThreadReport>;

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
