import { expect, test } from 'vitest';
import { ScriptedMember, endpointOf, messagesTo } from '../../../support/gossip/scripted-member.ts';
import type { IndirectPing } from '../../../../src/runtime/gossip/protocol/message.ts';

const ask: IndirectPing = {
  type: 'indirectPing',
  seqNo: 77,
  target: endpointOf('c'),
  node: 'c',
  nack: true,
};

test('a ping is answered to whom it came from, or to whom it names', () => {
  const a = new ScriptedMember({}, ['b']);
  a.pass(2_000);
  const ping = { type: 'ping', seqNo: 5, node: 'a' } as const;
  expect(messagesTo(a.hear(ping, 'b'), 'b')[0]).toEqual({ type: 'ack', seqNo: 5 });
  const source = { ...endpointOf('c'), node: 'c' };
  expect(messagesTo(a.hear({ ...ping, source }, 'b'), 'c')[0]).toEqual({ type: 'ack', seqNo: 5 });
  expect(messagesTo(a.hear({ ...ping, node: '' }, 'b'), 'b')).toHaveLength(1);
});

test('a ping for another name is not answered', () => {
  const a = new ScriptedMember();
  expect(a.hear({ type: 'ping', seqNo: 5, node: 'z' }, 'b')).toEqual([
    {
      type: 'complaint',
      level: 'warn',
      kind: 'unexpected node',
      text: "Got ping for unexpected node 'z' from=192.0.2.99:7946",
    },
  ]);
});

test('who is asked to ping another forwards its answer', () => {
  const a = new ScriptedMember();
  const [ping] = messagesTo(a.hear(ask, 'b'), 'c');
  expect(ping).toMatchObject({ type: 'ping', node: 'c' });
  const seqNo = ping?.type === 'ping' ? ping.seqNo : 0;
  expect(messagesTo(a.hear({ type: 'ack', seqNo }, 'c'), 'b')[0]).toEqual({
    type: 'ack',
    seqNo: 77,
  });
  expect(messagesTo(a.pass(600), 'b')).toEqual([]);
});

test('and says so after half a second without one, to whom wants to know', () => {
  const a = new ScriptedMember();
  a.hear(ask, 'b');
  a.hear({ ...ask, seqNo: 78, nack: false }, 'd');
  expect(messagesTo(a.pass(499), 'b')).toEqual([]);
  const late = a.pass(1);
  expect(messagesTo(late, 'b')[0]).toEqual({ type: 'nack', seqNo: 77 });
  expect(messagesTo(late, 'd')).toEqual([]);
});

test('errands are bounded', () => {
  const a = new ScriptedMember();
  let sent = 0;
  for (let seqNo = 0; seqNo < 2_000; seqNo += 1) sent += a.hear({ ...ask, seqNo }, 'b').length;
  expect(sent).toBe(1_024);
});
