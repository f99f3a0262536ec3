import { afterEach, beforeEach, expect, test } from 'vitest';
import { YieldingController } from '../../src/runtime/bin/standalone/yielding-controller.ts';
import { ServiceController } from '../../src/runtime/controller/index.ts';
import { seconds } from '../../src/runtime/platform/ports.ts';
import { Speaker } from '../../src/runtime/speaker/index.ts';
import { FolderCluster } from '../../src/runtime/standalone/index.ts';
import { type Remembered, parseState } from '../../src/runtime/standalone/state.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { RecordingOutlets } from '../support/speaker-outlets.ts';
import { configMap, serviceManifest, texts } from '../support/standalone-folder.ts';

/** Controller and speaker on a folder, as metal-standalone puts them together; layer 2 only writes down. */
class Host {
  readonly clock = new ManualClock();
  readonly outlets = new RecordingOutlets();
  readonly remarks: string[] = [];
  readonly cluster: FolderCluster;
  disk = '';
  readonly #stop = new AbortController();
  readonly #controller: YieldingController;

  constructor(remembered: ReadonlyMap<string, Remembered> = new Map()) {
    const { clock, outlets } = this;
    const identity = { node: 'here', compat: 'v0.12', mode: 'native' } as const;
    const logger = new RecordingLogger();
    const { events } = outlets.ports;
    const remark = (text: string): void => void this.remarks.push(text);
    const nothing = (): void => undefined;
    const observer = {
      processed: nothing,
      failed: nothing,
      poolChanged: nothing,
      poolRemoved: nothing,
    };
    const make = (): ServiceController =>
      new ServiceController('v0.12', {
        writer: {
          publish: (view, addresses) => this.cluster.publish(view, addresses),
          refresh: (key) => this.cluster.refresh(key),
        },
        random: new SeededRandom(),
        log: logger,
        events,
        observer,
        clock,
      });
    this.#controller = new YieldingController(make, remark);
    const endpointsOf = (key: string): ReturnType<FolderCluster['endpointsOf']> =>
      this.cluster.endpointsOf(key);
    const speaker = new Speaker({ ...outlets.ports, clock, logger, endpointsOf }, identity);
    speaker.membersChanged({ kind: 'known', nodes: new Set(['here']) });
    void speaker.run(this.#stop.signal);
    const ear = {
      changed: speaker.serviceChanged.bind(speaker),
      synced: speaker.synced.bind(speaker),
    };
    const ports = {
      clock,
      saveState: async (text: string) => void (this.disk = text),
      listeners: [this.#controller, ear],
      endpointsChanged: (key: string) => speaker.endpointsChanged(key),
      consumers: [this.#controller, speaker],
      observer: { services: nothing, remark },
    };
    this.cluster = new FolderCluster(ports, identity, remembered);
  }

  /** Puts files into the folder and lets everything come to rest. */
  async put(files: Readonly<Record<string, string>>): Promise<void> {
    this.cluster.contents(texts(files));
    await this.clock.advanceAsync(seconds(20));
  }

  addresses(name: string): readonly string[] | undefined {
    return this.cluster.service(`default/${name}`)?.ingress;
  }

  /** What layer 2 answers for now. */
  announced(): Record<string, string> {
    const held = new Map<string, string>();
    for (const line of this.outlets.said) {
      const [verb, key = '', addresses = ''] = line.split(' ');
      if (verb === 'set') held.set(key, addresses);
      if (verb === 'delete') held.delete(key);
    }
    return Object.fromEntries(held);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#controller.stop();
    this.cluster.close();
  }
}

const web = serviceManifest('web');
let host: Host;

beforeEach(() => {
  host = new Host();
});

afterEach(() => host.stop());

test('a Service gets the first address of the pool, and the address is announced', async () => {
  await host.put({ 'config.yaml': configMap('192.0.2.10-192.0.2.20'), 'web.yaml': web });
  expect(host.addresses('web')).toEqual(['192.0.2.10']);
  expect(host.announced()).toEqual({ 'default/web': '192.0.2.10' });
});

test('another pool gives another address, and only that is announced', async () => {
  await host.put({ 'config.yaml': configMap('192.0.2.10-192.0.2.20'), 'web.yaml': web });
  await host.put({ 'config.yaml': configMap('192.0.2.15-192.0.2.20'), 'web.yaml': web });
  expect(host.addresses('web')).toEqual(['192.0.2.15']);
  expect(host.announced()).toEqual({ 'default/web': '192.0.2.15' });
  expect(host.remarks.at(-1)).toBe('the new configuration is in force');
});

test('a pool that grows or is renamed leaves addresses where they are', async () => {
  await host.put({ 'config.yaml': configMap('192.0.2.10-192.0.2.20'), 'web.yaml': web });
  host.outlets.said.length = 0;
  const grown = configMap('192.0.2.0-192.0.2.20').replace('name: default', 'name: grown');
  await host.put({ 'config.yaml': grown, 'web.yaml': web, 'db.yaml': serviceManifest('db') });
  expect(host.addresses('web')).toEqual(['192.0.2.10']);
  expect(host.addresses('db')).toEqual(['192.0.2.0']);
  expect(host.outlets.said.filter((line) => line.startsWith('delete'))).toEqual([]);
});

test('a configuration without a pool is refused while addresses are in use', async () => {
  await host.put({ 'config.yaml': configMap('192.0.2.10-192.0.2.20'), 'web.yaml': web });
  const empty = 'kind: ConfigMap\nmetadata: {name: config}\ndata: {config: ""}\n';
  await host.put({ 'config.yaml': empty, 'web.yaml': web });
  expect(host.announced()).toEqual({ 'default/web': '192.0.2.10' });
  expect(host.remarks.at(-1)).toMatch(/^configuration refused: new config not compatible/);
  await host.put({ 'config.yaml': empty });
  expect(host.announced()).toEqual({});
});

test('no address changes over a restart, whoever comes first then', async () => {
  const config = configMap('192.0.2.10-192.0.2.20');
  const files = {
    'config.yaml': config,
    'b.yaml': serviceManifest('b'),
    'c.yaml': serviceManifest('c'),
  };
  await host.put(files);
  expect([host.addresses('b'), host.addresses('c')]).toEqual([['192.0.2.10'], ['192.0.2.11']]);
  const after = new Host(parseState(host.disk));
  await after.put({ ...files, 'a.yaml': serviceManifest('a') });
  expect([host.addresses('b'), host.addresses('c')]).toEqual([['192.0.2.10'], ['192.0.2.11']]);
  expect(after.addresses('a')).toEqual(['192.0.2.12']);
  await after.stop();
});

test('endpoints that are not ready keep a Service from being announced', async () => {
  const endpoints =
    'kind: Endpoints\nmetadata: {name: web}\nsubsets: [{notReadyAddresses: [{ip: 203.0.113.1}]}]\n';
  await host.put({
    'config.yaml': configMap('192.0.2.10/32'),
    'web.yaml': web,
    'ep.yaml': endpoints,
  });
  expect(host.addresses('web')).toEqual(['192.0.2.10']);
  expect(host.announced()).toEqual({});
  await host.put({ 'config.yaml': configMap('192.0.2.10/32'), 'web.yaml': web });
  expect(host.announced()).toEqual({ 'default/web': '192.0.2.10' });
});
