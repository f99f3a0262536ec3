import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Binding, Listener, Stream } from '../../src/runtime/gossip/network.ts';
import { encodeMessage } from '../../src/runtime/gossip/protocol/codec.ts';
import type { Alive, Message } from '../../src/runtime/gossip/protocol/message.ts';
import type { IpAddress } from '../../src/runtime/net/index.ts';
import { millis, seconds } from '../../src/runtime/platform/ports.ts';
import { type TestMember, TestRing } from '../support/gossip-ring.ts';

const elsewhere = (node: string, count: number): Alive => ({
  ...{ type: 'alive', incarnation: 1, node, meta: new Uint8Array() },
  endpoint: { address: '192.0.2.99' as IpAddress, port: count },
  versions: [1, 5, 2, 0, 0, 0],
});

describe('a member among strangers', () => {
  let ring: TestRing;
  let one: TestMember;
  let two: TestMember;
  let stranger: Binding;
  let heard: Uint8Array[];
  let asked: number;

  beforeEach(async () => {
    ring = new TestRing();
    one = ring.member('node-1');
    two = ring.member('node-2');
    asked = 0;
    heard = [];
    const listener: Listener = {
      ...{ turnedAway: () => {}, trouble: () => {} },
      stream: () => (asked += 1),
      datagram: (octets) => heard.push(octets),
    };
    const at = { address: '192.0.2.66' as IpAddress, port: 7946 };
    stranger = await ring.network.bind(at, listener, { streamLimit: seconds(9), maxStreams: 9 });
    await ring.pass(millis(10));
  });

  const throwAt = (octets: Uint8Array): void =>
    stranger.send(octets, one.target.endpoint, () => {});
  const dial = (): Promise<Stream> => stranger.dial(one.target.endpoint, seconds(60));

  test('counts garbage by kind, and says each kind once in ten seconds', async () => {
    for (let count = 0; count < 30; count += 1) {
      throwAt(Uint8Array.of(99, count));
      throwAt(Uint8Array.of(7, 9, count));
      await ring.pass(millis(20));
    }
    expect([one.counted('unknownType'), one.counted('truncatedCompound')]).toEqual([30, 30]);
    expect([one.said('not supported'), one.said('truncated messages')]).toEqual([1, 1]);
    await ring.pass(seconds(10));
    throwAt(Uint8Array.of(99, 1));
    await ring.pass(millis(20));
    expect(one.logger.lines).toContainEqual(
      expect.objectContaining({ fields: expect.objectContaining({ unsaid: 29 }) as unknown }),
    );
  });

  test('looks at so much of a flood at a time, throws away the rest, and still answers', async () => {
    await ring.join(two, one.target);
    for (let count = 0; count < 5_000; count += 1) throwAt(Uint8Array.of(99, 0));
    await new Promise(setImmediate);
    expect(one.counted('datagrams in')).toBeGreaterThan(4_900);
    expect(one.counted('unknownType')).toBeLessThanOrEqual(64);
    await ring.pass(seconds(10));
    expect(one.counted('overflow')).toBeGreaterThan(3_000);
    expect([one.members, two.members].flat()).toHaveLength(4);
    expect(two.events).not.toContain('leave node-1');
  });

  test.each<[string, string, (count: number) => Message]>([
    [
      'that it failed',
      'Refuting a dead message',
      (incarnation) => ({ type: 'dead', incarnation, node: 'node-1', from: 'node-9' }),
    ],
    [
      'that it is suspect',
      'Refuting a suspect message',
      (incarnation) => ({ type: 'suspect', incarnation, node: 'node-1', from: 'node-9' }),
    ],
    [
      'to somebody else',
      'unexpected node',
      (seqNo) => ({ type: 'ping', seqNo, node: `node-${seqNo}` }),
    ],
    [
      'that a member of its name is elsewhere',
      'Conflicting address',
      (count) => elsewhere('node-1', count),
    ],
    [
      'of versions that cannot be',
      'protocol version(s) are wrong',
      (count) => ({ ...elsewhere(`node-${count}`, count), versions: [0, 0, 0, 0, 0, 0] }),
    ],
  ])('told %s a thousand times, it says so ten times in ten seconds', async (_, said, make) => {
    await ring.join(two, one.target);
    for (let count = 100; count < 1_100; count += 1) {
      throwAt(encodeMessage(make(count)));
      if (count % 50 === 0) await ring.pass(millis(10));
    }
    await ring.pass(seconds(1));
    expect(one.said(said)).toBe(10);
    await ring.pass(seconds(10));
    throwAt(encodeMessage(make(9_000)));
    await ring.pass(millis(20));
    expect(one.logger.lines.at(-1)?.fields).toMatchObject({ unsaid: 990 });
  });

  test('answers a ping, unless it is for somebody else', async () => {
    throwAt(encodeMessage({ type: 'ping', seqNo: 8, node: 'node-9' }));
    throwAt(encodeMessage({ type: 'ping', seqNo: 9, node: 'node-1' }));
    await ring.until('answered', () => heard.length > 0);
    await ring.pass(seconds(1));
    expect(heard.map((octets) => Buffer.from(octets).includes(9))).toEqual([true]);
    expect(one.said("unexpected node 'node-9'")).toBe(1);
  });

  test('asks whoever remembers its former life, once in half a second', async () => {
    for (let incarnation = 1; incarnation < 20; incarnation += 1) {
      throwAt(encodeMessage({ type: 'dead', incarnation, node: 'node-1', from: 'node-9' }));
    }
    await ring.pass(millis(400));
    expect(asked).toBe(1);
    throwAt(encodeMessage({ type: 'dead', incarnation: 99, node: 'node-1', from: 'node-9' }));
    await ring.pass(millis(200));
    throwAt(encodeMessage({ type: 'dead', incarnation: 999, node: 'node-1', from: 'node-9' }));
    await ring.pass(millis(200));
    expect(asked).toBe(2);
    expect(one.members).toEqual(['node-1']);
  });

  test('answers the first message of a stream, however it is cut, and ends', async () => {
    const stream = await dial();
    for (const octet of encodeMessage({ type: 'ping', seqNo: 7, node: 'node-1' })) {
      await stream.write(Uint8Array.of(octet));
    }
    const answer = await stream.read();
    // Compressed, as the original answers.
    expect(answer?.[0]).toBe(9);
    expect(await stream.read()).toBeUndefined();
  });

  test('tells a stranger that sends what cannot be read nothing, and counts it', async () => {
    const stream = await dial();
    await stream.write(Uint8Array.of(6, 0xff, 0xff, 0xff));
    expect(await stream.read()).toBeUndefined();
    expect(one.counted('malformed')).toBe(1);
  });

  test('does not count one who only looks whether the port is open', async () => {
    const stream = await dial();
    stream.close();
    await ring.pass(millis(50));
    expect(one.said('failed to receive')).toBe(0);
    expect(one.counted('truncated')).toBe(0);
  });

  test('ends a stream on which nothing is said for ten seconds', async () => {
    const stream = await dial();
    const over = vi.fn();
    void stream.read().then(over, over);
    await ring.pass(seconds(9));
    expect(over).not.toHaveBeenCalled();
    await ring.pass(seconds(2));
    expect(over).toHaveBeenCalled();
    expect(one.counted('broken')).toBe(1);
  });

  test('turns away more than 128 streams at once, and serves again when they are over', async () => {
    const many = await Promise.all(Array.from({ length: 140 }, () => dial()));
    await ring.pass(millis(20));
    expect([one.counted('streams in'), one.counted('overflow')]).toEqual([128, 12]);
    for (const stream of many) stream.destroy();
    await ring.pass(millis(20));
    expect(await ring.join(two, one.target)).toMatchObject({ joined: 1 });
  });
});
