import { setImmediate as nextTurn } from 'node:timers/promises';
import { HttpApiClient } from '../../../src/runtime/kube/index.ts';
import { ManualClock } from '../manual-clock.ts';
import { RecordingLogger } from '../recording-logger.ts';
import { SeededRandom } from '../seeded-random.ts';
import { FakeApiServer } from './fake-api-server.ts';

/** A server, a client of it, and the ports that both of them and everything under test share. */
export class Cluster {
  readonly server: FakeApiServer;
  readonly client: HttpApiClient;
  readonly clock: ManualClock;
  readonly random: SeededRandom;
  readonly logger: RecordingLogger;
  readonly #running = new AbortController();
  readonly #tasks: Promise<void>[] = [];

  private constructor(server: FakeApiServer) {
    this.server = server;
    this.clock = new ManualClock();
    this.random = new SeededRandom(7);
    this.logger = new RecordingLogger();
    this.client = this.newClient();
  }

  static async start(): Promise<Cluster> {
    return new Cluster(await FakeApiServer.start());
  }

  /** Another client with credentials of its own. */
  newClient(concurrency = 32): HttpApiClient {
    const credentials = this.server.credentials();
    const { clock, random } = this;
    return new HttpApiClient({ credentials, clock, random, concurrency });
  }

  run(task: { run(signal: AbortSignal): Promise<void> }): void {
    this.#tasks.push(task.run(this.#running.signal));
  }

  /** Stops what runs, then the server; rejects if a task failed. */
  async stop(): Promise<void> {
    this.#running.abort(new Error('the test is over'));
    await Promise.all(this.#tasks);
    this.client.close();
    await this.server.stop();
  }
}

/** Resolves once `condition` holds: lets sockets and promises do their work, but no time of any clock pass. */
export async function eventually(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 20_000; turn += 1) {
    if (condition()) return;
    await nextTurn();
  }
  throw new Error(`never came true: ${condition.toString()}`);
}
