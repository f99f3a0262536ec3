import { describe, expect, test } from 'vitest';
import { ipFromBytes } from '../../../src/runtime/net/index.ts';
import { decodeMessage, encodeMessage } from '../../../src/runtime/gossip/protocol/codec.ts';
import type { Message } from '../../../src/runtime/gossip/protocol/message.ts';
import { hex, octetsOf } from '../../support/gossip/octets.ts';

const endpoint = { address: ipFromBytes(Uint8Array.of(10, 20, 30, 40)), port: 7946 };
const versions = [1, 5, 2, 0, 0, 0];
const longName = 'a-node-name-longer-than-thirty-two-characters.example';
const meta = new Uint8Array();

/** memberlist-wire.md §20 */
const VECTORS: readonly [name: string, message: Message, encoded: string][] = [
  [
    'a ping',
    { type: 'ping', seqNo: 7, node: 'worker-3' },
    '0082a44e6f6465a8776f726b65722d33a55365714e6f07',
  ],
  [
    'a ping with a long name',
    { type: 'ping', seqNo: 70_000, node: longName },
    '0082a44e6f6465da0035612d6e6f64652d6e616d652d6c6f6e6765722d7468616e2d7468697274792d74776f2d636861726163746572732e6578616d706c65a55365714e6fce00011170',
  ],
  [
    'an indirect ping',
    { type: 'indirectPing', seqNo: 300, target: endpoint, node: 'worker-3', nack: true },
    '0185a44e61636bc3a44e6f6465a8776f726b65722d33a4506f7274cd1f0aa55365714e6fcd012ca6546172676574a40a141e28',
  ],
  ['an ack', { type: 'ack', seqNo: 7 }, '0282a75061796c6f6164c0a55365714e6f07'],
  ['a nack', { type: 'nack', seqNo: 128 }, '0b81a55365714e6fcc80'],
  [
    'a suspicion',
    { type: 'suspect', incarnation: 3, node: 'worker-3', from: 'worker-1' },
    '0383a446726f6da8776f726b65722d31ab496e6361726e6174696f6e03a44e6f6465a8776f726b65722d33',
  ],
  [
    'a member alive',
    { type: 'alive', incarnation: 1, node: 'worker-3', endpoint, meta, versions },
    '0486a441646472a40a141e28ab496e6361726e6174696f6e01a44d657461c0a44e6f6465a8776f726b65722d33a4506f7274cd1f0aa356736ea6010502000000',
  ],
  [
    'a leave',
    { type: 'dead', incarnation: 70_000, node: 'worker-3', from: 'worker-3' },
    '0583a446726f6da8776f726b65722d33ab496e6361726e6174696f6ece00011170a44e6f6465a8776f726b65722d33',
  ],
];

