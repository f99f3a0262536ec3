import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../../src/runtime/model/index.ts';
import { decodeMessage, encodeMessage } from '../../../src/runtime/gossip/protocol/codec.ts';
import { openDatagram, sealDatagram } from '../../../src/runtime/gossip/protocol/datagram.ts';
import { Keyring, deriveKey } from '../../../src/runtime/gossip/protocol/keyring.ts';
import { compress } from '../../../src/runtime/gossip/protocol/lzw/compress.ts';
import { decompress } from '../../../src/runtime/gossip/protocol/lzw/decompress.ts';
import { encodeStream } from '../../../src/runtime/gossip/protocol/stream/encode.ts';
import { StreamReader } from '../../../src/runtime/gossip/protocol/stream/reader.ts';
import { sizeOf } from '../../../src/runtime/gossip/swim/membership/size.ts';
import { message, streamMessage } from '../../support/gossip/messages.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const random = new SeededRandom(7);
const keys = new Keyring([deriveKey(new Secret('first'), 32), deriveKey(new Secret('second'), 16)]);
const ring = fc.record({
  keys: fc.constantFrom(undefined, keys),
  label: fc.constantFrom('', 'blue'),
});
const side = fc.constantFrom('dialing' as const, 'accepting' as const);
const otherSide = { dialing: 'accepting', accepting: 'dialing' } as const;

describe('a message', () => {
  test('reads as it was written, and takes no more room than was reckoned', () => {
    fc.assert(
      fc.property(message, (said) => {
        expect(decodeMessage(encodeMessage(said))).toEqual(said);
        const { length } = encodeMessage(said);
        expect(sizeOf(said)).toBeGreaterThanOrEqual(length);
        if (!('source' in said)) expect(sizeOf(said)).toBe(length);
      }),
    );
  });

  test('is written in one way only, whichever way it was read', () => {
    fc.assert(
      fc.property(message, (said) => {
        const octets = encodeMessage(said);
        expect(encodeMessage(decodeMessage(octets)!)).toEqual(octets);
      }),
    );
  });
});

describe('a datagram', () => {
  test('opens to what was sealed, in order', () => {
    const some = fc.array(message, { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(some, ring, fc.boolean(), (messages, context, checksum) => {
        const octets = sealDatagram(messages, { ...context, checksum, random });
        expect({ ...openDatagram(octets, context) }).toEqual({ messages, dropped: [] });
      }),
    );
  });

  test('damaged in one octet says nothing where it has a key or a checksum', () => {
    const guarded = fc.constantFrom({ keys, checksum: false }, { keys: undefined, checksum: true });
    fc.assert(
      fc.property(
        message,
        guarded,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (said, guard, at, change) => {
          const sealed = Uint8Array.from(sealDatagram([said], { ...guard, label: '', random }));
          const place = guard.checksum ? 1 + (at % (sealed.length - 1)) : at % sealed.length;
          sealed[place] = sealed[place]! ^ change;
          expect(openDatagram(sealed, { ...guard, label: '' }).messages).toEqual([]);
        },
      ),
    );
  });

  test('of any octets whatever is read or dropped', () => {
    const start = fc.constantFrom(
      ...[0, 1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 244].map((type) => Uint8Array.of(type, 0x82)),
    );
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 300 }), ring, (head, tail, context) => {
        const { messages, dropped } = openDatagram(Uint8Array.of(...head, ...tail), context);
        expect(messages.length + dropped.length).toBeGreaterThan(0);
      }),
    );
  });

  test('damaged anywhere is read or dropped, the same way each time', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(
        fc.array(message, { minLength: 1, maxLength: 5 }),
        damage,
        (messages, changes) => {
          const sealed = Uint8Array.from(
            sealDatagram(messages, { label: '', checksum: false, random }),
          );
          for (const [at, octet] of changes) sealed[at % sealed.length] = octet;
          const opened = openDatagram(sealed, { label: '' });
          expect(opened).toEqual(openDatagram(sealed, { label: '' }));
        },
      ),
    );
  });
});

describe('a stream', () => {
  test('says what was said, however it is cut', () => {
    fc.assert(
      fc.property(
        streamMessage,
        ring,
        side,
        fc.array(fc.nat(), { maxLength: 8 }),
        (said, context, from, cuts) => {
          const octets = encodeStream(said, { ...context, side: from, random });
          const reader = new StreamReader({ ...context, side: otherSide[from] });
          const places = [...new Set(cuts.map((cut) => cut % octets.length))].sort((a, b) => a - b);
          const outcomes = [0, ...places].map((place, index) =>
            reader.feed(octets.subarray(place, places[index] ?? octets.length)),
          );
          expect(outcomes.at(-1)).toEqual({ kind: 'message', message: said });
        },
      ),
    );
  });

  test('damaged anywhere is read or refused', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(streamMessage, ring, damage, (said, context, changes) => {
        const octets = Uint8Array.from(
          encodeStream(said, { ...context, side: 'accepting', random }),
        );
        for (const [at, octet] of changes) octets[at % octets.length] = octet;
        const reader = new StreamReader({ ...context, side: 'dialing' });
        expect(['message', 'refused']).toContain((reader.feed(octets) ?? reader.end()).kind);
      }),
    );
  });
});

describe('LZW', () => {
  test('gives back what was compressed', () => {
    const few = fc.uint8Array({ max: 3, maxLength: 6000 });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 6000 }), few), (octets) => {
        expect(decompress(compress(octets), octets.length)).toEqual(octets);
      }),
    );
  });

  test('never makes more of any octets than it may', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat(5000), (octets, limit) => {
        const result = decompress(octets, limit);
        expect(typeof result === 'string' || result.length <= limit).toBe(true);
      }),
    );
  });
});
