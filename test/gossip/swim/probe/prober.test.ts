import { describe, expect, test } from 'vitest';
import {
  ScriptedMember,
  accuse,
  alive,
  logged,
  messagesTo,
} from '../../../support/gossip/scripted-member.ts';
import { LAN } from '../../../../src/runtime/gossip/swim/timing.ts';

const failed = (node: string): string =>
  `info memberlist: Suspect ${node} has failed, no acks received`;

describe('a probe', () => {
  test('that is answered in time says that both are well', () => {
    const a = new ScriptedMember({}, ['b']);
    a.hear(accuse('suspect', 'a', 'b'), 'b');
    const { seqNo } = a.ping('b');
    a.hear({ type: 'ack', seqNo }, 'b');
    expect(a.swim.awareness).toBe(0);
    expect(logged(a.pass(900))).toEqual([]);
  });

  test('that nobody answers goes round by others and over a stream, and ends in suspicion', () => {
    const a = new ScriptedMember({}, ['b', 'c', 'd']);
    const { node, seqNo } = a.ping();
    const others = ['b', 'c', 'd'].filter((other) => other !== node);
    const round = a.pass(500);
    for (const other of others) {
      expect(messagesTo(round, other)).toContainEqual(
        expect.objectContaining({ type: 'indirectPing', seqNo, node, nack: true }),
      );
    }
    expect(round).toContainEqual(
      expect.objectContaining({ type: 'probeStream', node, seqNo, within: 500 }),
    );
    for (const other of others) a.hear({ type: 'nack', seqNo }, other);
    expect(logged(a.pass(500))).toContain(failed(node));
    expect(a.view).toContain(`${node}:suspect:1`);
    expect(a.swim.awareness).toBe(0);
  });

  test('makes this member doubt itself by each helper that is silent, too', () => {
    const a = new ScriptedMember({}, ['b', 'c', 'd']);
    const { seqNo } = a.ping();
    a.pass(500);
    a.hear({ type: 'nack', seqNo }, 'c');
    a.hear({ type: 'nack', seqNo }, 'c');
    a.hear({ type: 'nack', seqNo }, 'c');
    a.pass(500);
    expect(a.swim.awareness).toBe(0);
    const next = a.ping();
    expect(next.seqNo).not.toBe(seqNo);
    a.pass(1_000);
    expect(a.swim.awareness).toBeGreaterThan(0);
  });

  test('that nobody can help with makes it doubt itself, and wait longer the next time', () => {
    const a = new ScriptedMember({}, ['b']);
    a.ping('b');
    a.pass(1_000);
    expect(a.swim.awareness).toBe(1);
    expect(a.pass(500)).toContainEqual(
      expect.objectContaining({ type: 'probeStream', within: 1_500 }),
    );
  });

  test('that a stream answers, only, is a misconfigured network', () => {
    const a = new ScriptedMember({}, ['b']);
    const { seqNo } = a.ping('b');
    a.pass(600);
    expect(a.do((swim, now) => swim.streamProbed(seqNo, 'answered', now))).toEqual([]);
    expect(logged(a.pass(400))).toEqual([
      'warn memberlist: Was able to connect to b but other probes failed, network may be misconfigured',
    ]);
    expect(a.view).toContain('b:alive:1');
  });

  test('is over at once where the host says that nobody listens there', () => {
    const a = new ScriptedMember({}, ['b']);
    const { seqNo } = a.ping('b');
    a.pass(501);
    const effects = a.do((swim, now) => swim.streamProbed(seqNo, 'refused', now));
    expect(logged(effects)).toEqual([failed('b')]);
    expect(a.swim.awareness).toBe(0);
  });

  test('that could not be sent says nothing about the other', () => {
    const a = new ScriptedMember({}, ['b']);
    const { node, seqNo } = a.ping('b');
    const ping = { type: 'ping', seqNo, node } as const;
    expect(logged(a.do((swim, now) => swim.sendFailed(ping, 'no buffer', now)))).toEqual([
      'error memberlist: Failed to send ping: no buffer',
    ]);
    expect(logged(a.pass(900))).toEqual([]);
    expect(a.view).toContain('b:alive:1');
  });

  test('of a suspect tells it so, that it can refute at once', () => {
    const a = new ScriptedMember({}, ['b', 'c']);
    a.hear(accuse('suspect', 'b', 'c', 1), 'c');
    const { messages, checksum } = a.until('send', ({ messages: [first] }) => {
      return first?.type === 'ping' && first.node === 'b';
    });
    expect(messages.slice(1)).toEqual([accuse('suspect', 'b', 'a')]);
    expect(checksum).toBe(true);
  });

  test('does not accuse who came to a new life meanwhile', () => {
    const a = new ScriptedMember({}, ['b']);
    a.ping('b');
    a.pass(700);
    a.hear(alive('b', 2), 'b');
    expect(logged(a.pass(300))).toEqual([]);
    expect(a.view).toContain('b:alive:2');
  });
});

test('everybody is probed in turn, one a second', () => {
  const others = ['b', 'c', 'd', 'e', 'f'];
  const a = new ScriptedMember({}, others);
  const turns = others.map(() => {
    const { node, seqNo } = a.ping();
    a.hear({ type: 'ack', seqNo }, node);
    return node;
  });
  expect(turns.sort()).toEqual(others);
});

test('with more probes at a time, nobody is probed twice at once', () => {
  const a = new ScriptedMember({ timing: LAN }, ['b', 'c', 'd', 'e']);
  const first = a.ping();
  const started = a.effects.length;
  a.pass(999);
  const pinged = a.effects
    .slice(started - 3)
    .flatMap((effect) => (effect.type === 'send' ? effect.messages : []))
    .flatMap((message) => (message.type === 'ping' ? [message.node] : []));
  expect(new Set(pinged).size).toBe(pinged.length);
  expect(pinged).toContain(first.node);
  expect(pinged).toHaveLength(3);
});
