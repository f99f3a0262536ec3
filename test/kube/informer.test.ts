import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Informer, coreResource, identify } from '../../src/runtime/kube/index.ts';
import { seconds } from '../../src/runtime/platform/ports.ts';
import {
  Cluster,
  type Fault,
  type Match,
  aService,
  eventually,
} from '../support/fake-api-server/index.ts';
import { Traffic, Watching, pass, turns } from './watching.ts';

let cluster: Cluster;
let traffic: Traffic;

beforeEach(async () => {
  cluster = await Cluster.start();
  traffic = new Traffic(cluster);
});

afterEach(() => cluster.stop());

describe('when all is well', () => {
  test('tells every object, then says once that it is synced', async () => {
    traffic.create('a');
    traffic.create('b');
    const watching = await new Watching(cluster).settled();
    expect(watching.heard).toEqual(['default/a new', 'default/b new']);
    expect(watching.synced).toBe(1);
  });

  test('is synced when there is nothing to list', async () => {
    const watching = await new Watching(cluster).settled();
    expect(watching.synced).toBe(1);
  });

  test('follows what is created, changed and deleted', async () => {
    const watching = await new Watching(cluster).settled();
    traffic.create('a');
    traffic.replace('a', 443);
    traffic.remove('a');
    traffic.create('b');
    await eventually(() => watching.heard.length === 4);
    expect(watching.heard).toEqual([
      'default/a new',
      'default/a changed',
      'default/a gone',
      'default/b new',
    ]);
  });

  test('lists many objects page by page, each once', async () => {
    traffic.createMany(1201);
    const watching = await new Watching(cluster).settled();
    expect(cluster.server.count('list')).toBe(3);
    expect(watching.heard).toHaveLength(1201);
  });

  test('goes on from the latest bookmark after the server ends a watch', async () => {
    const watching = await new Watching(cluster).settled();
    cluster.server.store.create('pods', aService('elsewhere'));
    cluster.clock.advance(seconds(60));
    cluster.server.bookmark('services');
    await turns();
    cluster.server.endWatches();
    await eventually(() => cluster.server.count('watch') === 2);
    const [, second] = cluster.server.seen.filter(({ verb }) => verb === 'watch');
    expect(second?.query.get('resourceVersion')).toBe(String(cluster.server.store.version));
    expect(cluster.server.count('list')).toBe(1);
    await watching.settled();
  });

  test('asks for bookmarks and a time limit between five and ten minutes', async () => {
    await new Watching(cluster).settled();
    const watch = cluster.server.seen.find(({ verb }) => verb === 'watch');
    const limit = Number(watch?.query.get('timeoutSeconds'));
    expect(watch?.query.get('allowWatchBookmarks')).toBe('true');
    expect(limit).toBeGreaterThanOrEqual(300);
    expect(limit).toBeLessThanOrEqual(600);
  });
});

describe('what is not ours to see', () => {
  test('is said once and looked at again without a forbidden call', async () => {
    cluster.server.deny('list', 'services');
    const watching = new Watching(cluster);
    await pass(cluster, 1200);
    expect(watching.unavailable).toBe(1);
    expect(cluster.server.count('list')).toBe(1);
    expect(cluster.server.count('review')).toBeGreaterThan(5);
    expect(cluster.server.count('review')).toBeLessThan(25);
    const warnings = cluster.logger.lines.filter(({ level }) => level === 'warn');
    expect(warnings.map(({ fields }) => fields['msg'])).toEqual(['resource is not available']);
  });

  test('is taken up once the right is there', async () => {
    traffic.create('a');
    cluster.server.deny('watch', 'services');
    const watching = new Watching(cluster);
    await pass(cluster, 60);
    cluster.server.permit('watch', 'services');
    await pass(cluster, 200, () => watching.isTrue && cluster.server.watching('services') === 1);
    expect(watching.isTrue && cluster.server.watching('services') === 1).toBe(true);
    expect(watching.heard).toEqual(['default/a new']);
  });

  test('keeps what was known when a right is taken away', async () => {
    traffic.create('a');
    const watching = await new Watching(cluster).settled();
    cluster.server.deny('watch', 'services');
    cluster.server.breakWatches();
    await pass(cluster, 20, () => watching.unavailable === 1);
    expect(watching.unavailable === 1).toBe(true);
    expect(watching.informer.get('default/a')).toBeDefined();
  });

  test('a kind that the server does not serve yet is found by discovery', async () => {
    traffic.create('a');
    cluster.server.withdraw('v1');
    const watching = new Watching(cluster);
    await pass(cluster, 30);
    expect(cluster.server.count('list')).toBe(1);
    cluster.server.offer('v1');
    await pass(cluster, 200, () => watching.isTrue);
    expect(watching.isTrue).toBe(true);
    expect(watching.unavailable).toBe(1);
  });
});

test('stops at once when told, whatever it is waiting for', async () => {
  const states: readonly (readonly [Match, Fault])[] = [
    [{ verb: 'list' }, { type: 'silence' }],
    [{ verb: 'list' }, { type: 'status', code: 500 }],
    [{ verb: 'watch' }, { type: 'silence' }],
  ];
  let stopped = 0;
  for (const [match, fault] of states) {
    cluster.server.inject(match, fault);
    const controller = new AbortController();
    const { client, clock, random, logger } = cluster;
    const informer = new Informer({
      client,
      clock,
      random,
      logger,
      resource: coreResource('services'),
      project: identify,
      listener: { changed: () => undefined, synced: () => undefined },
    });
    void informer.run(controller.signal).then(() => (stopped += 1));
    await turns();
    controller.abort(new Error('stop'));
    await eventually(() => stopped > 0);
    stopped = 0;
    cluster.server.clearFaults();
  }
  expect(cluster.clock.pending).toBe(0);
});
