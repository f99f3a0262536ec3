import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Finding } from '../../src/runtime/sources/finding.ts';
import { seconds } from '../../src/runtime/platform/ports.ts';
import type { Cluster } from '../support/fake-api-server/index.ts';
import {
  WatchedResources,
  inNamespace as object,
  poolOf as pool,
} from '../support/watched-resources.ts';

const NAMESPACE = 'metallb-system';
let resources: WatchedResources;
let cluster: Cluster;
let taken: Finding[];

beforeEach(async () => {
  resources = await WatchedResources.open();
  ({ cluster, taken } = resources);
});

afterEach(() => cluster.stop());

const create: WatchedResources['create'] = (...given) => resources.create(...given);
const start: WatchedResources['start'] = (...given) => resources.start(...given);
const settled: WatchedResources['settled'] = (until) => resources.settled(until);

describe('resources that are there at the start', () => {
  test('are read once all of them are known, as one configuration', async () => {
    create('ipaddresspools', pool('teal', '192.0.2.0/28'), pool('jade', '198.51.100.0/28'));
    create('l2advertisements', object('all', {}));
    start();
    await settled(() => taken.length > 0);
    expect(taken).toHaveLength(1);
    expect(resources.pools).toEqual(['jade', 'teal']);
    expect(taken[0]?.origin.versions).toMatch(/^IPAddressPool\/teal@\d+, IPAddressPool\/jade@\d+/);
  });

  test('of which none is a pool configure nothing', async () => {
    create('l2advertisements', object('all', {}));
    start();
    await settled(() => taken.length > 0);
    expect(taken.map(({ kind }) => kind)).toEqual(['nothing']);
  });

  test('in another namespace are not looked at', async () => {
    const elsewhere = pool('teal', '192.0.2.0/28');
    create('ipaddresspools', {
      ...elsewhere,
      metadata: { ...elsewhere.metadata, namespace: 'other' },
    });
    start();
    await settled(() => taken.length > 0);
    expect(taken[0]?.kind).toBe('nothing');
  });
});

describe('resources that change', () => {
  beforeEach(async () => {
    create('ipaddresspools', pool('teal', '192.0.2.0/28'));
    start();
    await settled(() => taken.length === 1 && resources.watching);
  });

  test('in a burst are read once', async () => {
    create('ipaddresspools', pool('jade', '198.51.100.0/28'), pool('opal', '203.0.113.0/28'));
    create('l2advertisements', object('all', {}));
    await settled(() => resources.pools?.length === 3);
    expect(taken).toHaveLength(2);
  });

  test('only in their status or their bookkeeping say nothing new', async () => {
    const stored = cluster.server.store.get('ipaddresspools', `${NAMESPACE}/teal`)!;
    cluster.server.store.replace('ipaddresspools', { ...stored, status: { assignedIPv4: 3 } });
    create('ipaddresspools', pool('jade', '198.51.100.0/28'));
    await settled(() => taken.length === 2);
    expect(resources.pools).toEqual(['jade', 'teal']);
  });

  test('into something wrong name the object', async () => {
    create('ipaddresspools', pool('jade', '192.0.2.8/29'));
    await settled(() => taken.length === 2);
    const last = taken[1];
    expect(last?.kind).toBe('refused');
    if (last?.kind !== 'refused') return;
    expect(last.message).toContain('overlaps with already defined CIDR');
    expect(last.origin.about).toMatchObject({ kind: 'IPAddressPool', name: 'jade' });
  });

  test('away, the last of them, are nothing', async () => {
    cluster.server.store.delete('ipaddresspools', `${NAMESPACE}/teal`);
    await settled(() => taken.length === 2);
    expect(taken[1]?.kind).toBe('nothing');
  });
});

describe('an API server without the kinds', () => {
  test('is asked by discovery, never tried, and said once', async () => {
    cluster.server.withdraw('metallb.io/v1beta1');
    start();
    await settled(() => taken.length > 0);
    expect(taken[0]?.kind).toBe('nothing');
    cluster.clock.advance(seconds(600));
    await settled(() => cluster.server.count('discover') > 3);
    expect(cluster.server.count('list')).toBe(0);
    const said = cluster.logger.lines.filter(({ level }) => level !== 'debug');
    expect(said).toHaveLength(1);
  });

  test('that learns them is read soon after, and one that loses them has none', async () => {
    cluster.server.withdraw('metallb.io/v1beta1');
    start();
    await settled(() => taken.length > 0);
    cluster.server.offer('metallb.io/v1beta1');
    create('ipaddresspools', pool('teal', '192.0.2.0/28'));
    await settled(() => taken.length === 2);
    expect(resources.pools).toEqual(['teal']);
    cluster.server.withdraw('metallb.io/v1beta1');
    cluster.server.breakWatches();
    await settled(() => taken.length === 3);
    expect(taken[2]?.kind).toBe('nothing');
  });

  test('without the deprecated AddressPool is none the worse', async () => {
    cluster.server.deny('list', 'addresspools');
    create('ipaddresspools', pool('teal', '192.0.2.0/28'));
    start();
    await settled(() => taken.length > 0);
    expect(resources.pools).toEqual(['teal']);
  });
});

