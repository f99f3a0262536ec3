import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EventRecorder } from '../../../src/runtime/kube/index.ts';
import type { ObjectReference } from '../../../src/runtime/model/index.ts';
import { seconds } from '../../../src/runtime/platform/ports.ts';
import { type ApiObject, Cluster, Hold, eventually } from '../../support/fake-api-server/index.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { pass, turns } from '../watching.ts';

let cluster: Cluster;
let recorder: EventRecorder;

beforeEach(async () => {
  cluster = await Cluster.start();
  const { client, clock, random, logger } = cluster;
  const source = { component: 'metallb-speaker', host: 'alpha' };
  recorder = new EventRecorder({ client, clock, random, logger, source });
  cluster.run(recorder);
});

afterEach(() => cluster.stop());

function say(message: string, name = 'web', by = recorder): void {
  const about: ObjectReference = {
    apiVersion: 'v1',
    kind: 'Service',
    namespace: 'shop',
    name,
    uid: `uid-${name}`,
  };
  by.record(about, { type: 'Normal', reason: 'IPAllocated', message });
}

const events = (): readonly ApiObject[] => cluster.server.store.list('events');
const warnings = (): readonly unknown[] =>
  cluster.logger.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields['msg']);

describe('recording', () => {
  test('creates an Event beside its object, with source and host', async () => {
    say('Assigned IP ["192.0.2.1"]');
    await eventually(() => events().length === 1);
    expect(events()[0]).toMatchObject({
      metadata: { namespace: 'shop' },
      message: 'Assigned IP ["192.0.2.1"]',
      source: { component: 'metallb-speaker', host: 'alpha' },
      count: 1,
    });
  });

  test('is not mistaken for what another program says of the object in the same millisecond', async () => {
    const { client, clock, logger } = cluster;
    const source = { component: 'metallb-speaker', host: 'beta' };
    const other = new EventRecorder({ client, clock, random: new SeededRandom(2), logger, source });
    cluster.run(other);

    say('announcing from node "alpha"');
    say('announcing from node "beta"', 'web', other);

    await eventually(() => events().length === 2);
    const told = events().map(({ message }) => message);
    expect(told.sort()).toEqual(['announcing from node "alpha"', 'announcing from node "beta"']);
  });

  test('the same again counts the first one up', async () => {
    for (let n = 0; n < 3; n += 1) say('hello');
    await eventually(() => events()[0]?.['count'] === 3);
    expect(events()).toHaveLength(1);
    expect(cluster.server.count('patch')).toBe(2);
  });

  test('one that has expired meanwhile is created anew', async () => {
    say('hello');
    await eventually(() => events().length === 1);
    const { namespace, name } = events()[0]!.metadata;
    cluster.server.store.delete('events', `${namespace!}/${name}`);
    say('hello');
    await eventually(() => events().length === 1);
    expect(events()[0]).toMatchObject({ count: 2 });
  });

  test('never waits for the server', async () => {
    const hold = new Hold();
    cluster.server.inject({ verb: 'create' }, { type: 'hold', hold }, 100);
    for (let n = 0; n < 6000; n += 1) say('hello', `s${n}`);
    expect(recorder.dropped).toBe(1000);
    await turns();
    expect(cluster.clock.pending).toBe(4);
    expect(warnings()).toEqual(['too many events, some are dropped']);
    hold.release();
  });
});

describe('a server in trouble', () => {
  test('gets the Event when it is back', async () => {
    cluster.server.inject({ verb: 'create' }, { type: 'status', code: 500 }, 2);
    cluster.server.inject({ verb: 'create' }, { type: 'reset' }, 2);
    say('hello');
    await pass(cluster, 60, () => events().length === 1);
    expect(events()).toHaveLength(1);
  });

  test('that took an Event and lost the reply is not told twice', async () => {
    cluster.server.inject({ verb: 'create' }, { type: 'cut' });
    say('hello');
    await pass(cluster, 30, () => cluster.server.count('create') === 2);
    expect(events()).toHaveLength(1);
    expect(warnings()).toEqual([]);
  });

  test('does not keep one Event in the way of the others for ever', async () => {
    cluster.server.inject({ verb: 'create' }, { type: 'status', code: 500 }, 12);
    say('lost');
    say('told');
    await pass(cluster, 300, () => events().length === 1);
    expect(events()[0]).toMatchObject({ message: 'told' });
  });
});

describe('without the right to create Events', () => {
  test('that is said once, and not tried again until a review allows it', async () => {
    cluster.server.deny('create', 'events');
    say('one');
    await eventually(() => warnings().length === 1);
    for (let n = 0; n < 20; n += 1) {
      say(`another ${n}`);
      await pass(cluster, 30);
    }
    expect(cluster.server.count('create')).toBe(1);
    expect(cluster.server.count('review')).toBeGreaterThan(2);
    expect(warnings()).toEqual(['event not recorded']);
    cluster.server.permit('create', 'events');
    await pass(cluster, 200);
    say('at last', 'mail');
    await eventually(() => events().length === 1);
    expect(events()[0]).toMatchObject({ message: 'at last' });
  });

  test('that is said once however many were on their way', async () => {
    cluster.server.deny('create', 'events');
    for (let n = 0; n < 40; n += 1) say('hello', `s${n}`);
    await pass(cluster, 4);
    expect(cluster.server.count('create')).toBeLessThanOrEqual(4);
    expect(warnings()).toEqual(['event not recorded']);
  });

  test('that is granted within seconds is noticed within seconds', async () => {
    cluster.server.deny('create', 'events');
    say('one');
    await eventually(() => warnings().length === 1);
    cluster.server.permit('create', 'events');
    await pass(cluster, 5);
    say('two');
    await eventually(() => events().length === 1);
    expect(events()[0]).toMatchObject({ message: 'two' });
  });
});

describe('at the end', () => {
  test('flushing waits until everything is delivered', async () => {
    for (let n = 0; n < 40; n += 1) say('bye', `s${n}`);
    await recorder.flush(seconds(5));
    expect(events()).toHaveLength(40);
    await recorder.flush(seconds(5));
    expect(cluster.clock.pending).toBe(0);
  });

  test('flushing waits no longer than allowed', async () => {
    cluster.server.inject({ verb: 'create' }, { type: 'silence' });
    say('bye');
    let flushed = false;
    const flushing = recorder.flush(seconds(1)).then(() => (flushed = true));
    await turns();
    expect(flushed).toBe(false);
    cluster.clock.advance(seconds(1));
    await flushing;
    expect(flushed).toBe(true);
  });
});
