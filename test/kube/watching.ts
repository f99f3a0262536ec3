import { Informer, coreResource, identify } from '../../src/runtime/kube/index.ts';
import { seconds } from '../../src/runtime/platform/ports.ts';
import { type Cluster, aService, eventually, keyOf } from '../support/fake-api-server/index.ts';

/** An informer of Services that keeps their versions, with what its listener heard. */
export class Watching {
  readonly informer: Informer<string>;
  readonly heard: string[] = [];
  synced = 0;
  unavailable = 0;

  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    const { client, clock, random, logger } = cluster;
    this.informer = new Informer<string>({
      client,
      clock,
      random,
      logger,
      resource: coreResource('services'),
      project: (object) => identify(object)?.version ?? '',
      listener: {
        changed: (key, now, before) => {
          const what = now === undefined ? 'gone' : before === undefined ? 'new' : 'changed';
          this.heard.push(`${key} ${what}`);
        },
        synced: () => (this.synced += 1),
        unavailable: () => (this.unavailable += 1),
      },
    });
    cluster.run(this.informer);
  }

  /** Whether the cache holds exactly what the server holds. */
  get isTrue(): boolean {
    const truth = this.#cluster.server.store
      .list('services')
      .map((object) => `${keyOf(object)} ${object.metadata.resourceVersion ?? ''}`);
    const cached = [...this.informer.entries()].map(([key, version]) => `${key} ${version}`);
    return this.informer.synced && truth.sort().join() === cached.sort().join();
  }

  /** Started, synced and watching: nothing is timed any more but the silence of the watch. */
  async settled(): Promise<this> {
    const quiet = (): boolean =>
      this.#cluster.clock.next !== undefined && this.#cluster.clock.pending === 1;
    await eventually(
      () => this.isTrue && this.#cluster.server.watching('services') === 1 && quiet(),
    );
    await turns();
    return this;
  }
}

/** What happens to Services meanwhile. */
export class Traffic {
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  create(name: string): void {
    this.#cluster.server.store.create('services', aService(name));
  }

  /** `s0`, `s1` and so on. */
  createMany(count: number): void {
    for (let n = 0; n < count; n += 1) this.create(`s${n}`);
  }

  replace(name: string, port: number): void {
    this.#cluster.server.store.replace('services', aService(name, { ports: [{ port }] }));
  }

  remove(name: string): void {
    this.#cluster.server.store.delete('services', `default/${name}`);
  }
}

/** Lets time pass in steps, so that every request set off by a timer is answered before the next one. */
export async function pass(
  { clock }: Cluster,
  duration: number,
  until: () => boolean = () => false,
): Promise<void> {
  for (let passed = 0; passed < duration && !until(); passed += 0.25) {
    clock.advance(seconds(0.25));
    await turns();
  }
}

/** Lets everything happen that takes no time. */
export async function turns(): Promise<void> {
  let left = 30;
  await eventually(() => left-- === 0);
}
