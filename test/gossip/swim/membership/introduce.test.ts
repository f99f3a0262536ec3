import { expect, test } from 'vitest';
import { Laws } from '../../../support/gossip/laws.ts';
import {
  ScriptedMember,
  alive,
  messagesTo,
  record,
} from '../../../support/gossip/scripted-member.ts';
import { VirtualRing } from '../../../support/gossip/virtual-ring.ts';

test('a member that asks to join is made known at once to all who were there, not to itself', () => {
  const a = new ScriptedMember({}, ['b', 'c']);
  const effects = a.merge([record('d')], 'd');
  for (const node of ['b', 'c']) expect(messagesTo(effects, node)).toEqual([alive('d')]);
  expect(messagesTo(effects, 'd')).toEqual([]);
});

test('a member whose former life was known makes its new one known to all at once', () => {
  const a = new ScriptedMember({}, ['b', 'c']);
  const effects = a.merge([record('b'), record('a', 'left', 4)], 'b');
  const [own] = messagesTo(effects, 'c');
  expect(own).toMatchObject({ type: 'alive', node: 'a', incarnation: 5 });
  expect(messagesTo(effects, 'b')).toContainEqual(own);
});

test('in rings of more than 16 gossip is left to do so', () => {
  const others = Array.from({ length: 16 }, (_, index) => `node-${index}`);
  const a = new ScriptedMember({}, others);
  const effects = a.merge([record('d'), record('a', 'left', 4)], 'd');
  expect(effects.filter(({ type }) => type === 'send')).toHaveLength(1);
});

test('whoever comes to a ring of six, or comes back, counts for all within a tenth of a second', () => {
  for (let seed = 1; seed <= 100; seed += 1) {
    const ring = new VirtualRing({ seed, members: 6 });
    const laws = new Laws(ring);
    const known = ring.members.slice(0, 3);
    for (const member of known) member.start();
    for (const member of known.slice(1)) member.join(known);
    ring.pass(10_000);
    for (const member of ring.members.slice(3)) {
      member.start();
      member.join(known);
      ring.pass(100);
      expect(laws.disagreements(), `seed ${seed}`).toEqual([]);
    }
    const last = ring.member(5);
    last.leave();
    ring.pass(2_000);
    last.start();
    last.join(known);
    ring.pass(100);
    expect(laws.disagreements(), `seed ${seed}`).toEqual([]);
  }
});
