import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Informer, core, identify } from '../../src/runtime/kube/index.ts';
import { seconds } from '../../src/runtime/platform/ports.ts';
import {
  Cluster,
  type Fault,
  Hold,
  type Match,
  aService,
  eventually,
  keyOf,
} from '../support/fake-api-server/index.ts';

let cluster: Cluster;

beforeEach(async () => {
  cluster = await Cluster.start();
});

afterEach(() => cluster.stop());

/** An informer of Services that keeps their versions, with what its listener heard. */
class Watching {
  readonly informer: Informer<string>;
  readonly heard: string[] = [];
  synced = 0;
  unavailable = 0;

  constructor() {
    const { client, clock, random, logger } = cluster;
    this.informer = new Informer<string>({
      client,
      clock,
      random,
      logger,
      resource: core('services'),
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
    const truth = cluster.server.store
      .list('services')
      .map((object) => `${keyOf(object)} ${object.metadata.resourceVersion ?? ''}`);
    const cached = [...this.informer.entries()].map(([key, version]) => `${key} ${version}`);
    return this.informer.synced && truth.sort().join() === cached.sort().join();
  }

  /** Started, synced and watching: nothing is timed any more but the silence of the watch. */
  async settled(): Promise<this> {
    const quiet = (): boolean => cluster.clock.next !== undefined && cluster.clock.pending === 1;
    await eventually(() => this.isTrue && cluster.server.watching('services') === 1 && quiet());
    await turns();
    return this;
  }
}

const { create, replace, remove } = {
  create: (name: string) => cluster.server.store.create('services', aService(name)),
  replace: (name: string, port: number) =>
    cluster.server.store.replace('services', aService(name, { ports: [{ port }] })),
  remove: (name: string) => cluster.server.store.delete('services', `default/${name}`),
};

/** Lets time pass in steps, so that every request set off by a timer is answered before the next one. */
async function pass(duration: number, until: () => boolean): Promise<void> {
  for (let passed = 0; passed < duration && !until(); passed += 0.25) {
    cluster.clock.advance(seconds(0.25));
    await turns();
  }
  await eventually(until);
}

async function turns(): Promise<void> {
  let left = 30;
  await eventually(() => left-- === 0);
}

describe('when all is well', () => {
  test('tells every object, then says once that it is synced', async () => {
    create('a');
    create('b');
    const watching = await new Watching().settled();
    expect(watching.heard).toEqual(['default/a new', 'default/b new']);
    expect(watching.synced).toBe(1);
  });

  test('is synced when there is nothing to list', async () => {
    const watching = await new Watching().settled();
    expect(watching.synced).toBe(1);
  });

  test('follows what is created, changed and deleted', async () => {
    const watching = await new Watching().settled();
    create('a');
    replace('a', 443);
    remove('a');
    create('b');
    await eventually(() => watching.heard.length === 4);
    expect(watching.heard).toEqual([
      'default/a new',
      'default/a changed',
      'default/a gone',
      'default/b new',
    ]);
  });

  test('lists many objects page by page, each once', async () => {
    for (let n = 0; n < 1201; n += 1) create(`s${n}`);
    const watching = await new Watching().settled();
    expect(cluster.server.count('list')).toBe(3);
    expect(watching.heard).toHaveLength(1201);
  });

  test('goes on from the latest bookmark after the server ends a watch', async () => {
    const watching = await new Watching().settled();
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
    await new Watching().settled();
    const watch = cluster.server.seen.find(({ verb }) => verb === 'watch');
    const limit = Number(watch?.query.get('timeoutSeconds'));
    expect(watch?.query.get('allowWatchBookmarks')).toBe('true');
    expect(limit).toBeGreaterThanOrEqual(300);
    expect(limit).toBeLessThanOrEqual(600);
  });
});

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
    for (let n = 0; n < 501; n += 1) create(`s${n}`);
    cluster.server.inject(match, fault);
    const watching = new Watching();
    await pass(100, () => cluster.server.watching('services') === 1);
    remove('s1');
    create('s1');
    replace('s2', 8080);
    remove('s3');
    create('t');
    await pass(200, () => watching.isTrue);
    expect(watching.synced).toBe(1);
  });

  test('three of the same fault in a row', async () => {
    for (const fault of ['cut', 'reset', 'end', 'silence', 'reorder'] as const) {
      cluster.server.inject({ verb: 'watch' }, { type: fault }, 3);
    }
    const watching = new Watching();
    for (let n = 0; n < 40; n += 1) {
      create(`s${n}`);
      if (n > 5) remove(`s${n - 3}`);
      await turns();
      cluster.clock.advance(seconds(8));
      await turns();
    }
    await pass(2000, () => watching.isTrue);
    expect(watching.synced).toBe(1);
  });

  test('the server was away and its history is gone', async () => {
    create('a');
    create('b');
    const watching = await new Watching().settled();
    await cluster.server.stop();
    remove('a');
    create('c');
    cluster.server.store.compact();
    await turns();
    await cluster.server.restart();
    await pass(60, () => watching.isTrue);
    expect(watching.heard.slice(2)).toEqual(['default/a gone', 'default/c new']);
  });

  test('a slow list, while objects change', async () => {
    for (let n = 0; n < 501; n += 1) create(`s${n}`);
    const hold = new Hold();
    cluster.server.inject({ verb: 'list', page: 'later' }, { type: 'hold', hold });
    const watching = new Watching();
    await eventually(() => cluster.server.count('list') === 1);
    remove('s500');
    create('late');
    hold.release();
    await watching.settled();
    expect(watching.informer.get('default/late')).toBeDefined();
  });

  test('the token expired', async () => {
    const watching = await new Watching().settled();
    cluster.server.rotateToken();
    cluster.server.breakWatches();
    create('a');
    await pass(10, () => watching.isTrue);
    expect(watching.heard).toEqual(['default/a new']);
  });
});

