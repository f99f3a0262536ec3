import { describe, expect, test } from 'vitest';
import {
  ScriptedMember,
  accuse,
  alive,
  endpointOf,
  events,
  fastMeta,
  logged,
  messagesTo,
  record,
} from '../../../support/gossip/scripted-member.ts';
import type { Alive } from '../../../../src/runtime/gossip/protocol/message.ts';
import { LAN } from '../../../../src/runtime/gossip/swim/timing.ts';
import { seconds } from '../../../../src/runtime/platform/ports.ts';

test('a member is in its own ring from the beginning, and says so', () => {
  expect(events(new ScriptedMember().effects)).toEqual(['join a']);
});

describe('what is said to be alive', () => {
  test('joins, and is told on', () => {
    const a = new ScriptedMember();
    expect(events(a.hear(alive('b'), 'b'))).toEqual(['join b']);
    expect(a.view).toBe('a:alive:1 b:alive:1');
    expect(messagesTo(a.pass(200), 'b')).toContainEqual(alive('b'));
  });

  test('is old news with the incarnation that is known, or less', () => {
    const a = new ScriptedMember({}, ['b']);
    a.hear(alive('b', 3), 'b');
    a.hear(alive('b', 2, fastMeta), 'b');
    expect(events(a.hear(alive('b', 3, fastMeta), 'b'))).toEqual([]);
    expect(a.view).toBe('a:alive:1 b:alive:3');
  });

  test('changes with what it says of itself', () => {
    const a = new ScriptedMember({}, ['b']);
    expect(events(a.hear(alive('b', 2, fastMeta), 'b'))).toEqual(['update b']);
    const b = a.swim.members().find(({ node }) => node === 'b');
    expect(b?.features).toEqual({ fast: true, macs: [] });
  });

  test('listens on the port of this member where it names none', () => {
    const a = new ScriptedMember();
    const said = alive('b') as Alive;
    a.hear({ ...said, endpoint: { ...said.endpoint, port: 0 } }, 'b');
    expect(a.swim.members().map(({ endpoint: { port } }) => port)).toEqual([7946, 7946]);
  });

  test.each([
    ['versions that cannot be', { versions: [0, 5, 2, 0, 0, 0] }],
    ['too much to say of itself', { meta: new Uint8Array(513) }],
    ['an endless name', { node: 'b'.repeat(256) }],
    ['no name', { node: '' }],
    ['no life', { incarnation: 0 }],
  ])('is ignored with %s', (_, odd) => {
    const a = new ScriptedMember();
    a.hear({ ...(alive('b') as Alive), ...odd }, 'b');
    expect(a.view).toBe('a:alive:1');
  });

  const moved: Alive = { ...(alive('b', 9) as Alive), endpoint: endpointOf('elsewhere') };

  test('at another address than a live or dead member is a conflict, said once', () => {
    const a = new ScriptedMember({}, ['b']);
    const said = [...a.hear(moved, 'b'), ...a.hear(moved, 'b')];
    a.hear(accuse('dead', 'b', 'c'), 'c');
    said.push(...a.hear(moved, 'b'));
    expect(logged(said)).toEqual([
      'error memberlist: Conflicting address for b. Mine: 192.0.2.99:7946 Theirs: 192.0.2.55:7946 Old state: 0',
    ]);
    expect(a.view).toBe('a:alive:1 b:dead:1');
  });

  test('may be anywhere after it left, whatever its incarnation', () => {
    const a = new ScriptedMember({}, ['b']);
    a.hear(accuse('dead', 'b', 'b', 5), 'b');
    expect(events(a.hear({ ...moved, incarnation: 1 }, 'b'))).toEqual(['join b']);
    expect(a.view).toBe('a:alive:1 b:alive:1');
  });

  test('may take the name of a dead member once the time set for it is over', () => {
    const timing = { ...LAN, deadNodeReclaim: seconds(5) };
    const a = new ScriptedMember({ timing }, ['b']);
    a.hear(accuse('dead', 'b', 'c'), 'c');
    a.pass(4_000);
    expect(events(a.hear(moved, 'b'))).toEqual([]);
    a.pass(2_000);
    expect(events(a.hear(moved, 'b'))).toEqual(['join b']);
  });
});

