import { type Clock, type Logger, type Random, seconds } from '../../platform/ports.ts';
import { abortOf } from '../abort.ts';
import type { PodView } from './members.ts';

/** The API does not allow Pods to be listed; its words are the message. */
export class PodsForbidden extends Error {
  override readonly name = 'PodsForbidden';
}

/** The Pods of the own namespace. Both methods reject if the API does not answer as asked. */
export interface PodLister {
  /** By label selector if given. Rejects with {@link PodsForbidden} where the right is missing. */
  listPods(labelSelector?: string): Promise<readonly PodView[]>;
  /** Whether Pods may be listed, found out without trying. */
  mayListPods(): Promise<boolean>;
}

export interface PodRoundsPorts {
  readonly pods: PodLister;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** What is done with the lists. */
export interface PodReader {
  found(pods: readonly PodView[]): void;
  /** @param failures - in a row, this one included */
  failed(error: Error, failures: number): void;
  /** Seconds until the next list, before jitter. */
  pause(): number;
}

/** Seconds between two questions whether Pods may be listed: they double from the first to the longest. */
const FIRST_QUESTION = 5;
const LONGEST_QUESTION = 180;

/**
 * Lists the speaker Pods again and again: the rights of a v0.12 install give no watch. Where the list is forbidden,
 * that is said once; whether it still is, is asked and never tried. legacy.md §7.2, §8.1
 */
export class PodRounds {
  readonly #ports: PodRoundsPorts;
  readonly #selector: string;
  readonly #reader: PodReader;
  #failures = 0;
  /** Times it was asked whether Pods may be listed; absent while they may. */
  #questions: number | undefined;
  #again = false;
  #wake: () => void = () => undefined;

  /** @param selector - the label selector of the Pods; empty: all */
  constructor(ports: PodRoundsPorts, selector: string, reader: PodReader) {
    this.#ports = ports;
    this.#selector = selector;
    this.#reader = reader;
  }

  /** Whether the right to list is missing, so that only time brings the next list. */
  get isForbidden(): boolean {
    return this.#questions !== undefined;
  }

  /** Lists again at once. */
  trigger(): void {
    if (this.isForbidden) return;
    this.#again = true;
    this.#wake();
  }

  /** Lists until `signal` aborts; an answer that is still awaited then is not waited for. */
  async run(signal: AbortSignal): Promise<void> {
    const end = abortOf(signal);
    while (!signal.aborted) {
      this.#again = false;
      await Promise.race([this.#round(signal), end]);
      await this.#rest(signal);
    }
  }

  async #round(signal: AbortSignal): Promise<void> {
    if (await this.#mayLook(signal)) await this.#look(signal);
  }

  async #mayLook(signal: AbortSignal): Promise<boolean> {
    if (this.#questions === undefined) return true;
    this.#questions += 1;
    const { pods, logger } = this.#ports;
    try {
      if (!(await pods.mayListPods())) return false;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      logger.debug({ op: 'memberDiscovery', error: error.message, msg: 'cannot ask for rights' });
      return false;
    }
    if (signal.aborted) return false;
    this.#questions = undefined;
    logger.info({ op: 'memberDiscovery', msg: 'pods may be listed again' });
    return true;
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { pods } = this.#ports;
    const selector = this.#selector;
    try {
      const listed = await (selector === '' ? pods.listPods() : pods.listPods(selector));
      if (signal.aborted) return;
      this.#failures = 0;
      this.#reader.found(listed);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (signal.aborted) return;
      this.#failed(error);
    }
  }

  #failed(error: Error): void {
    this.#failures += 1;
    const msg = 'failed to get pod IPs';
    this.#ports.logger.error({ op: 'memberDiscovery', error: error.message, msg });
    if (error instanceof PodsForbidden) this.#questions = 0;
    this.#reader.failed(error, this.#failures);
  }

  /** Seconds before jitter. */
  #pause(): number {
    if (this.#questions === undefined) return this.#reader.pause();
    return Math.min(FIRST_QUESTION * 2 ** Math.min(this.#questions, 10), LONGEST_QUESTION);
  }

  async #rest(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#ports;
    const pause = this.#pause();
    await new Promise<void>((resolve) => {
      if (this.#again || signal.aborted) {
        resolve();
        return;
      }
      const timer = clock.after(seconds(pause * (0.8 + 0.4 * random.float())), resolve);
      this.#wake = (): void => {
        timer[Symbol.dispose]();
        resolve();
      };
      signal.addEventListener('abort', this.#wake, { once: true });
    });
    signal.removeEventListener('abort', this.#wake);
  }
}
