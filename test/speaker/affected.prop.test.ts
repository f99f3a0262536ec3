import fc from 'fast-check';
import { expect, test } from 'vitest';
import { elect } from '../../src/runtime/layer2/index.ts';
import {
  type Lead,
  type Load,
  affectedBy,
  mostLoadedFirst,
} from '../../src/runtime/speaker/affected.ts';
import type { Members } from '../../src/runtime/speaker/index.ts';

const NODES = ['alpha', 'bravo', 'charlie', 'delta', 'echo', 'foxtrot', 'golf'];
const someNodes = fc.uniqueArray(fc.constantFrom(...NODES));

/** A Service by its subject and the nodes that may announce it, whoever is a member. */
const contests = fc.array(fc.record({ subject: fc.ipV4(), eligible: someNodes }), {
  minLength: 1,
  maxLength: 12,
});

function leaderOf(
  { subject, eligible }: { subject: string; eligible: readonly string[] },
  members: readonly string[],
): string | undefined {
  const candidates = eligible.filter((node) => members.includes(node));
  return elect(candidates, subject);
}

test('a Service that is not looked at again has the leader it had, whoever came and went', () => {
  fc.assert(
    fc.property(contests, someNodes, someNodes, (services, before, after) => {
      const leads = new Map<string, Lead>(
        services.map((each, index) => [
          `default/${index}`,
          { subject: each.subject, leader: leaderOf(each, before) },
        ]),
      );
      const affected = affectedBy(known(before), known(after), leads);
      expect(affected).not.toBe('all');
      const left = services.filter((_each, index) => !affected.includes(`default/${index}`));
      for (const each of left) expect(leaderOf(each, after)).toBe(leaderOf(each, before));
    }),
  );
});

test('of many Services only those that the lost node led are looked at again', () => {
  const subjects = Array.from({ length: 200 }, (_each, index) => `192.0.2.${index}`);
  const leads = new Map(
    subjects.map((subject) => [subject, { subject, leader: elect(NODES, subject) }]),
  );
  const after = NODES.filter((node) => node !== 'charlie');
  const led = subjects.filter((subject) => elect(NODES, subject) === 'charlie');
  expect(led.length).toBeGreaterThan(10);
  expect(affectedBy(known(NODES), known(after), leads)).toEqual(led);
});

test('of many Services only those that a new node takes over are looked at again', () => {
  const subjects = Array.from({ length: 200 }, (_each, index) => `192.0.2.${index}`);
  const before = NODES.filter((node) => node !== 'charlie');
  const leads = new Map(
    subjects.map((subject) => [subject, { subject, leader: elect(before, subject) }]),
  );
  const taken = subjects.filter((subject) => elect(NODES, subject) === 'charlie');
  expect(affectedBy(known(before), known(NODES), leads)).toEqual(taken);
});

test.each<[name: string, before: Members, after: Members]>([
  ['the members become known', { kind: 'pending' }, known(NODES)],
  ['the members cannot be known any more', known(NODES), { kind: 'unknown' }],
  ['this speaker is isolated', known(NODES), { kind: 'isolated' }],
  ['this speaker is not isolated any more', { kind: 'isolated' }, known(NODES)],
])('every Service is looked at again once %s', (_name, before, after) => {
  expect(affectedBy(before, after, new Map())).toBe('all');
});

const loads = fc.dictionary(
  fc.string({ minLength: 1 }),
  fc.record({ services: fc.nat(4), endpoints: fc.nat(4) }),
);

test('a Service never waits for one on which less hangs', () => {
  fc.assert(
    fc.property(loads, (table) => {
      const loadOf = (key: string): Load => table[key] ?? { services: 0, endpoints: 0 };
      const order = mostLoadedFirst(Object.keys(table), loadOf).map(loadOf);
      expect(order).toHaveLength(Object.keys(table).length);
      for (const [index, load] of order.entries()) {
        const next = order[index + 1];
        if (next === undefined) break;
        expect(load.services).toBeGreaterThanOrEqual(next.services);
        if (load.services === next.services) {
          expect(load.endpoints).toBeGreaterThanOrEqual(next.endpoints);
        }
      }
    }),
  );
});

function known(nodes: readonly string[]): Members {
  return { kind: 'known', nodes: new Set(nodes), gossiped: true };
}
