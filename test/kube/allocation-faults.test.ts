import { afterEach, beforeEach, expect, test } from 'vitest';
import { ServiceController } from '../../src/runtime/controller/index.ts';
import { EventRecorder, ServiceStore } from '../../src/runtime/kube/index.ts';
import { millis } from '../../src/runtime/platform/ports.ts';
import {
  type ApiObject,
  Cluster,
  type Fault,
  type Match,
  aService,
  eventually,
  keyOf,
} from '../support/fake-api-server/index.ts';
import { poolOf } from '../support/views.ts';
import { pass, turns } from './watching.ts';

const SERVICES = 30;
/** One address more than there are Services: taking one twice, or keeping one too many, would show. */
const POOL = poolOf('pool', ['192.0.2.0/27']);

let cluster: Cluster;
let history: Map<string, Set<string>>;

beforeEach(async () => {
  cluster = await Cluster.start();
  history = new Map();
  cluster.server.store.subscribe(({ object }) => note(object));
});

afterEach(() => cluster.stop());

/** Runs a controller on the server until `stop`. */
function startController(): () => Promise<void> {
  const { clock, random, logger } = cluster;
  const client = cluster.newClient();
  const running = new AbortController();
  const source = { component: 'metallb-controller' };
  const events = new EventRecorder({ client, clock, random, logger, source });
  const store: ServiceStore = new ServiceStore({
    client,
    clock,
    random,
    logger,
    listener: {
      changed: (key, view) => controller.changed(key, view),
      synced: () => controller.synced(),
    },
  });
  const observer = {
    processed: () => undefined,
    failed: () => undefined,
    poolChanged: () => undefined,
    poolRemoved: () => undefined,
  };
  const ports = { writer: store, events, observer, clock, random, log: logger };
  const controller: ServiceController = new ServiceController('v0.12', ports);
  controller.apply({ pools: [POOL], peers: [], bfdProfiles: [] });
  const tasks = [store.run(running.signal), events.run(running.signal)];
  return async () => {
    running.abort(new Error('stopped by the test'));
    await Promise.all([controller.stop(), ...tasks]);
    client.close();
  };
}

function addressesOf(service: ApiObject): readonly string[] {
  const { loadBalancer } = service['status'] as {
    loadBalancer: { ingress?: readonly { ip: string }[] };
  };
  return (loadBalancer.ingress ?? []).map(({ ip }) => ip);
}

/** Which addresses each Service ever had. */
function note(object: ApiObject): void {
  if (object.kind !== 'Service') return;
  const had = history.get(keyOf(object)) ?? new Set();
  for (const address of addressesOf(object)) had.add(address);
  history.set(keyOf(object), had);
}

const services = (): readonly ApiObject[] => cluster.server.store.list('services');
const settled = (): boolean =>
  services().length >= SERVICES && services().every((service) => addressesOf(service).length === 1);

/** Every Service has one address, no two have the same, and none ever had another. */
function expectSoundness(): void {
  const given = services().flatMap(addressesOf);
  expect(given).toHaveLength(services().length);
  expect(new Set(given).size).toBe(given.length);
  const moved = [...history].filter(([, addresses]) => addresses.size > 1);
  expect(moved).toEqual([]);
}

const faults: readonly (readonly [string, Match, Fault, number])[] = [
  ['nothing at all', { verb: 'discover' }, { type: 'reset' }, 1],
  ['410 for the watch', { verb: 'watch' }, { type: 'status', code: 410 }, 2],
  ['an ERROR event', { verb: 'watch' }, { type: 'errorEvent', code: 410 }, 3],
  ['cuts in mid-JSON', { verb: 'watch' }, { type: 'cut' }, 5],
  ['a silent watch', { verb: 'watch' }, { type: 'silence' }, 1],
  ['events in the wrong order', { verb: 'watch' }, { type: 'reorder' }, 3],
  ['events twice', { verb: 'watch' }, { type: 'duplicate' }, 3],
  ['writes refused with 500', { verb: 'update' }, { type: 'status', code: 500 }, 20],
  [
    'writes put off with 429',
    { verb: 'update' },
    { type: 'status', code: 429, retryAfterSeconds: 2 },
    20,
  ],
  [
    'writes put off with 503',
    { verb: 'update' },
    { type: 'status', code: 503, retryAfterSeconds: 1 },
    20,
  ],
  ['writes lost on the way', { verb: 'update' }, { type: 'reset' }, 20],
  ['writes done, replies lost', { verb: 'update' }, { type: 'cut' }, 20],
  ['writes done, replies never sent', { verb: 'update' }, { type: 'silence' }, 8],
  ['reads that fail', { verb: 'get' }, { type: 'status', code: 500 }, 10],
];

test.each(faults)('no address is given twice or moved by %s', async (_, match, fault, times) => {
  for (let n = 0; n < SERVICES / 2; n += 1) {
    cluster.server.store.create('services', aService(`early-${n}`));
  }
  cluster.server.inject(match, fault, times);
  const stop = startController();
  await pass(cluster, 3);
  for (let n = 0; n < SERVICES / 2; n += 1) {
    cluster.server.store.create('services', aService(`late-${n}`));
  }
  await pass(cluster, 400, settled);
  await pass(cluster, 5);
  expectSoundness();
  const stopping = stop();
  // A write without a reply is waited for until its time limit.
  await pass(cluster, 31);
  await stopping;
});

test('no address moves while the token expires in the middle', async () => {
  const stop = startController();
  for (let n = 0; n < SERVICES; n += 1) {
    cluster.server.store.create('services', aService(`s${n}`));
    if (n % 5 === 0) {
      await turns();
      cluster.clock.advance(millis(0));
      cluster.server.rotateToken();
    }
  }
  await pass(cluster, 60, settled);
  expectSoundness();
  await stop();
});

test('no address moves when the controller is replaced again and again in the middle', async () => {
  for (let n = 0; n < SERVICES; n += 1) {
    cluster.server.store.create('services', aService(`s${n}`));
  }
  cluster.server.inject({ verb: 'update' }, { type: 'cut' }, 10);
  for (let restart = 0; restart < 5; restart += 1) {
    const stop = startController();
    await eventually(() => cluster.server.watching('services') === 1);
    await pass(cluster, 0.25);
    await stop();
  }
  const stop = startController();
  await pass(cluster, 60, settled);
  expectSoundness();
  await stop();
});

test('no address moves when the server restarts without its history', async () => {
  const stop = startController();
  for (let n = 0; n < SERVICES; n += 1) {
    cluster.server.store.create('services', aService(`s${n}`));
    if (n === 10) await pass(cluster, 0.5);
    if (n === 20) {
      await cluster.server.stop();
      cluster.server.store.compact();
      await pass(cluster, 5);
      await cluster.server.restart();
    }
  }
  await pass(cluster, 120, settled);
  expectSoundness();
  await stop();
});
