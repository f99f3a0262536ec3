import { describe, expect, test } from 'vitest';
import { Secret } from '../../../src/runtime/model/index.ts';
import { encodeMessage } from '../../../src/runtime/gossip/protocol/codec.ts';
import {
  encodeChecksummed,
  encodeCompound,
  encodeCompressed,
} from '../../../src/runtime/gossip/protocol/container.ts';
import {
  type OpenedDatagram,
  openDatagram,
  sealDatagram,
} from '../../../src/runtime/gossip/protocol/datagram.ts';
import { Keyring, deriveKey } from '../../../src/runtime/gossip/protocol/keyring.ts';
import type { Message } from '../../../src/runtime/gossip/protocol/message.ts';
import { countingRandom } from '../../support/gossip/fixed-random.ts';
import { hex, octetsOf } from '../../support/gossip/octets.ts';

const ping: Message = { type: 'ping', seqNo: 7, node: 'worker-3' };
const pingOctets = octetsOf('0082a44e6f6465a8776f726b65722d33a55365714e6f07');
const suspect: Message = { type: 'suspect', incarnation: 3, node: 'b', from: 'a' };
const keys = new Keyring([deriveKey(new Secret('q7bGmCw4bTVsZ8QkT1xYpA'), 16)]);
const plainly = { label: '', checksum: false, random: countingRandom };
const open = (octets: Uint8Array): OpenedDatagram => openDatagram(octets, { label: '' });

describe('a datagram', () => {
  test('of one message is that message', () => {
    expect(hex(sealDatagram([ping], plainly))).toBe(hex(pingOctets));
    expect(open(pingOctets)).toEqual({ messages: [ping], dropped: [] });
  });

  test('of several is a compound of them', () => {
    const octets = sealDatagram([ping, suspect], plainly);
    const [first, second] = [encodeMessage(ping), encodeMessage(suspect)];
    expect(hex(octets)).toBe(
      `0702${[first, second].map((part) => part.length.toString(16).padStart(4, '0')).join('')}${hex(first)}${hex(second)}`,
    );
    expect(open(octets)).toEqual({ messages: [ping, suspect], dropped: [] });
  });

  test('is compressed only where that makes it smaller', () => {
    const many = Array.from({ length: 40 }, () => ping);
    const octets = sealDatagram(many, plainly);
    expect(octets[0]).toBe(9);
    expect(octets.length).toBeLessThan(encodeCompound(many.map(encodeMessage)).length);
    expect(open(octets).messages).toEqual(many);
  });

  test('carries a checksum where its receiver understands one', () => {
    const octets = sealDatagram([ping], { ...plainly, checksum: true });
    expect(hex(octets)).toBe(`0c8717101a${hex(pingOctets)}`);
    expect(open(octets).messages).toEqual([ping]);
    expect(open(Uint8Array.from(octets).with(-1, 8))).toEqual({
      messages: [],
      dropped: ['checksum'],
    });
  });

  test('is sealed with the key', () => {
    const octets = sealDatagram([ping], { ...plainly, keys });
    expect(hex(octets)).toBe(
      '01000102030405060708090a0b2c222a1f30de703a8af27096645d9a5299bf7c75dd180ca3e9287b4f23b7c8f39df55366e5e649',
    );
    expect(openDatagram(octets, { keys, label: '' }).messages).toEqual([ping]);
  });

  test('says its ring, and seals that with it', () => {
    const octets = sealDatagram([ping], { ...plainly, keys, label: 'blue' });
    expect(hex(octets.subarray(0, 6))).toBe('f404626c7565');
    expect(openDatagram(octets, { keys, label: 'blue' }).messages).toEqual([ping]);
    const relabelled = Uint8Array.from(octets).with(2, 0x63);
    expect(openDatagram(relabelled, { keys, label: 'clue' }).dropped).toEqual(['decryption']);
  });

  test('heard twice says the same twice', () => {
    const octets = sealDatagram([ping, suspect], { ...plainly, keys });
    const context = { keys, label: '' };
    expect(openDatagram(octets, context)).toEqual(openDatagram(octets, context));
  });

  test('has at least one message and at most 255', () => {
    expect(() => sealDatagram([], plainly)).toThrow(RangeError);
    expect(() =>
      sealDatagram(
        Array.from({ length: 256 }, () => ping),
        plainly,
      ),
    ).toThrow(RangeError);
  });

  test('is refused where its label is another, missing, or said in a ring without', () => {
    const labelled = sealDatagram([ping], { ...plainly, label: 'blue' });
    expect(openDatagram(labelled, { label: 'red' }).dropped).toEqual(['label']);
    expect(openDatagram(labelled, { label: 'blu' }).dropped).toEqual(['label']);
    expect(openDatagram(pingOctets, { label: 'blue' }).dropped).toEqual(['label']);
    expect(open(labelled).dropped).toEqual(['label']);
  });

  test('that is plain is refused in a ring with a key', () => {
    expect(openDatagram(pingOctets, { keys, label: '' })).toEqual({
      messages: [],
      dropped: ['decryption'],
    });
  });
});