describe('a message', () => {
  test.each(VECTORS)('%s is written as the original writes it', (_name, message, encoded) => {
    expect(hex(encodeMessage(message))).toBe(encoded);
  });

  test.each(VECTORS)('%s is read back', (_name, message, encoded) => {
    expect(decodeMessage(octetsOf(encoded))).toEqual(message);
  });

  test.each<[name: string, encoded: string]>([
    ['its keys in another order', '00 82 a5 5365714e6f 07 a4 4e6f6465 a8 776f726b65722d33'],
    [
      'keys that nobody knows, of any type, nested values behind them',
      '00 86 a4 4e6f6465 a8 776f726b65722d33 a1 78 93 01 82 a1 61 c2 02 cb 3ff0000000000000 90 a1 79 d4 0102 07 c0 c0 dc0001 a0 a5 5365714e6f 07',
    ],
    ['text as str8', '00 82 d904 4e6f6465 d908 776f726b65722d33 a5 5365714e6f 07'],
    ['text as bin8', '00 82 c404 4e6f6465 c408 776f726b65722d33 a5 5365714e6f 07'],
    ['text as bin16', '00 82 a4 4e6f6465 c50008 776f726b65722d33 a5 5365714e6f 07'],
    ['text as bin32', '00 82 a4 4e6f6465 c600000008 776f726b65722d33 a5 5365714e6f 07'],
    ['text as raw32', '00 82 a4 4e6f6465 db00000008 776f726b65722d33 a5 5365714e6f 07'],
    ['an integer of 16 bits', '00 82 a4 4e6f6465 a8 776f726b65722d33 a5 5365714e6f cd0007'],
    [
      'an integer of 64 bits',
      '00 82 a4 4e6f6465 a8 776f726b65722d33 a5 5365714e6f cf0000000000000007',
    ],
    ['a signed integer', '00 82 a4 4e6f6465 a8 776f726b65722d33 a5 5365714e6f d007'],
    [
      'a signed integer of 64 bits',
      '00 82 a4 4e6f6465 a8 776f726b65722d33 a5 5365714e6f d30000000000000007',
    ],
    ['a map of 16 bits', '00 de0002 a4 4e6f6465 a8 776f726b65722d33 a5 5365714e6f 07'],
    [
      'a key twice, of which the last counts',
      '00 83 a5 5365714e6f 01 a4 4e6f6465 a8 776f726b65722d33 a5 5365714e6f 07',
    ],
    ['octets after it', '00 82 a4 4e6f6465 a8 776f726b65722d33 a5 5365714e6f 07 ffff'],
  ])('is read with %s', (_name, encoded) => {
    expect(decodeMessage(octetsOf(encoded))).toEqual({ type: 'ping', seqNo: 7, node: 'worker-3' });
  });

  test('is read with everything missing as zero', () => {
    expect(decodeMessage(octetsOf('05 80'))).toEqual({
      type: 'dead',
      incarnation: 0,
      node: '',
      from: '',
    });
    expect(decodeMessage(octetsOf('05 81 a4 4e6f6465 c0'))).toMatchObject({ node: '' });
  });

  test('keeps the sixteen octets of an IPv4-mapped address, which is another address to members', () => {
    const mapped = `04 82 a4 41646472 b0 00000000000000000000ffff0a141e28 a4 506f7274 cd1f0a`;
    const alive = decodeMessage(octetsOf(mapped));
    expect(alive).toMatchObject({ endpoint: { port: 7946 } });
    expect(alive).not.toMatchObject({ endpoint });
    expect(hex(encodeMessage(alive!))).toContain('b000000000000000000000ffff0a141e28');
  });

  test('says who probes, where it says so, as releases from 0.2.0 on do', () => {
    const ping: Message = {
      type: 'ping',
      seqNo: 1,
      node: 'b',
      source: { ...endpoint, node: 'a' },
    };
    const encoded =
      '0085a44e6f6465a162a55365714e6f01aa536f7572636541646472a40a141e28aa536f757263654e6f6465a161aa536f75726365506f7274cd1f0a';
    expect(hex(encodeMessage(ping))).toBe(encoded);
    expect(decodeMessage(octetsOf(encoded))).toEqual(ping);
  });

  test('says what it says of itself', () => {
    const alive: Message = {
      type: 'alive',
      incarnation: 2 ** 32 - 1,
      node: 'nœud',
      endpoint,
      meta: Uint8Array.of(0, 255, 0),
      versions: [],
    };
    expect(decodeMessage(encodeMessage(alive))).toEqual(alive);
    expect(hex(encodeMessage(alive))).toContain('a44d657461a300ff00');
  });

  test('keeps nothing of the buffer that it came in', () => {
    const alive: Message = {
      type: 'alive',
      incarnation: 1,
      node: 'worker-3',
      endpoint,
      meta: Uint8Array.of(1, 2, 3),
      versions,
    };
    const buffer = Buffer.from(encodeMessage(alive));
    const heard = decodeMessage(buffer);
    buffer.fill(0);
    expect(heard).toEqual(alive);
  });

  test('of a type that datagrams do not carry is none', () => {
    expect(decodeMessage(octetsOf('06 80'))).toBeUndefined();
    expect(decodeMessage(octetsOf(''))).toBeUndefined();
  });
});