describe('missing rights', () => {
  test('to the pools: asked by review, and there are no resources', async () => {
    cluster.server.deny('list', 'ipaddresspools');
    start();
    await settled(() => taken.length > 0);
    expect(taken[0]?.kind).toBe('nothing');
    expect(cluster.server.count('list')).toBe(0);
    cluster.server.permit('list', 'ipaddresspools');
    create('ipaddresspools', pool('teal', '192.0.2.0/28'));
    await settled(() => taken.length === 2);
    expect(resources.pools).toEqual(['teal']);
  });

  test('to the peers: the rest is read, and it is said what is missing', async () => {
    cluster.server.deny('watch', 'bgppeers');
    create('ipaddresspools', pool('teal', '192.0.2.0/28'));
    start();
    await settled(() => taken.length > 0);
    expect(taken[0]).toMatchObject({
      kind: 'config',
      unread: [expect.stringContaining('watch bgppeers')],
    });
  });
});

/** How the addresses of the only pool are announced at layer 2; nothing while there is no configuration. */
function announcements(): number | undefined {
  const last = taken.at(-1);
  return last?.kind === 'config' ? last.config.pools[0]?.layer2.length : undefined;
}

/** Lets time pass, and everything happen meanwhile. */
async function pass(duration: number): Promise<void> {
  for (let passed = 0; passed < duration; passed += 0.25) {
    cluster.clock.advance(seconds(0.25));
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
  }
}

describe('a server in trouble', () => {
  beforeEach(() => {
    create('ipaddresspools', pool('teal', '192.0.2.0/28'));
    create('l2advertisements', object('all', {}));
  });

  test.each(['discover', 'review'] as const)(
    'that does not answer at the start (%s) is waited for: it does not look like one without resources',
    async (verb) => {
      cluster.server.inject({ verb }, { type: 'status', code: 500 }, 30);
      cluster.server.inject({ verb }, { type: 'reset' }, 10);
      start();
      await pass(60);
      expect(taken).toEqual([]);
      cluster.server.clearFaults();
      await settled(() => taken.length > 0);
      expect(announcements()).toBe(1);
      expect(taken).toHaveLength(1);
    },
  );

  test('that does not answer about one kind at the start is waited for', async () => {
    cluster.server.inject({ verb: 'list', resource: 'l2advertisements' }, { type: 'reset' }, 10);
    start();
    await pass(5);
    expect(taken).toEqual([]);
    await settled(() => taken.length > 0);
    expect(announcements()).toBe(1);
  });

  test('that has just started and refuses for a moment what it serves changes nothing', async () => {
    start();
    await settled(() => taken.length === 1 && resources.watching);
    cluster.server.inject({ verb: 'watch' }, { type: 'status', code: 404 }, 7);
    cluster.server.breakWatches();
    await pass(30);
    expect(resources.watching).toBe(true);
    cluster.server.inject({ verb: 'watch' }, { type: 'status', code: 403 }, 7);
    cluster.server.breakWatches();
    await pass(30);
    expect(taken).toHaveLength(1);
    const said = cluster.logger.lines.filter(({ level }) => level !== 'debug');
    expect(said).toEqual([]);
  });

  test('that takes the right to one kind away takes nothing out of the configuration, and it is said once', async () => {
    start();
    await settled(() => taken.length === 1 && resources.watching);
    cluster.server.deny('list', 'l2advertisements');
    cluster.server.deny('watch', 'l2advertisements');
    cluster.server.breakWatches();
    await settled(() => taken.length === 2);
    expect(announcements()).toBe(1);
    expect(taken[1]).toMatchObject({ unread: [expect.stringContaining('l2advertisements')] });
    await pass(600);
    const said = cluster.logger.lines.filter(({ level }) => level === 'warn');
    expect(said).toHaveLength(1);
    expect(JSON.stringify(said)).toContain('l2advertisements');
    cluster.server.permit('list', 'l2advertisements');
    cluster.server.permit('watch', 'l2advertisements');
    await settled(() => taken.length === 3);
    expect(taken[2]).not.toHaveProperty('unread');
  });
});