describe('trouble is met with patience', () => {
  test('a server that ends every watch at once is not asked in a tight loop', async () => {
    cluster.server.inject({ verb: 'watch' }, { type: 'end' }, 1000);
    new Watching();
    await pass(60, () => cluster.clock.now() >= 60_000);
    expect(cluster.server.count('watch')).toBeLessThan(20);
    expect(cluster.server.count('watch')).toBeGreaterThan(3);
  });

  test('Retry-After is waited for, even where the back-off would be shorter', async () => {
    const fault: Fault = { type: 'status', code: 429, retryAfterSeconds: 7 };
    cluster.server.inject({ verb: 'list' }, fault);
    new Watching();
    await eventually(() => cluster.clock.next === 7000);
    cluster.clock.advance(seconds(6.9));
    await turns();
    expect(cluster.server.count('list')).toBe(1);
    cluster.clock.advance(seconds(0.2));
    await eventually(() => cluster.server.count('list') === 2);
  });

  test('an expired page token has the whole listed at once', async () => {
    for (let n = 0; n < 501; n += 1) create(`s${n}`);
    cluster.server.inject({ verb: 'list', page: 'later' }, { type: 'status', code: 410 });
    const watching = new Watching();
    await pass(5, () => watching.isTrue);
    const limits = cluster.server.seen
      .filter(({ verb }) => verb === 'list')
      .map(({ query }) => query.get('limit'));
    expect(limits).toEqual(['500', '500', null]);
  });

  test('a watch with a bookmark every minute is left open', async () => {
    await new Watching().settled();
    for (let minute = 0; minute < 4; minute += 1) {
      cluster.clock.advance(seconds(60));
      cluster.server.bookmark('services');
      await turns();
    }
    expect(cluster.server.count('watch')).toBe(1);
  });

  test('one silent for ninety seconds is given up and opened anew at once', async () => {
    const watching = await new Watching().settled();
    cluster.clock.advance(seconds(89));
    await turns();
    expect(cluster.server.count('watch')).toBe(1);
    cluster.clock.advance(seconds(1));
    await eventually(() => cluster.server.count('watch') === 2);
    await watching.settled();
  });

  test('the operator is told once of a row of failures, and by name', async () => {
    cluster.server.inject({ verb: 'list' }, { type: 'status', code: 500 }, 12);
    const watching = new Watching();
    await pass(400, () => watching.isTrue);
    const warnings = cluster.logger.lines.filter(({ level }) => level === 'warn');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.fields).toMatchObject({ op: 'watch', resource: 'services' });
  });
});

describe('what is not ours to see', () => {
  test('is said once and looked at again without a forbidden call', async () => {
    cluster.server.deny('list', 'services');
    const watching = new Watching();
    await pass(1200, () => cluster.clock.now() >= 1_200_000);
    expect(watching.unavailable).toBe(1);
    expect(cluster.server.count('list')).toBe(1);
    expect(cluster.server.count('review')).toBeGreaterThan(5);
    expect(cluster.server.count('review')).toBeLessThan(25);
    const warnings = cluster.logger.lines.filter(({ level }) => level === 'warn');
    expect(warnings.map(({ fields }) => fields['msg'])).toEqual(['resource is not available']);
  });

  test('is taken up once the right is there', async () => {
    create('a');
    cluster.server.deny('watch', 'services');
    const watching = new Watching();
    await pass(60, () => cluster.clock.now() >= 60_000);
    cluster.server.permit('watch', 'services');
    await pass(200, () => watching.isTrue && cluster.server.watching('services') === 1);
    expect(watching.heard).toEqual(['default/a new']);
  });

  test('keeps what was known when a right is taken away', async () => {
    create('a');
    const watching = await new Watching().settled();
    cluster.server.deny('watch', 'services');
    cluster.server.breakWatches();
    await pass(20, () => watching.unavailable === 1);
    expect(watching.informer.get('default/a')).toBeDefined();
  });

  test('a kind that the server does not serve yet is found by discovery', async () => {
    create('a');
    cluster.server.withdraw('v1');
    const watching = new Watching();
    await pass(30, () => cluster.clock.now() >= 30_000);
    expect(cluster.server.count('list')).toBe(1);
    cluster.server.offer('v1');
    await pass(200, () => watching.isTrue);
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
      resource: core('services'),
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
