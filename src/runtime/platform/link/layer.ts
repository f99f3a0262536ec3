import { closeSync, writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { IpAddress } from '../../net/index.ts';
import type { Counts } from './ledger.ts';
import type {
  AnsweredRequest,
  LinkCommand,
  LinkReport,
  ResponderKey,
  Sighting,
} from './protocol.ts';
import type { LinkThreadSettings } from './thread.ts';
import { type MembershipFailure, MulticastMemberships } from './multicast.ts';
import { type Duration, type Link, millis } from '../ports.ts';

/** Milliseconds between two signs of life asked of the thread, and how many it may owe. */
const PULSE = 10_000;
const OWED = 3;
/** How long, in milliseconds, the thread may take to close its sockets when asked. */
const FAREWELL = 2_000;
/** Megabytes: the hot path allocates nothing, and what is reserved for it would only be held. */
const YOUNG_GENERATION = 2;
const ONE = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);

/** Who hears what happens on the links. */
export interface LinkEvents {
  /** All links, now and whenever they were looked at again. */
  links(links: readonly Link[]): void;
  opened(key: ResponderKey): void;
  failed(key: ResponderKey, error: string): void;
  counted(counts: readonly Counts[]): void;
  answered(requests: readonly AnsweredRequest[]): void;
  announcementFailed(key: ResponderKey, address: IpAddress, error: string): void;
  membershipFailed(failure: MembershipFailure): void;
  sighted(sightings: readonly Sighting[]): void;
  handedOver(address: IpAddress): void;
  stoodStill(duration: Duration): void;
}

export interface WorkerLinkLayerOptions extends LinkThreadSettings {
  /** The program of the thread: bin/link-worker. */
  readonly entry: URL;
}

/** The links of this machine, served by one thread of raw sockets; the implementation of layer2's port. */
export class WorkerLinkLayer {
  readonly #options: WorkerLinkLayerOptions;
  /** Commands given before the thread ran. */
  readonly #early: LinkCommand[] = [];
  #worker: Worker | undefined;
  #memberships: MulticastMemberships | undefined;
  #wake: number | undefined;
  #held: readonly number[] = [];
  #wakeScheduled = false;
  readonly #reporting: (() => void)[] = [];
  #owed = 0;

  constructor(options: WorkerLinkLayerOptions) {
    this.#options = options;
  }

  /**
   * Serves the links until `signal` aborts. Rejects if the thread dies or falls silent: then nothing is answered any
   * more, and the program must end rather than pretend.
   */
  async run(events: LinkEvents, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { entry, purpose, trace } = this.#options;
    const worker = new Worker(entry, {
      workerData: { purpose, trace },
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION },
    });
    this.#worker = worker;
    this.#memberships = new MulticastMemberships((failure) => events.membershipFailed(failure));
    for (const command of this.#early.splice(0)) this.#post(command);
    const stop = (): void => this.#post({ type: 'stop' });
    signal.addEventListener('abort', stop, { once: true });
    worker.on('message', (report: LinkReport) => this.#hear(report, events));
    try {
      await this.#life(worker, signal);
    } finally {
      signal.removeEventListener('abort', stop);
      await this.#bury(worker);
    }
  }

  open(key: ResponderKey, link: Link): void {
    this.#post({ type: 'open', key, link });
  }

  close(key: ResponderKey): void {
    this.#post({ type: 'close', key });
  }

  /** Answers for `address` from now on; on the named interfaces only, if any are named. */
  own(address: IpAddress, interfaces?: readonly string[]): void {
    this.#post({ type: 'own', address, interfaces });
  }

  disown(address: IpAddress): void {
    this.#post({ type: 'disown', address });
  }

  /** Hears who else speaks for `address` without answering for it. */
  watch(address: IpAddress, interfaces?: readonly string[]): void {
    this.#post({ type: 'watch', address, interfaces });
  }

  /** Answers for `address` until a successor is heard or `within` passes. */
  handOver(address: IpAddress, within: Duration): void {
    this.#post({ type: 'handOver', address, within });
  }

  /** Asks the link who has those of `addresses` that the thread knows. */
  inquire(key: ResponderKey, addresses: readonly IpAddress[]): void {
    this.#post({ type: 'inquire', key, addresses });
  }

  suspend(): void {
    this.#post({ type: 'suspend' });
  }

  resume(): void {
    this.#post({ type: 'resume' });
  }

  limitPauses(limit: Duration): void {
    this.#post({ type: 'limitPauses', limit });
  }

  /** Sends the unsolicited frames of those of `addresses` that are still ours when their turn comes. */
  announce(key: ResponderKey, addresses: readonly IpAddress[]): void {
    this.#post({ type: 'announce', key, addresses });
  }

  join(interfaceName: string, group: IpAddress): void {
    this.#memberships?.join(interfaceName, group);
  }

  leave(interfaceName: string, group: IpAddress): void {
    this.#memberships?.leave(interfaceName, group);
  }

  /** Resolves once every count up to now was told. */
  report(): Promise<void> {
    if (this.#worker === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.#reporting.push(resolve);
      this.#post({ type: 'report' });
    });
  }

  #post(command: LinkCommand): void {
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

  #hear(report: LinkReport, events: LinkEvents): void {
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
        else reject(new Error(`the thread of raw sockets ended with code ${code}`));
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
    if (this.#owed > OWED) fail(new Error('the thread of raw sockets does not answer any more'));
    else this.#post({ type: 'report' });
  }

  /** Ends the thread if it still lives and closes whatever it left open. */
  async #bury(worker: Worker): Promise<void> {
    await worker.terminate();
    this.#worker = undefined;
    this.#memberships?.close();
    for (const fd of [...this.#held, ...(this.#wake === undefined ? [] : [this.#wake])]) {
      closeSync(fd);
    }
    this.#held = [];
    this.#wake = undefined;
    for (const resolve of this.#reporting.splice(0)) resolve();
  }
}

type Told = Exclude<LinkReport, { type: 'descriptors' | 'alive' | 'stopped' }>;

function tell(report: Told, events: LinkEvents): void {
  switch (report.type) {
    case 'links':
      events.links(report.links);
      break;
    case 'opened':
      events.opened(report.key);
      break;
    case 'failed':
      events.failed(report.key, report.error);
      break;
    case 'counts':
      events.counted(report.counts);
      break;
    case 'answered':
      events.answered(report.requests);
      break;
    case 'announcementFailed':
      events.announcementFailed(report.key, report.address, report.error);
      break;
    case 'sighted':
      events.sighted(report.sightings);
      break;
    case 'handedOver':
      events.handedOver(report.address);
      break;
    case 'stoodStill':
      events.stoodStill(millis(report.duration));
  }
}
