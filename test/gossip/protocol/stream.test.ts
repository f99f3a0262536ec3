import { describe, expect, test } from 'vitest';
import { ipFromBytes } from '../../../src/runtime/net/index.ts';
import { Secret } from '../../../src/runtime/model/index.ts';
import { encodeCompressed } from '../../../src/runtime/gossip/protocol/container.ts';
import { Keyring, deriveKey } from '../../../src/runtime/gossip/protocol/keyring.ts';
import type {
  MemberRecord,
  PushPull,
  StreamMessage,
} from '../../../src/runtime/gossip/protocol/message.ts';
import { encodeStream } from '../../../src/runtime/gossip/protocol/stream/encode.ts';
import {
  type StreamOutcome,
  StreamReader,
} from '../../../src/runtime/gossip/protocol/stream/reader.ts';
import { countingRandom } from '../../support/gossip/fixed-random.ts';
import { hex, octetsOf } from '../../support/gossip/octets.ts';

const keys = new Keyring([deriveKey(new Secret('q7bGmCw4bTVsZ8QkT1xYpA'), 16)]);
const otherKeys = new Keyring([deriveKey(new Secret('another'), 16)]);
const plainly = { label: '', side: 'dialing', random: countingRandom } as const;
const accepting = { label: '', side: 'accepting' } as const;

const record: MemberRecord = {
  node: 'worker-3',
  endpoint: { address: ipFromBytes(Uint8Array.of(10, 20, 30, 40)), port: 7946 },
  meta: new Uint8Array(),
  incarnation: 2,
  state: 'suspect',
  versions: [1, 5, 2, 0, 0, 0],
};
const HEADER = '0683a44a6f696ec3a54e6f64657302ac5573657253746174654c656e00';
const MEMBER =
  '87a441646472a40a141e28ab496e6361726e6174696f6e02a44d657461c0a44e616d65a8776f726b65722d33a4506f7274cd1f0aa5537461746501a356736ea6010502000000';
const two: PushPull = { type: 'pushPull', join: true, records: [record, record] };

type StreamSide = ConstructorParameters<typeof StreamReader>[0];
type Refusal = Omit<StreamOutcome & { kind: 'refused' }, 'kind'>;
const undecipherable: Refusal = {
  reason: 'decryption',
  answer: 'No installed keys could decrypt the message',
};

/** All octets at once, and then nothing. */
function read(octets: Uint8Array, context: StreamSide = accepting): StreamOutcome {
  const reader = new StreamReader(context);
  return reader.feed(octets) ?? reader.end();
}

const said = (message: StreamMessage): StreamOutcome => ({ kind: 'message', message });

describe('a stream', () => {
  test('carries every member that one side knows, as the original writes them', () => {
    const octets = octetsOf(HEADER + MEMBER + MEMBER);
    expect(hex(encodeStream(two, plainly))).toBe(hex(encodeCompressed(octets)));
    expect(read(octets)).toEqual(said(two));
    expect(read(encodeStream(two, plainly))).toEqual(said(two));
  });

  test.each<[name: string, message: StreamMessage, plain: string]>([
    [
      'a ping',
      { type: 'ping', seqNo: 7, node: 'worker-3' },
      '0082a44e6f6465a8776f726b65722d33a55365714e6f07',
    ],
    ['an ack', { type: 'ack', seqNo: 7 }, '0282a75061796c6f6164c0a55365714e6f07'],
    ['an error', { type: 'err', error: 'boom' }, '0d81a54572726f72a4626f6f6d'],
    ['a message of an application', { type: 'user' }, '0881aa557365724d73674c656e00'],
  ])('carries %s, compressed even where that is longer', (_name, message, plain) => {
    expect(hex(encodeStream(message, plainly))).toBe(hex(encodeCompressed(octetsOf(plain))));
    expect(read(encodeStream(message, plainly))).toEqual(said(message));
    expect(read(octetsOf(plain))).toEqual(said(message));
  });

  test('is read the same wherever its octets are cut', () => {
    const plain = octetsOf(HEADER + MEMBER + MEMBER);
    for (const octets of [
      plain,
      encodeStream(two, plainly),
      encodeStream(two, { ...plainly, keys }),
    ]) {
      const context = octets[0] === 10 ? { ...accepting, keys } : accepting;
      for (let cut = 0; cut <= octets.length; cut += 1) {
        const reader = new StreamReader(context);
        const early = reader.feed(octets.subarray(0, cut));
        expect(early ?? reader.feed(octets.subarray(cut))).toEqual(said(two));
      }
      const reader = new StreamReader(context);
      const outcomes = Array.from(octets, (octet) => reader.feed(Uint8Array.of(octet)));
      expect(outcomes.slice(0, -1).every((outcome) => outcome === undefined)).toBe(true);
      expect(outcomes.at(-1)).toEqual(said(two));
    }
  });

  test('waits for the state of an application and passes over it', () => {
    const octets = octetsOf(
      '06 83 a4 4a6f696e c2 a5 4e6f646573 00 ac 5573657253746174654c656e cd 0400',
    );
    const reader = new StreamReader(accepting);
    expect(reader.feed(octets)).toBeUndefined();
    expect(reader.feed(new Uint8Array(1023))).toBeUndefined();
    const nobody = said({ type: 'pushPull', join: false, records: [] });
    expect(reader.feed(new Uint8Array(1))).toEqual(nobody);
    expect(reader.feed(octetsOf('ffff'))).toEqual(nobody);
  });

  test('leaves out members in a state that nobody knows, and those without an address', () => {
    const unknown = MEMBER.replace('a5537461746501', 'a5537461746509');
    const nowhere = MEMBER.replace('a441646472a40a141e28', 'a441646472a0');
    expect(
      read(
        octetsOf(HEADER.replace('a54e6f64657302', 'a54e6f64657303') + unknown + nowhere + MEMBER),
      ),
    ).toEqual(said({ ...two, records: [record] }));
  });
});