describe('who is suspected', () => {
  test('counts on, until nobody has heard of it in time', () => {
    const a = new ScriptedMember({}, ['b', 'c']);
    expect(events(a.hear(accuse('suspect', 'b', 'c'), 'c'))).toEqual([]);
    expect(a.swim.members().map(({ node }) => node)).toContain('b');
    a.pass(3_999);
    expect(a.view).toContain('b:suspect:1');
    const last = a.pass(1);
    expect(events(last)).toEqual(['leave b']);
    expect(logged(last)).toContain(
      'info memberlist: Marking b as failed, suspect timeout reached (0 peer confirmations)',
    );
  });

  test('is alive again as soon as it says so with a higher incarnation', () => {
    const a = new ScriptedMember({}, ['b', 'c']);
    a.hear(accuse('suspect', 'b', 'c'), 'c');
    expect(events(a.hear(alive('b', 2), 'b'))).toEqual([]);
    expect(a.view).toContain('b:alive:2');
    expect(logged(a.pass(4_000)).filter((line) => line.includes('Marking b'))).toEqual([]);
  });

  test('is dead the sooner the more members agree', () => {
    const a = new ScriptedMember({}, ['b', 'c', 'd', 'e']);
    a.hear(accuse('suspect', 'b', 'c'), 'c');
    for (const from of ['d', 'e']) a.hear(accuse('suspect', 'b', from), from);
    expect(events(a.pass(4_000))).toContain('leave b');
  });

  test('is not suspected in a life that is over, nor if nobody knows it, nor after it is dead', () => {
    const a = new ScriptedMember({}, ['b']);
    a.hear(alive('b', 3), 'b');
    a.hear(accuse('suspect', 'b', 'c', 2), 'c');
    a.hear(accuse('suspect', 'nobody', 'c'), 'c');
    expect(a.view).toBe('a:alive:1 b:alive:3');
    a.hear(accuse('dead', 'b', 'c', 3), 'c');
    a.hear(accuse('suspect', 'b', 'c', 4), 'c');
    expect(a.view).toBe('a:alive:1 b:dead:3');
  });
});

describe('who is dead', () => {
  test('does not count, and left if it says so itself', () => {
    const a = new ScriptedMember({}, ['b', 'c']);
    expect(events(a.hear(accuse('dead', 'b', 'c'), 'c'))).toEqual(['leave b']);
    expect(events(a.hear(accuse('dead', 'c', 'c'), 'c'))).toEqual(['leave c itself']);
    expect(a.view).toBe('a:alive:1 b:dead:1 c:left:1');
    expect(a.swim.members().map(({ node }) => node)).toEqual(['a']);
  });

  test('comes back with a higher incarnation only', () => {
    const a = new ScriptedMember({}, ['b']);
    a.hear(accuse('dead', 'b', 'c', 4), 'c');
    expect(events(a.hear(alive('b', 4), 'b'))).toEqual([]);
    expect(events(a.hear(alive('b', 5), 'b'))).toEqual(['join b']);
  });

  test('is forgotten after half a minute, as is one that left', () => {
    const a = new ScriptedMember({}, ['b', 'c']);
    a.hear(accuse('dead', 'b', 'd'), 'c');
    a.hear(accuse('dead', 'c', 'c'), 'c');
    a.pass(29_000);
    expect(a.view).toBe('a:alive:1 b:dead:1 c:left:1');
    a.pass(3_000);
    expect(a.view).toBe('a:alive:1');
  });
});

