import { expect, test } from 'vitest';
import { exportPolicy } from '../../src/runtime/bgp/index.ts';
import { RouteTable, attributesIn } from '../../src/runtime/bgp/table.ts';
import {
  advertisedPool,
  advertisement,
  announced,
  bgpConfig,
  internalPeer,
  peer,
} from '../support/bgp.ts';

const aggregated = advertisement({ aggregationLength: 24 });
const pool = advertisedPool('lan', ['198.51.100.0/24'], aggregated);
const around = { compat: 'v0.12', mode: 'native', labels: {} } as const;
const web = announced('default/web', 'lan', '198.51.100.7');
const mail = announced('default/mail', 'lan', '198.51.100.8');

function freshTable(): RouteTable {
  return new RouteTable(
    exportPolicy(bgpConfig([pool], [peer('outer'), internalPeer('inner')]), around),
  );
}

test('a prefix is told to every peer when its first Service comes, and withdrawn when the last one goes', () => {
  const table = freshTable();

  expect(table.set(web)).toMatchObject([
    { session: { peer: { name: 'outer' } }, prefix: { text: '198.51.100.0/24' } },
    { session: { peer: { name: 'inner' } }, attributes: { localPref: 0 } },
  ]);
  expect(table.set(mail)).toEqual([]);
  expect(table.delete('default/web')).toEqual([]);
  const last = table.delete('default/mail');
  expect(last.map(({ session, attributes }) => [session.peer.name, attributes])).toEqual([
    ['outer', undefined],
    ['inner', undefined],
  ]);
  expect([...table.rows()]).toEqual([]);
});

test('saying the same again changes nothing, and nothing is known of a Service that never was', () => {
  const table = freshTable();
  table.set(web);

  expect(table.set(web)).toEqual([]);
  expect(table.delete('default/other')).toEqual([]);
});

test('a Service that moves within its aggregate moves no route', () => {
  const table = freshTable();
  table.set(web);

  expect(table.set(announced('default/web', 'lan', '198.51.100.200'))).toEqual([]);
});

test('routes with the same attributes share them, so that they can be packed', () => {
  const plain = advertisedPool('lan', ['198.51.100.0/24'], advertisement());
  const twin = advertisedPool('wan', ['203.0.113.0/24'], advertisement());
  const policy = exportPolicy(bgpConfig([plain, twin], [peer('outer')]), around);
  const table = new RouteTable(policy);
  const [one] = table.set(web);
  const [other] = table.set(announced('default/mail', 'wan', '203.0.113.9'));

  expect(one?.attributes).toBeDefined();
  expect(other?.attributes).toBe(one?.attributes);
});

test('a prefix stays until the last of several addresses and pools that contribute to it is gone', () => {
  const twin = advertisedPool('wan', ['198.51.100.128/25'], aggregated);
  const policy = exportPolicy(bgpConfig([pool, twin], [peer('outer')]), around);
  const table = new RouteTable(policy);
  table.set(announced('default/web', 'lan', '198.51.100.7', '198.51.100.8'));
  table.set(announced('default/mail', 'wan', '198.51.100.200'));
  table.set(announced('default/web', 'lan', '198.51.100.8'));
  expect(table.delete('default/mail')).toEqual([]);
  table.set(announced('default/mail', 'wan', '198.51.100.200'));
  expect(table.delete('default/web')).toEqual([]);

  expect([...table.rowsOf('default/mail')]).toMatchObject([
    { prefix: { text: '198.51.100.0/24' } },
  ]);
  expect(table.delete('default/mail')).toMatchObject([{ prefix: { text: '198.51.100.0/24' } }]);
  expect([...table.rows()]).toEqual([]);
});

test('a prefix to which a Service contributes twice is one prefix of that Service', () => {
  const table = freshTable();
  table.set(announced('default/web', 'lan', '198.51.100.7', '198.51.100.8'));

  expect([...table.rowsOf('default/web')]).toHaveLength(1);
});

test('another policy has the routes of the same Services, and keeps the prefixes that others hold already', () => {
  const table = freshTable();
  table.set(web);
  const [before] = table.rows();
  const policy = exportPolicy(bgpConfig([pool], [internalPeer('inner')]), around);
  table.follow(policy, () => {});
  const [after, ...others] = table.rows();

  expect(after?.prefix).toBe(before?.prefix);
  expect(after?.verdicts).toMatchObject([{ kind: 'send', attributes: { localPref: 0 } }]);
  expect(others).toEqual([]);
});

test.each([
  ['24', { '198.51.100.0/24': [0, 50] }],
  ['32', { '198.51.100.0/24': [0, undefined], '198.51.100.7/32': [undefined, 50] }],
] as const)(
  'another policy tells of every prefix there was or is, aggregated to /%s',
  (length, told) => {
    const table = freshTable();
    table.set(web);
    const changed = advertisedPool(
      'lan',
      ['198.51.100.0/24'],
      advertisement({ aggregationLength: Number(length), localPref: 50 }),
    );
    const changes: Record<string, readonly unknown[]> = {};
    table.follow(
      exportPolicy(bgpConfig([changed], [internalPeer('inner')]), around),
      ({ text }, before, after) => {
        changes[text] = [before[1], after[0]].map((one) => attributesIn(one)?.localPref);
      },
    );

    expect(changes).toEqual(told);
  },
);
