import type { BfdLayer, BfdSessionSpec } from '../../../bfd/index.ts';
import { type Clock, type Logger, type Task, millis, seconds } from '../../../platform/ports.ts';
import { abortOf, onDemand } from '../tasks.ts';
import type { BfdWatch } from './bfd-watch.ts';
import { atMost } from './waiting.ts';

/** Before a thread that died is started again: what killed it may do so again. */
const FIRST_PAUSE = seconds(1);
const LONGEST_PAUSE = seconds(60);

export interface BfdThreadPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly make: () => BfdLayer;
  readonly watch: () => BfdWatch;
}

/** The thread of BFD: not there before a session needs it, and started anew when it dies. */
export class BfdThread implements Pick<BfdLayer, 'set' | 'delete' | 'report'> {
  readonly task: Task;
  readonly #ports: BfdThreadPorts;
  readonly #need: () => void;
  #layer: BfdLayer | undefined;

  constructor(ports: BfdThreadPorts) {
    this.#ports = ports;
    const task = onDemand('bfd', (signal) => this.#serve(signal));
    this.task = task;
    this.#need = () => task.need();
  }

  set(key: string, spec: BfdSessionSpec): void {
    this.#layer?.set(key, spec);
    this.#need();
  }

  delete(key: string): void {
    this.#layer?.delete(key);
  }

  async report(): Promise<void> {
    await this.#layer?.report();
  }

  async #serve(signal: AbortSignal): Promise<void> {
    const { clock, logger, make, watch } = this.#ports;
    const ended = abortOf(signal);
    for (let pause = FIRST_PAUSE; !signal.aborted;) {
      const begun = clock.now();
      const layer = make();
      this.#layer = layer;
      for (const [key, spec] of watch().wanted) layer.set(key, spec);
      try {
        await layer.run(watch(), signal);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        const msg = 'the thread of BFD ended, BGP goes on without it until it is back';
        logger.error({ op: 'bfd', error: error.message, msg });
        watch().lost(error.message);
      } finally {
        this.#layer = undefined;
      }
      // One that served for long was not killed by what it began with.
      if (clock.now() - begun >= LONGEST_PAUSE) pause = FIRST_PAUSE;
      await atMost(clock, pause, ended);
      pause = millis(Math.min(pause * 2, LONGEST_PAUSE));
    }
  }
}
