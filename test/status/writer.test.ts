import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { millis, seconds } from '../../src/runtime/platform/ports.ts';
import { Hold, eventually } from '../support/fake-api-server/index.ts';
import { ACCEPTED, POOLS, Writing, figures } from './writing.ts';

let on: Writing;

beforeEach(async () => {
  on = await Writing.start();
});

afterEach(() => on.stop());

describe('a status', () => {
  test('is written where it does not say what it should, and nothing else of the object', async () => {
    on.define();
    const teal = on.add('IPAddressPool', 'teal');
    on.say(teal, 3);
    await on.pass(seconds(1));
    expect(on.writes).toBe(1);
    expect(on.stored('teal')).toMatchObject({
      spec: { kept: true },
      status: {
        ...figures(3),
        conditions: [{ ...ACCEPTED, lastTransitionTime: '2026-01-01T00:00:00Z' }],
      },
    });
  });

  test('that says it already, since an earlier controller wrote it, is left alone', async () => {
    on.define();
    const conditions = [{ ...ACCEPTED, lastTransitionTime: '2025-12-31T00:00:00Z' }];
    const teal = on.add('IPAddressPool', 'teal', { ...figures(3), conditions });
    on.say(teal, 3);
    await on.pass(seconds(1));
    expect(on.cluster.server.seen).toEqual([]);
  });

  test('is left alone while nothing is decided', async () => {
    on.define();
    const teal = on.add('IPAddressPool', 'teal');
    on.writer.changed([teal]);
    await on.pass(seconds(1));
    expect(on.cluster.server.seen).toEqual([]);
  });

  test('keeps the time of a condition whose status stays, and the conditions of others', async () => {
    on.define();
    const foreign = { type: 'Audited', status: 'True', lastTransitionTime: '2025-01-01T00:00:00Z' };
    const before = { ...ACCEPTED, message: 'old', lastTransitionTime: '2025-12-31T00:00:00Z' };
    const teal = on.add('IPAddressPool', 'teal', { conditions: [before, foreign] });
    on.say(teal, 0);
    await on.pass(seconds(1));
    expect(on.stored('teal')?.['status']).toEqual({
      ...figures(0),
      conditions: [foreign, { ...ACCEPTED, lastTransitionTime: before.lastTransitionTime }],
    });
  });

  test('keeps a condition that somebody else added after our last write', async () => {
    on.define();
    const teal = on.add('IPAddressPool', 'teal');
    on.say(teal, 3);
    await on.pass(seconds(2));
    const now = on.stored('teal')!;
    const { conditions } = now['status'] as { conditions: readonly object[] };
    const foreign = { type: 'Audited', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' };
    const status = { ...figures(3), conditions: [...conditions, foreign] };
    on.cluster.server.store.replace(POOLS, { ...now, status });
    on.say(teal, 4);
    await on.pass(seconds(2));
    expect(on.stored('teal')?.['status']).toMatchObject({
      ...figures(4),
      conditions: [...conditions, foreign],
    });
    on.wanted.set('teal', { claims: [{ ...ACCEPTED, message: 'other' }], figures: figures(4) });
    on.writer.changed([teal]);
    await on.pass(seconds(2));
    expect(on.stored('teal')?.['status']).toMatchObject({
      conditions: [foreign, { ...ACCEPTED, message: 'other' }],
    });
  });

  test('loses its figures when the pool is in force no more', async () => {
    on.define();
    const teal = on.add('IPAddressPool', 'teal', figures(3));
    on.wanted.set('teal', { claims: [ACCEPTED] });
    on.writer.changed([teal]);
    await on.pass(seconds(1));
    expect(Object.keys(on.stored('teal')?.['status'] as object)).toEqual(['conditions']);
  });

  test('of another kind is written in the version that is stored', async () => {
    on.define();
    const spine = on.add('BGPPeer', 'spine');
    on.say(spine, 0);
    await on.pass(seconds(1));
    expect(on.stored('spine', 'bgppeers')).toMatchObject({ status: { conditions: [ACCEPTED] } });
    expect(on.cluster.server.seen.at(-1)).toMatchObject({
      version: 'v1beta2',
      subresource: 'status',
    });
  });
});

describe('many changes', () => {
  test('of one pool are written once a second, the last one for certain', async () => {
    on.define();
    const teal = on.add('IPAddressPool', 'teal');
    for (let assigned = 1; assigned <= 16; assigned += 1) {
      on.say(teal, assigned);
      await on.pass(millis(250));
    }
    await on.pass(seconds(2));
    expect(on.writes).toBeGreaterThan(1);
    expect(on.writes).toBeLessThanOrEqual(5);
    expect(on.stored('teal')?.['status']).toMatchObject(figures(16));
  });

  test('that come to nothing write nothing', async () => {
    on.define();
    const teal = on.add('IPAddressPool', 'teal');
    on.say(teal, 3);
    await on.pass(seconds(2));
    on.say(teal, 4);
    on.say(teal, 3);
    await on.pass(seconds(2));
    expect(on.writes).toBe(1);
  });

  test('go behind the statuses of Services', async () => {
    on.define();
    const { client } = on;
    const [teal, jade] = [on.add('IPAddressPool', 'teal'), on.add('IPAddressPool', 'jade')];
    on.say(teal, 1);
    await on.pass(seconds(1));
    const hold = new Hold();
    on.cluster.server.inject({ verb: 'get', resource: 'services' }, { type: 'hold', hold });
    const path = '/api/v1/namespaces/shop/services/web';
    const first = client.request({ method: 'GET', path }).catch(() => undefined);
    on.say(jade, 1);
    on.cluster.clock.advance(seconds(1));
    await eventually(() => on.underWay === 1);
    const second = client.request({ method: 'GET', path }).catch(() => undefined);
    hold.release();
    await Promise.all([first, second]);
    await on.pass(seconds(1));
    const order = on.cluster.server.seen
      .slice(-3)
      .map(({ verb, resource }) => `${verb} ${resource}`);
    expect(order).toEqual(['get services', 'get services', `patch ${POOLS}`]);
  });
});

describe('a quiet cluster', () => {
  test('hears nothing of us for hours', async () => {
    on.define();
    const teal = on.add('IPAddressPool', 'teal');
    on.say(teal, 3);
    await on.pass(seconds(2));
    const before = on.cluster.server.seen.length;
    for (let look = 0; look < 30; look += 1) {
      await on.skip(seconds(300));
      await on.pass(seconds(1));
    }
    expect(on.cluster.server.seen).toHaveLength(before);
  });

  test('in which another controller wrote last is mended at the next look, not at once', async () => {
    on.define();
    const teal = on.add('IPAddressPool', 'teal');
    on.say(teal, 3);
    await on.pass(seconds(2));
    const now = on.stored('teal')!;
    on.cluster.server.store.replace(POOLS, { ...now, status: { ...figures(2) } });
    await on.pass(seconds(10));
    expect(on.writes).toBe(1);
    await on.skip(seconds(300));
    await on.pass(seconds(1));
    expect(on.writes).toBe(2);
    expect(on.stored('teal')?.['status']).toMatchObject(figures(3));
  });
});
