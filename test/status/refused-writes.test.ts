import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seconds } from '../../src/runtime/platform/ports.ts';
import { eventually } from '../support/fake-api-server/index.ts';
import { NAMESPACE, OURS, POOLS, Writing, figures } from './writing.ts';

let on: Writing;

beforeEach(async () => {
  on = await Writing.start();
});

afterEach(() => on.stop());

describe('nothing is written, and it is said in one debug line', () => {
  async function silent(reason: string): Promise<void> {
    const teal = on.add('IPAddressPool', 'teal');
    on.say(teal, 3);
    await on.pass(seconds(1));
    on.say(teal, 4);
    await on.skip(seconds(301));
    await on.pass(seconds(2));
    expect(on.writes).toBe(0);
    expect(on.cluster.logger.lines.map(({ level, fields }) => [level, fields['reason']])).toEqual([
      ['debug', expect.stringContaining(reason)],
    ]);
  }

  test('where the CRD is the original', async () => {
    on.define({});
    await silent('is not ours');
  });

  test('where the CRD has no status', async () => {
    on.define(OURS, {});
    await silent('no status');
  });

  test('where there is no CRD by that name', async () => {
    await silent('there is no CRD');
  });

  test('where the right to read the CRD is missing, which is not tried', async () => {
    on.define();
    on.cluster.server.deny('get', 'customresourcedefinitions');
    await silent('no right to get');
    expect(on.cluster.server.count('get', 'customresourcedefinitions')).toBe(0);
  });

  test('where the right to write a status is missing, which is not tried', async () => {
    on.define();
    on.cluster.server.deny('patch', POOLS);
    await silent('no right to patch ipaddresspools/status');
  });
});

test('a CRD that becomes ours is found within minutes', async () => {
  on.define({});
  const teal = on.add('IPAddressPool', 'teal');
  on.say(teal, 3);
  await on.pass(seconds(1));
  const store = on.cluster.server.store;
  const crd = store.get('customresourcedefinitions', 'ipaddresspools.metallb.io')!;
  const metadata = { ...crd.metadata, annotations: OURS };
  store.replace('customresourcedefinitions', { ...crd, metadata });
  await on.skip(seconds(300));
  await on.pass(seconds(2));
  expect(on.stored('teal')?.['status']).toMatchObject(figures(3));
});

describe('a server that refuses', () => {
  test('for a while is left alone longer and longer, and told in the end', async () => {
    on.define();
    const teal = on.add('IPAddressPool', 'teal');
    on.cluster.server.inject({ verb: 'patch', resource: POOLS }, { type: 'status', code: 503 }, 6);
    on.say(teal, 3);
    await on.pass(seconds(4));
    expect(on.writes).toBeLessThanOrEqual(4);
    await eventually(() => {
      on.cluster.clock.advance(seconds(1));
      return on.stored('teal')?.['status'] !== undefined;
    });
    expect(on.writes).toBe(7);
    const warnings = on.cluster.logger.lines.filter(({ level }) => level === 'warn');
    expect(warnings).toHaveLength(1);
  });

  test('a status as invalid is asked again only after minutes', async () => {
    on.define();
    const teal = on.add('IPAddressPool', 'teal');
    on.cluster.server.inject({ verb: 'patch', resource: POOLS }, { type: 'status', code: 422 });
    on.say(teal, 3);
    await on.pass(seconds(10));
    on.say(teal, 4);
    await on.pass(seconds(10));
    expect(on.writes).toBe(1);
    await on.skip(seconds(300));
    await on.pass(seconds(2));
    expect(on.stored('teal')?.['status']).toMatchObject(figures(4));
  });

  test('since the object is gone is not asked again', async () => {
    on.define();
    const teal = on.add('IPAddressPool', 'teal');
    on.cluster.server.store.delete(POOLS, `${NAMESPACE}/teal`);
    on.say(teal, 3);
    await on.pass(seconds(5));
    expect(on.writes).toBe(1);
    expect(on.cluster.logger.lines).toEqual([]);
  });
});

test('an object that was deleted and made anew is written anew', async () => {
  on.define();
  const teal = on.add('IPAddressPool', 'teal');
  on.say(teal, 3);
  await on.pass(seconds(2));
  on.cluster.server.store.delete(POOLS, `${NAMESPACE}/teal`);
  on.objects.length = 0;
  on.say(on.add('IPAddressPool', 'teal'), 3);
  await on.pass(seconds(2));
  expect(on.stored('teal')?.['status']).toMatchObject(figures(3));
});
