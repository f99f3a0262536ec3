import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seconds } from '../../src/runtime/platform/ports.ts';
import {
  Cluster,
  type Fault,
  Hold,
  type Match,
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

describe('the cache equals the truth after', () => {
  const watchFaults: readonly (readonly [string, Match, Fault])[] = [
    ['a cut in mid-JSON', { verb: 'watch' }, { type: 'cut' }],
    ['a watch answered with 410', { verb: 'watch' }, { type: 'status', code: 410 }],
    ['an ERROR event 410', { verb: 'watch' }, { type: 'errorEvent', code: 410 }],
    ['an ERROR event 500', { verb: 'watch' }, { type: 'errorEvent', code: 500 }],
    ['a line that is no JSON', { verb: 'watch' }, { type: 'line', line: '{"type":"ADD' }],
    ['an event of no kind', { verb: 'watch' }, { type: 'line', line: '{"type":"ODD"}' }],
    ['events twice', { verb: 'watch' }, { type: 'duplicate' }],
    ['events in the wrong order', { verb: 'watch' }, { type: 'reorder' }],
    ['a watch that ends at once', { verb: 'watch' }, { type: 'end' }],
    ['a reset before the watch', { verb: 'watch' }, { type: 'reset' }],
    ['a watch that falls silent', { verb: 'watch' }, { type: 'silence' }],
    [
      '429 with Retry-After',
      { verb: 'watch' },
      { type: 'status', code: 429, retryAfterSeconds: 3 },
    ],
    [
      '503 with Retry-After',
      { verb: 'watch' },
      { type: 'status', code: 503, retryAfterSeconds: 3 },
    ],
    ['500 without a word', { verb: 'watch' }, { type: 'status', code: 500 }],
    ['a list that fails', { verb: 'list' }, { type: 'status', code: 500 }],
    ['a list cut short', { verb: 'list' }, { type: 'cut' }],
    ['a list that is never answered', { verb: 'list' }, { type: 'silence' }],
    ['a reset in the list', { verb: 'list' }, { type: 'reset' }],
    ['an expired page token', { verb: 'list', page: 'later' }, { type: 'status', code: 410 }],
    ['a later page that fails', { verb: 'list', page: 'later' }, { type: 'status', code: 502 }],
  ];

  test.each(watchFaults)('%s', async (_, match, fault) => {
    traffic.createMany(501);
    cluster.server.inject(match, fault);
    const watching = new Watching(cluster);
    await pass(cluster, 100, () => cluster.server.watching('services') === 1);
    expect(cluster.server.watching('services') === 1).toBe(true);
    traffic.remove('s1');
    traffic.create('s1');
    traffic.replace('s2', 8080);
    traffic.remove('s3');
    traffic.create('t');
    await pass(cluster, 200, () => watching.isTrue);
    expect(watching.isTrue).toBe(true);
    expect(watching.synced).toBe(1);
  });

  test('three of the same fault in a row', async () => {
    for (const fault of ['cut', 'reset', 'end', 'silence', 'reorder'] as const) {
      cluster.server.inject({ verb: 'watch' }, { type: fault }, 3);
    }
    const watching = new Watching(cluster);
    for (let n = 0; n < 40; n += 1) {
      traffic.create(`s${n}`);
      if (n > 5) traffic.remove(`s${n - 3}`);
      await turns();
      cluster.clock.advance(seconds(8));
      await turns();
    }
    await pass(cluster, 2000, () => watching.isTrue);
    expect(watching.isTrue).toBe(true);
    expect(watching.synced).toBe(1);
  });

  test('the server was away and its history is gone', async () => {
    traffic.create('a');
    traffic.create('b');
    const watching = await new Watching(cluster).settled();
    await cluster.server.stop();
    traffic.remove('a');
    traffic.create('c');
    cluster.server.store.compact();
    await turns();
    await cluster.server.restart();
    await pass(cluster, 60, () => watching.isTrue);
    expect(watching.isTrue).toBe(true);
    expect(watching.heard.slice(2)).toEqual(['default/a gone', 'default/c new']);
  });

  test.each([
    ['with its history', false],
    ['without', true],
  ])('the server was away for minutes, seconds after its return %s', async (_, forgetful) => {
    traffic.create('a');
    const watching = await new Watching(cluster).settled();
    await cluster.server.stop();
    await pass(cluster, 300);
    traffic.create('b');
    traffic.remove('a');
    if (forgetful) cluster.server.store.compact();
    await cluster.server.restart();
    await pass(cluster, 7, () => watching.isTrue);
    expect(watching.isTrue).toBe(true);
  });

  test('a slow list, while objects change', async () => {
    traffic.createMany(501);
    const hold = new Hold();
    cluster.server.inject({ verb: 'list', page: 'later' }, { type: 'hold', hold });
    const watching = new Watching(cluster);
    await eventually(() => cluster.server.count('list') === 1);
    traffic.remove('s500');
    traffic.create('late');
    hold.release();
    await watching.settled();
    expect(watching.informer.get('default/late')).toBeDefined();
  });

  test('the token expired', async () => {
    const watching = await new Watching(cluster).settled();
    cluster.server.rotateToken();
    cluster.server.breakWatches();
    traffic.create('a');
    await pass(cluster, 10, () => watching.isTrue);
    expect(watching.isTrue).toBe(true);
    expect(watching.heard).toEqual(['default/a new']);
  });
});

describe('trouble is met with patience', () => {
  test('a server that ends every watch at once is not asked in a tight loop', async () => {
    cluster.server.inject({ verb: 'watch' }, { type: 'end' }, 1000);
    new Watching(cluster);
    await pass(cluster, 60);
    expect(cluster.server.count('watch')).toBeLessThan(20);
    expect(cluster.server.count('watch')).toBeGreaterThan(3);
  });

  test('Retry-After is waited for, even where the back-off would be shorter', async () => {
    const fault: Fault = { type: 'status', code: 429, retryAfterSeconds: 7 };
    cluster.server.inject({ verb: 'list' }, fault);
    new Watching(cluster);
    await eventually(() => cluster.clock.next === 7000);
    cluster.clock.advance(seconds(6.9));
    await turns();
    expect(cluster.server.count('list')).toBe(1);
    cluster.clock.advance(seconds(0.2));
    await eventually(() => cluster.server.count('list') === 2);
  });

  test('an expired page token has the whole listed at once', async () => {
    traffic.createMany(501);
    cluster.server.inject({ verb: 'list', page: 'later' }, { type: 'status', code: 410 });
    const watching = new Watching(cluster);
    await pass(cluster, 5, () => watching.isTrue);
    expect(watching.isTrue).toBe(true);
    const limits = cluster.server.seen
      .filter(({ verb }) => verb === 'list')
      .map(({ query }) => query.get('limit'));
    expect(limits).toEqual(['500', '500', null]);
  });

  test('a watch with a bookmark every minute is left open', async () => {
    await new Watching(cluster).settled();
    for (let minute = 0; minute < 4; minute += 1) {
      cluster.clock.advance(seconds(60));
      cluster.server.bookmark('services');
      await turns();
    }
    expect(cluster.server.count('watch')).toBe(1);
  });

  test('one silent for ninety seconds is given up and opened anew at once', async () => {
    const watching = await new Watching(cluster).settled();
    cluster.clock.advance(seconds(89));
    await turns();
    expect(cluster.server.count('watch')).toBe(1);
    cluster.clock.advance(seconds(1));
    await eventually(() => cluster.server.count('watch') === 2);
    await watching.settled();
  });

  test('the operator is told once of a row of failures, and by name', async () => {
    cluster.server.inject({ verb: 'list' }, { type: 'status', code: 500 }, 12);
    const watching = new Watching(cluster);
    await pass(cluster, 400, () => watching.isTrue);
    expect(watching.isTrue).toBe(true);
    const warnings = cluster.logger.lines.filter(({ level }) => level === 'warn');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.fields).toMatchObject({ op: 'watch', resource: 'services' });
  });
});
