import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ByteReader,
  ByteWriter,
  MalformedError,
  decodeFrame,
  encodeFrame,
  macFromBytes,
  macToBytes,
} from '../../src/runtime/net/index.ts';

type Step =
  | { readonly kind: 'u8' | 'u16' | 'u32'; readonly value: number }
  | { readonly kind: 'bytes'; readonly value: Uint8Array };

const SIZES = { u8: 1, u16: 2, u32: 4 } as const;
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('u8' as const), value: fc.nat(0xff) }),
  fc.record({ kind: fc.constant('u16' as const), value: fc.nat(0xffff) }),
  fc.record({ kind: fc.constant('u32' as const), value: fc.nat(0xffffffff) }),
  fc.record({ kind: fc.constant('bytes' as const), value: fc.uint8Array({ maxLength: 9 }) }),
);

function write(steps: readonly Step[]): Uint8Array {
  const writer = new ByteWriter(steps.reduce((sum, one) => sum + sizeOf(one), 0));
  for (const one of steps) {
    if (one.kind === 'bytes') writer.bytes(one.value);
    else writer[one.kind](one.value);
  }
  return writer.finish();
}

function sizeOf(one: Step): number {
  return one.kind === 'bytes' ? one.value.length : SIZES[one.kind];
}

test('what is written reads back in the same order, and nothing is left', () => {
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const reader = new ByteReader(write(steps), 'message');
      for (const one of steps) {
        const read = one.kind === 'bytes' ? reader.bytes(one.value.length) : reader[one.kind]();
        expect(read).toEqual(one.value);
      }
      expect(reader.remaining).toBe(0);
    }),
  );
});

test('a reader never reads past the end, even within a larger buffer', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 12 }),
      fc.array(step, { minLength: 1 }),
      (octets, steps) => {
        const larger = Uint8Array.of(1, ...octets, 0xff, 0xff, 0xff, 0xff);
        const reader = new ByteReader(larger.subarray(1, 1 + octets.length), 'ARP packet');
        let left = octets.length;
        for (const one of steps) {
          const size = sizeOf(one);
          const read = (): unknown =>
            one.kind === 'bytes' ? reader.bytes(size) : reader[one.kind]();
          if (size <= left) {
            read();
            left -= size;
          } else {
            expect(read).toThrow(
              new MalformedError(`ARP packet: ${size} octets wanted, ${left} left`),
            );
          }
          expect(reader.remaining).toBe(left);
        }
      },
    ),
  );
});

describe('a reader', () => {
  test('hands out copies: the receive buffer may be used again', () => {
    const buffer = Uint8Array.of(1, 2, 3);
    const read = new ByteReader(buffer, 'message').bytes(3);
    buffer.fill(0);
    expect(read).toEqual(Uint8Array.of(1, 2, 3));
  });

  test('says what a message is not', () => {
    const reader = new ByteReader(Uint8Array.of(0, 2), 'ARP packet');
    expect(() => reader.expect(Uint8Array.of(0, 1), 'Ethernet')).toThrow(
      'ARP packet: not Ethernet',
    );
  });
});

describe('a writer', () => {
  test('refuses to finish a message of which a field was forgotten', () => {
    expect(() => new ByteWriter(4).u16(1).finish()).toThrow('wrote 2 of 4 octets');
  });

  test('refuses to write more than was announced', () => {
    expect(() => new ByteWriter(1).u16(1)).toThrow(RangeError);
  });
});

const mac = fc.uint8Array({ minLength: 6, maxLength: 6 });

test('hardware addresses and frames read back as they were', () => {
  const frame = fc.record({
    destination: mac.map(macFromBytes),
    source: mac.map(macFromBytes),
    etherType: fc.nat(0xffff),
    payload: fc.uint8Array(),
  });
  fc.assert(
    fc.property(frame, mac, (sent, octets) => {
      expect(decodeFrame(encodeFrame(sent))).toEqual(sent);
      expect(macToBytes(macFromBytes(octets))).toEqual(octets);
      expect(macFromBytes(octets)).toMatch(/^[\da-f]{2}(:[\da-f]{2}){5}$/);
    }),
  );
});

test('a frame shorter than its header is malformed', () => {
  expect(() => decodeFrame(new Uint8Array(13))).toThrow(MalformedError);
});
