import { describe, expect, test } from 'vitest';
import {
  ScriptedMember,
  accuse,
  alive,
  endpointOf,
  logged,
  messagesTo,
  record,
} from '../../../support/gossip/scripted-member.ts';
import type { Effect } from '../../../../src/runtime/gossip/swim/effect.ts';

const joins = (effects: readonly Effect[]): string[] =>
  effects.flatMap((effect) =>
    effect.type === 'exchange' && effect.join ? [effect.with.address] : [],
  );
const pings = (effects: readonly Effect[], node: string): number[] =>
  messagesTo(effects, node).flatMap((message) => (message.type === 'ping' ? [message.seqNo] : []));

/** Knows `b`, and has lost it. */
function bereft(): ScriptedMember {
  const a = new ScriptedMember({}, ['b']);
  a.hear(accuse('dead', 'b', 'c'), 'c');
  return a;
}

describe('a member that was lost', () => {
  test('is pinged by its name every half second, without anybody suffering', () => {
    const a = bereft();
    const effects = a.pass(10_000);
    expect(pings(effects, 'b')).toHaveLength(20);
    expect(messagesTo(effects, 'b')).toContainEqual(expect.objectContaining({ node: 'b' }));
    expect(a.swim.awareness).toBe(0);
    expect(logged(effects)).toEqual([]);
  });

  test('exchanges states as soon as it answers, and once more if it is not back then', () => {
    const a = bereft();
    const [seqNo = 0] = pings(a.pass(500), 'b');
    const { address } = endpointOf('b');
    expect(joins(a.hear({ type: 'ack', seqNo }, 'b'))).toEqual([address]);
    a.merge([record('b')], 'b');
    expect(joins(a.pass(200))).toEqual([address]);
    a.merge([record('b', 'alive', 2)], 'b');
    expect(a.view).toBe('a:alive:1 b:alive:2');
    expect(pings(a.pass(400), 'b')).toEqual([]);
  });

  test('is told of everybody when it says itself that it is back: it may have begun anew', () => {
    const a = bereft();
    a.pass(400);
    expect(joins(a.hear(alive('b', 2), 'b'))).toEqual([endpointOf('b').address]);
    expect(a.view).toBe('a:alive:1 b:alive:2');
    const other = bereft();
    expect(joins(other.hear(alive('b', 2), 'c'))).toEqual([]);
  });

  test('that answers but does not come back is left alone for longer and longer', () => {
    const a = bereft();
    const times: number[] = [];
    for (let step = 0; step < 300; step += 1) {
      const effects = a.pass(100);
      for (const seqNo of pings(effects, 'b')) {
        times.push(a.now);
        effects.push(...a.hear({ type: 'ack', seqNo }, 'b'));
      }
      if (joins(effects).length > 0) {
        a.do((swim, now) => swim.exchangeFailed(endpointOf('b'), 'refused', now));
      }
    }
    const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(pauses.slice(0, 4)).toEqual([1_000, 2_000, 4_000, 8_000]);
    expect(logged(a.effects).filter((line) => !line.startsWith('debug'))).toEqual([]);
  });

  test('is looked for also when it is forgotten otherwise', () => {
    const a = bereft();
    a.pass(40_000);
    expect(a.view).toBe('a:alive:1');
    expect(pings(a.pass(1_000), 'b')).toHaveLength(2);
  });

  test('is not asked for where another member lives now, which would complain', () => {
    const a = bereft();
    const renamed = { ...record('renamed'), endpoint: endpointOf('b') };
    a.merge([renamed], 'b');
    expect(pings(a.pass(400), 'b').length).toBeLessThanOrEqual(1);
    const asked = (effects: readonly Effect[]): boolean =>
      messagesTo(effects, 'b').some((said) => said.type === 'ping' && said.node === 'b');
    expect(asked(a.pass(3_000))).toBe(false);
    a.hear({ type: 'dead', incarnation: 1, node: 'renamed', from: 'c' }, 'c');
    expect(asked(a.pass(1_000))).toBe(true);
  });

  test('is not looked for once it comes back by itself, or is known to have left', () => {
    const a = bereft();
    a.hear(alive('b', 2), 'b');
    expect(pings(a.pass(400), 'b').length).toBeLessThanOrEqual(1);
    const other = bereft();
    other.hear(accuse('dead', 'b', 'b'), 'c');
    expect(pings(other.pass(5_000), 'b')).toEqual([]);
  });

  test('is not looked for at its old address once it is expected at another', () => {
    const a = bereft();
    a.do((swim, now) => swim.expect([{ node: 'b', endpoint: endpointOf('new') }], now));
    const effects = a.pass(2_000);
    expect(pings(effects, 'b')).toEqual([]);
    expect(pings(effects, 'new').length).toBeGreaterThan(1);
  });

  test('that nobody expects any more is given up after ten minutes', () => {
    const a = bereft();
    a.do((swim, now) => swim.expect([], now));
    a.pass(599_000);
    expect(pings(a.pass(1_000), 'b')).not.toEqual([]);
    a.pass(1_000);
    expect(pings(a.pass(5_000), 'b')).toEqual([]);
  });
});

test('of many lost members ten are pinged at a time, all in turn, and 256 are remembered', () => {
  const names = Array.from({ length: 400 }, (_, index) => `node-${index}`);
  const a = new ScriptedMember();
  a.merge(
    names.map((name) => record(name)),
    'node-1',
  );
  for (const node of names) a.hear(accuse('dead', node, 'z'), 'z');
  const pinged = new Set<string>();
  for (let round = 0; round < 26; round += 1) {
    const effects = a.pass(500);
    const nodes = effects.flatMap((effect) =>
      effect.type === 'send'
        ? effect.messages.flatMap((message) => (message.type === 'ping' ? [message.node] : []))
        : [],
    );
    expect(nodes.length).toBeLessThanOrEqual(10);
    for (const node of nodes) pinged.add(node);
  }
  expect(pinged.size).toBe(256);
  expect(pinged).not.toContain('node-0');
});

describe('where a member is expected', () => {
  test('it is pinged until it is a member; this member itself is not', () => {
    const a = new ScriptedMember();
    const where = ['a', 'b'].map((node) => ({ node, endpoint: endpointOf(node) }));
    a.do((swim, now) => swim.expect(where, now));
    const effects = a.pass(1_000);
    expect(pings(effects, 'b')).toHaveLength(2);
    expect(pings(effects, 'a')).toEqual([]);
    a.hear(alive('b'), 'b');
    expect(pings(a.pass(400), 'b').length).toBeLessThanOrEqual(1);
  });

  test('but without a name, states are exchanged, ever more seldom', () => {
    const a = new ScriptedMember();
    a.do((swim, now) => swim.expect([{ endpoint: endpointOf('b') }], now));
    const times: number[] = [];
    for (let step = 0; step < 400; step += 1) {
      if (joins(a.pass(500)).length === 0) continue;
      times.push(a.now);
      a.do((swim, now) => swim.exchangeFailed(endpointOf('b'), 'refused', now));
    }
    const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(pauses.slice(0, 7)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000]);
    expect(logged(a.effects).filter((line) => !line.startsWith('debug'))).toEqual([]);
  });

  test('one that left is let go for ten seconds, then looked for', () => {
    const a = new ScriptedMember({}, ['b']);
    a.do((swim, now) => swim.expect([{ node: 'b', endpoint: endpointOf('b') }], now));
    a.hear(accuse('dead', 'b', 'b'), 'b');
    expect(pings(a.pass(9_900), 'b')).toEqual([]);
    expect(pings(a.pass(1_000), 'b')).not.toEqual([]);
  });
});