describe('a compound', () => {
  test('is written as the original writes it', () => {
    expect(hex(encodeCompound([octetsOf('010203'), octetsOf('0405')]))).toBe(
      '0702000300020102030405',
    );
  });

  test('is nothing if its table of lengths ends early', () => {
    expect(open(octetsOf('07 02 0017 00'))).toEqual({
      messages: [],
      dropped: ['truncatedCompound'],
    });
    expect(open(octetsOf('07')).dropped).toEqual(['truncatedCompound']);
  });

  test('loses the part that runs past its end, and those behind it', () => {
    const compound = Buffer.concat([octetsOf('07 03 0017 0018 0001'), pingOctets, pingOctets]);
    expect(open(compound)).toEqual({
      messages: [ping],
      dropped: ['truncatedCompound', 'truncatedCompound'],
    });
  });

  test('loses what is malformed or unknown in it and nothing else', () => {
    const parts = ['', '0082', '0e80', '0d80', '0680'].map(octetsOf);
    expect(open(encodeCompound([...parts, pingOctets]))).toEqual({
      messages: [ping],
      dropped: ['malformed', 'malformed', 'unknownType', 'unknownType', 'unknownType'],
    });
  });
});

describe('a compressed message', () => {
  test('is written as the original writes it', () => {
    expect(hex(encodeCompressed(Buffer.from('abc'.repeat(20))))).toBe(
      '0982a4416c676f00a3427566b700c388192390e0c082080f2a34c83061c3850e230e0c08',
    );
  });

  test.each([
    ['by an algorithm that nobody knows', '09 82 a4 416c676f 01 a3 427566 a3 000302'],
    ['and broken', '09 82 a4 416c676f 00 a3 427566 a3 ffffff'],
    ['and empty', '09 80'],
  ])('is dropped if compressed %s', (_name, octets) => {
    expect(open(octetsOf(octets))).toEqual({ messages: [], dropped: ['compression'] });
  });

  test('that would come to megabytes is dropped before it does', () => {
    expect(open(encodeCompressed(new Uint8Array(2_000_000)))).toEqual({
      messages: [],
      dropped: ['oversized'],
    });
  });

  test('counts against the datagram, however many share it', () => {
    const bomb = encodeCompressed(new Uint8Array(100_000).fill(8));
    expect(open(encodeCompound([bomb, bomb, bomb, pingOctets]))).toEqual({
      messages: [{ type: 'user' }, { type: 'user' }, ping],
      dropped: ['oversized'],
    });
  });
});

describe('containers in containers', () => {
  const nest = (times: number): Uint8Array => {
    let octets: Uint8Array = pingOctets;
    for (let count = 0; count < times; count += 1) octets = encodeCompound([octets]);
    return octets;
  };

  test('are opened as deep as anybody sends them', () => {
    expect(open(encodeCompressed(nest(2))).messages).toEqual([ping]);
    expect(open(nest(5)).dropped).toEqual(['tooDeep']);
    expect(open(nest(1000)).dropped).toEqual(['tooDeep']);
  });

  test('do not make more messages than four full compounds hold', () => {
    const full = encodeCompound(
      Array.from({ length: 255 }, () => encodeMessage({ type: 'ack', seqNo: 1 })),
    );
    const opened = open(encodeCompound(Array.from({ length: 5 }, () => full)));
    expect(opened.messages).toHaveLength(1015);
    expect(opened.dropped).toContain('oversized');
  });

  test('carry a checksum on the outside only', () => {
    expect(open(encodeCompound([encodeChecksummed(pingOctets)])).dropped).toEqual(['unknownType']);
  });
});