describe('an accusation of this member', () => {
  test.each(['suspect', 'dead'] as const)(
    'is refuted to everybody, when it is said to be %s',
    (type) => {
      const a = new ScriptedMember({}, ['b', 'c', 'd']);
      a.hear(accuse(type, 'a', 'b', 4), 'b');
      const effects = a.pass(2_000);
      for (const node of ['c', 'd']) {
        expect(messagesTo(effects, node)).toContainEqual(
          expect.objectContaining({ type: 'alive', node: 'a', incarnation: 5 }),
        );
      }
    },
  );

  test.each(['suspect', 'dead'] as const)(
    'of being %s is refuted, to the accuser at once',
    (type) => {
      const a = new ScriptedMember({}, ['b']);
      const answer = a.hear(accuse(type, 'a', 'b', 6), 'b');
      expect(a.view).toContain('a:alive:7');
      expect(logged(answer)).toEqual([`warn memberlist: Refuting a ${type} message (from: b)`]);
      expect(messagesTo(answer, 'b')).toMatchObject([{ type: 'alive', node: 'a', incarnation: 7 }]);
      expect(a.swim.awareness).toBe(1);
    },
  );

  test('of an earlier life is old news', () => {
    const a = new ScriptedMember({}, ['b']);
    a.hear(accuse('suspect', 'a', 'b', 5), 'b');
    expect(a.hear(accuse('suspect', 'a', 'b', 5), 'b')).toEqual([]);
  });

  test('with the greatest incarnation there is does not stop it from answering others', () => {
    const a = new ScriptedMember({}, ['b']);
    a.hear(accuse('dead', 'a', 'b', 2 ** 32 - 1), 'b');
    a.hear(accuse('dead', 'a', 'b', 2 ** 32 - 2), 'b');
    expect(a.view).toContain(`a:alive:${2 ** 32 - 1}`);
    a.hear(accuse('dead', 'a', 'b', 2 ** 32 - 1), 'b');
    expect(a.view).toContain(`a:alive:${2 ** 32 - 1}`);
  });

  test('by its own name with something else to say is refuted, its own words are not', () => {
    const a = new ScriptedMember({}, ['b']);
    const own = a.swim.records().find(({ node }) => node === 'a');
    a.merge(own === undefined ? [] : [own], 'b');
    expect(a.view).toContain('a:alive:1');
    a.hear(alive('a', 1, fastMeta), 'b');
    expect(a.view).toContain('a:alive:2');
  });
});

describe('states of another member', () => {
  test('are taken over, but what it calls dead is only suspected', () => {
    const a = new ScriptedMember({}, ['c', 'd', 'e']);
    const records = [record('b'), record('c', 'dead'), record('d', 'left'), record('e', 'suspect')];
    expect(events(a.merge(records, 'b'))).toEqual(['join b', 'leave d itself']);
    expect(a.view).toBe('a:alive:1 b:alive:1 c:suspect:1 d:left:1 e:suspect:1');
  });

  test('that call this member dead are refuted, to the other at once', () => {
    const a = new ScriptedMember();
    const effects = a.merge([record('b'), record('a', 'dead', 8)], 'b');
    expect(messagesTo(effects, 'b')).toMatchObject([{ type: 'alive', node: 'a', incarnation: 9 }]);
  });

  test('make no difference when they come again', () => {
    const a = new ScriptedMember();
    const records = [record('b'), record('c', 'dead'), record('d', 'suspect', 3)];
    a.merge(records, 'b');
    const { view } = a;
    expect(events(a.merge(records, 'b'))).toEqual([]);
    expect(a.view).toBe(view);
  });

  test('are refused whole where somebody speaks what not everybody understands', () => {
    const a = new ScriptedMember();
    const strange = { ...record('c', 'suspect'), versions: [1, 5, 6, 0, 0, 0] };
    expect(logged(a.merge([record('b'), strange], 'b'))).toEqual([
      "error memberlist: Failed push/pull merge: Node 'c' protocol version (6) is incompatible: [1, 5] from=192.0.2.99:7946",
    ]);
    expect(a.view).toBe('a:alive:1');
  });

  test('are refused of a member that does not say what it speaks', () => {
    const a = new ScriptedMember();
    a.merge([record('b'), { ...record('c'), versions: [] }], 'b');
    expect(a.view).toBe('a:alive:1');
  });
});

test('more names than ten thousand are refused, which is said once', () => {
  const a = new ScriptedMember();
  const records = Array.from({ length: 10_100 }, (_, index) => record(`node-${index}`));
  expect(logged(a.merge(records, 'node-1'))).toEqual([
    'error memberlist: Too many members: those beyond 10000 are ignored',
  ]);
  expect(a.swim.members()).toHaveLength(10_000);
});
