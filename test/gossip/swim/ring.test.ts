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
} from '../../support/gossip/scripted-member.ts';
import { exchangeFactor } from '../../../src/runtime/gossip/swim/exchanges.ts';
import { sizeOf } from '../../../src/runtime/gossip/swim/membership/size.ts';
import { FAST, LAN } from '../../../src/runtime/gossip/swim/timing.ts';
import { seconds } from '../../../src/runtime/platform/ports.ts';

const leave = (a: ScriptedMember): ReturnType<ScriptedMember['do']> =>
  a.do((swim, now) => swim.leave(seconds(1), now));

describe('a member that leaves', () => {
  test('tells everybody of a small ring at once, and goes on answering', () => {
    const a = new ScriptedMember({}, ['b', 'c']);
    const effects = leave(a);
    expect(events(effects)).toEqual(['leave a itself']);
    for (const node of ['b', 'c']) {
      expect(messagesTo(effects, node)).toEqual([accuse('dead', 'a', 'a')]);
    }
    const ping = { type: 'ping', seqNo: 1, node: 'a' } as const;
    expect(messagesTo(a.hear(ping, 'b'), 'b')[0]).toEqual({ type: 'ack', seqNo: 1 });
    expect(a.until('leaveTold').complete).toBe(true);
    expect(a.now).toBeLessThan(1_000);
  });

  test('does not take part any more, whatever is said of it', () => {
    const a = new ScriptedMember({}, ['b']);
    leave(a);
    a.hear(alive('a', 9), 'b');
    a.hear(accuse('suspect', 'a', 'b', 9), 'b');
    a.hear(accuse('dead', 'a', 'b', 9), 'b');
    expect(a.view).toContain('a:left:1');
    const pinged = messagesTo(a.pass(60_000), 'b').filter(({ type }) => type === 'ping');
    expect(pinged).toEqual([]);
    expect(a.swim.members().map(({ node }) => node)).toEqual(['b']);
  });

  test('alone has nobody to tell', () => {
    expect(leave(new ScriptedMember())).toContainEqual({ type: 'leaveTold', complete: true });
  });

  test('waits for the time it has, at most, where news travels too slowly', () => {
    const timing = { ...LAN, gossipInterval: seconds(50) };
    const a = new ScriptedMember({ timing }, ['b']);
    a.pass(60_000);
    a.hear(alive('c'), 'c');
    leave(a);
    expect(a.until('leaveTold').complete).toBe(false);
    expect(logged(leave(a))).toEqual([]);
  });
});

describe('fast failover', () => {
  const fast = { fast: true, macs: [] };

  test('is in force while every member that counts says so, and said once a change', () => {
    const a = new ScriptedMember({ features: fast });
    expect(a.swim.timing).toBe(FAST);
    expect(logged(a.hear(alive('b', 1, fastMeta), 'b'))).toEqual([]);
    expect(a.swim.timing).toBe(FAST);
    expect(logged(a.hear(alive('c'), 'c'))).toEqual([
      'info memberlist: Failover is as usual: not every member says that it can be fast, probing every 1000ms',
    ]);
    expect(a.swim.suspicionTime).toBe(4_000);
    expect(logged(a.hear(accuse('dead', 'c', 'c'), 'c'))).toEqual([
      'info memberlist: Failover is fast: every member says that it can be fast, probing every 300ms',
    ]);
    expect(a.swim.suspicionTime).toBe(1_200);
  });

  test('is never in force for a member that does not want it', () => {
    const a = new ScriptedMember();
    a.hear(alive('b', 1, fastMeta), 'b');
    expect(a.swim.timing).not.toBe(FAST);
  });

  test('ends for a suspicion only with it', () => {
    const a = new ScriptedMember({ features: fast });
    a.hear(alive('b', 1, fastMeta), 'b');
    a.hear(accuse('suspect', 'b', 'z'), 'z');
    a.hear(alive('c'), 'c');
    expect(events(a.pass(1_200))).toEqual(['leave b']);
  });
});