describe('a stream in a ring with a key', () => {
  const ping: StreamMessage = { type: 'ping', seqNo: 7, node: 'worker-3' };
  /** memberlist-wire.md §20; uncompressed, which the original reads too. */
  const sealed =
    '0a0000003401000102030405060708090a0b2c222a1f30de703a8af27096645d9a5299bf7c75dd180cf38af161f25b47661fc0fc5abba0be83';

  test('is sealed with the header of its frame', () => {
    expect(read(octetsOf(sealed), { ...accepting, keys })).toEqual(said(ping));
    const octets = encodeStream(ping, { ...plainly, keys });
    expect(hex(octets.subarray(0, 6))).toBe(
      `0a${(octets.length - 5).toString(16).padStart(8, '0')}01`,
    );
    expect(read(octets, { ...accepting, keys })).toEqual(said(ping));
  });

  test('says its label where it was opened, and is answered without', () => {
    const blue = { keys, label: 'blue', random: countingRandom };
    const request = encodeStream(ping, { ...blue, side: 'dialing' });
    expect(hex(request.subarray(0, 7))).toBe('f404626c75650a');
    expect(read(request, { ...blue, side: 'accepting' })).toEqual(said(ping));
    const answer = encodeStream({ type: 'ack', seqNo: 7 }, { ...blue, side: 'accepting' });
    expect(answer[0]).toBe(10);
    expect(read(answer, { ...blue, side: 'dialing' })).toEqual(said({ type: 'ack', seqNo: 7 }));
    expect(read(answer, { ...accepting, side: 'dialing', keys })).toMatchObject({
      reason: 'decryption',
    });
  });

  test.each<[name: string, octets: string, context: StreamSide, outcome: Refusal]>([
    [
      'it is plain',
      HEADER,
      { ...accepting, keys },
      {
        reason: 'notEncrypted',
        answer: 'Encryption is configured but remote state is not encrypted',
      },
    ],
    [
      'we have no key',
      sealed,
      accepting,
      {
        reason: 'encrypted',
        answer: 'Remote state is encrypted and encryption is not configured',
      },
    ],
    ['our key is another', sealed, { ...accepting, keys: otherKeys }, undecipherable],
    ['its frame is empty', '0a00000000', { ...accepting, keys }, undecipherable],
    [
      'its frame claims more than 20 MiB',
      '0a01400001',
      { ...accepting, keys },
      { reason: 'oversized' },
    ],
    [
      'it says a label and our ring has none',
      `f404626c7565${sealed}`,
      { ...accepting, keys },
      { reason: 'label' },
    ],
    ['it says another label', 'f404626c7566', { ...accepting, label: 'blue' }, { reason: 'label' }],
    ['it says no label', HEADER, { ...accepting, label: 'blue' }, { reason: 'label' }],
  ])('is refused if %s', (_name, octets, context, outcome) => {
    expect(read(octetsOf(octets), context)).toEqual({ kind: 'refused', ...outcome });
  });
});

describe('a stream that is not what it says', () => {
  test.each<[name: string, octets: string, reason: string]>([
    ['ends before it began', '', 'truncated'],
    ['ends in its header', HEADER.slice(0, 20), 'truncated'],
    ['ends between members', HEADER + MEMBER, 'truncated'],
    ['is gossip', '0480', 'unknownType'],
    ['is compressed twice', hex(encodeCompressed(octetsOf('0980'))), 'unknownType'],
    ['is compressed by an unknown algorithm', '0982a4416c676f01a3427566a0', 'compression'],
    ['is compressed and ends early inside', hex(encodeCompressed(octetsOf(HEADER))), 'malformed'],
    ['has a number for a header', '0607', 'malformed'],
    ['has a member that is a number', `${HEADER}07`, 'malformed'],
    ['has members without end', '06 81 a5 4e6f646573 ce ffffffff', 'oversized'],
    ['claims a name of 4 GiB', '06 81 a5 4e6f646573 01 81 a4 4e616d65 db ffffffff', 'oversized'],
    ['claims a state of 4 GiB', '06 81 ac 5573657253746174654c656e ce ffffffff', 'oversized'],
    [
      'claims 4 GiB of compressed octets',
      '09 82 a4 416c676f 00 a3 427566 db ffffffff',
      'oversized',
    ],
    ['claims a map of 4 Gi entries', '06 df ffffffff', 'truncated'],
    ['claims 4 GiB for an application', '08 81 aa 557365724d73674c656e ce ffffffff', 'oversized'],
  ])('is refused if it %s', (_name, octets, reason) => {
    expect(read(octetsOf(octets))).toEqual({ kind: 'refused', reason });
  });

  test('is refused if compressed into little what would come to more than 20 MiB', () => {
    expect(read(encodeCompressed(new Uint8Array(21 * 1024 * 1024)))).toMatchObject({
      reason: 'oversized',
    });
  });

  test('is refused once more than 20 MiB came', () => {
    const reader = new StreamReader(accepting);
    expect(reader.feed(octetsOf('09'))).toBeUndefined();
    expect(reader.feed(new Uint8Array(21 * 1024 * 1024))).toMatchObject({ reason: 'oversized' });
  });

  test('is refused if fields that nobody knows make it endless', () => {
    const reader = new StreamReader(accepting);
    reader.feed(octetsOf('06 df ffffffff'));
    const outcomes = Array.from({ length: 10 }, () => reader.feed(new Uint8Array(1024)));
    expect(outcomes.at(-1)).toEqual({ kind: 'refused', reason: 'oversized' });
  });
});