describe('a member that stood still', () => {
  test('declares nobody dead that it did not hear meanwhile, before it has asked again', () => {
    const a = new ScriptedMember({}, ['b', 'c']);
    a.hear(accuse('suspect', 'b', 'c'), 'c');
    a.now = seconds(30);
    const effects = a.do((swim, now) => swim.stalled(seconds(30), now));
    expect(messagesTo(effects, 'b')).toContainEqual(accuse('suspect', 'b', 'a'));
    expect(events(a.pass(1_399))).toEqual([]);
    a.hear(alive('b', 2), 'b');
    a.pass(900);
    expect(a.view).toContain('b:alive:2');
  });

  test('notices by itself what it did not do, and drops the probes that were under way', () => {
    const a = new ScriptedMember({}, ['b']);
    a.ping('b');
    a.now = seconds(10);
    expect(events(a.pass(100))).toEqual([]);
    expect(logged(a.effects)).toEqual([]);
    expect(a.view).toContain('b:alive:1');
    expect(a.swim.awareness).toBe(2);
  });

  test('is told of one pause only once', () => {
    const a = new ScriptedMember({}, ['b']);
    a.now = seconds(10);
    a.pass(0);
    a.do((swim, now) => swim.stalled(seconds(9), now));
    expect(a.swim.awareness).toBe(2);
  });

  test('for a moment just doubts itself a little', () => {
    const a = new ScriptedMember();
    a.pass(2_000);
    a.do((swim, now) => swim.stalled(seconds(0.1), now));
    expect(a.swim.awareness).toBe(0);
    a.pass(2_000);
    a.do((swim, now) => swim.stalled(seconds(0.3), now));
    expect(a.swim.awareness).toBe(1);
  });
});

describe('news', () => {
  test('fits into datagrams, ours and those that carry something else', () => {
    const a = new ScriptedMember({ overhead: 29 });
    a.merge(
      Array.from({ length: 100 }, (_, index) => record(`node-${index}`)),
      'node-1',
    );
    let sent = 0;
    for (const effect of a.pass(3_000)) {
      if (effect.type !== 'send') continue;
      sent += 1;
      const size = effect.messages.reduce((sum, message) => sum + 2 + sizeOf(message), 2);
      expect(size + 29).toBeLessThanOrEqual(1_402);
      expect(size).toBeGreaterThan(0);
    }
    expect(sent).toBeGreaterThan(10);
  });

  test('has no checksum for those that do not understand one', () => {
    const a = new ScriptedMember();
    a.merge([{ ...record('b'), versions: [1, 4, 2, 0, 0, 0] }, record('c')], 'b');
    const checksums = a
      .pass(400)
      .flatMap((effect) => (effect.type === 'send' ? [[effect.to.address, effect.checksum]] : []));
    expect(checksums).toContainEqual([endpointOf('b').address, false]);
    expect(checksums).toContainEqual([endpointOf('c').address, true]);
  });
});

test('states are exchanged with somebody twice a minute', () => {
  const a = new ScriptedMember({}, ['b']);
  const failedStreams: number[] = [];
  for (let second = 0; second < 120; second += 1) {
    for (const effect of a.pass(1_000)) if (effect.type === 'exchange') failedStreams.push(second);
    a.hear(alive('b', 2 + second), 'b');
  }
  expect(failedStreams).toHaveLength(4);
});

test('an exchange that fails is said with the name of the member', () => {
  const a = new ScriptedMember({}, ['b']);
  const effects = a.do((swim, now) => swim.exchangeFailed(endpointOf('b'), 'i/o timeout', now));
  expect(logged(effects)).toEqual(['error memberlist: Push/Pull with b failed: i/o timeout']);
});

// memberlist-wire.md §17
test.each([
  [1, 1],
  [32, 1],
  [33, 2],
  [64, 2],
  [65, 3],
  [128, 3],
  [200, 4],
])('in a ring of %i exchanges are %i times as far apart', (members, factor) => {
  expect(exchangeFactor(members)).toBe(factor);
});

test('when another was last heard is known', () => {
  const a = new ScriptedMember();
  expect(a.swim.lastHeard).toBeUndefined();
  a.pass(700);
  a.hear({ type: 'user' }, 'a');
  expect(a.swim.lastHeard).toBeUndefined();
  a.hear({ type: 'user' }, 'b');
  expect(a.swim.lastHeard).toBe(700);
});

test.each([
  ['indirectPing', 'error memberlist: Failed to send indirect ping: no route'],
  ['ack', 'error memberlist: Failed to send ack: no route'],
  ['dead', 'error memberlist: Failed to send gossip: no route'],
  ['ping', 'debug memberlist: Failed to send ping: no route'],
] as const)('a datagram with %s that could not be sent is said', (type, line) => {
  const a = new ScriptedMember();
  const messages = {
    indirectPing: {
      type: 'indirectPing',
      seqNo: 1,
      target: endpointOf('b'),
      node: 'b',
      nack: true,
    },
    ack: { type: 'ack', seqNo: 1 },
    dead: accuse('dead', 'b', 'b'),
    ping: { type: 'ping', seqNo: 1, node: 'b' },
  } as const;
  expect(logged(a.do((swim, now) => swim.sendFailed(messages[type], 'no route', now)))).toEqual([
    line,
  ]);
});
