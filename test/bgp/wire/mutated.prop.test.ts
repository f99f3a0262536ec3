import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeMessage } from '../../../src/runtime/bgp/wire/decode.ts';
import { checkHeader } from '../../../src/runtime/bgp/wire/header.ts';
import type { Dialect } from '../../../src/runtime/bgp/wire/message.ts';
import { MessageReader, type ReadFrames } from '../../../src/runtime/bgp/wire/reader.ts';
import { mutatedMessages } from '../../support/bgp/mutated-messages.ts';
import { toHex } from '../../support/bgp/octets.ts';
import { validMessage } from '../../support/bgp/valid-messages.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const DIALECTS: readonly Dialect[] = [
  { asnOctets: 4, internal: false },
  { asnOctets: 4, internal: true },
  { asnOctets: 2, internal: false },
  { asnOctets: 2, internal: true },
];

function take(count: number, seed: number): Uint8Array[] {
  const messages = mutatedMessages(new SeededRandom(seed));
  return Array.from({ length: count }, () => messages.next().value);
}

/** What a decoded message weighs: numbers, texts and octets of its parts. */
function partsOf(value: unknown): number {
  if (value instanceof Uint8Array) return value.length;
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce((sum: number, part) => sum + partsOf(part), 1);
}

test('whatever a peer sends is a message or a NOTIFICATION to send, and no larger than what it sent', () => {
  fc.assert(
    fc.property(fc.integer(), fc.constantFrom(...DIALECTS), (seed, dialect) => {
      for (const octets of take(50, seed)) {
        const decoded = decodeMessage(octets, dialect);
        expect(partsOf(decoded)).toBeLessThan(100 + 8 * octets.length);
        if (decoded.type !== 'malformed') continue;
        const { code, subcode, reason } = decoded.error;
        expect([1, 2, 3, 7]).toContain(code);
        expect(subcode).toBeLessThanOrEqual(11);
        expect(reason).not.toBe('');
        expect(decoded.error.data.length).toBeLessThanOrEqual(4096);
      }
    }),
    { numRuns: 60 },
  );
});

test('about half of the mutated messages pass the header check, and reach every reaction', () => {
  const messages = take(4000, 7);
  const whole = messages.filter(
    (octets) => octets.length >= 19 && checkHeader(octets) === octets.length,
  );
  expect(whole.length / messages.length).toBeGreaterThan(0.45);
  expect(whole.length / messages.length).toBeLessThan(0.6);

  const reached = new Set<string>();
  for (const octets of messages) {
    const decoded = decodeMessage(octets, { asnOctets: 4, internal: true });
    reached.add(decoded.type);
    if (decoded.type === 'malformed') {
      reached.add(`${decoded.error.code}/${decoded.error.subcode}`);
    }
    if (decoded.type === 'update') {
      for (const { severity } of decoded.faults) reached.add(severity);
    }
  }
  expect([...reached]).toEqual(
    expect.arrayContaining([
      ...['open', 'update', 'notification', 'keepalive', 'routeRefresh', 'malformed'],
      ...['1/1', '1/2', '1/3', '2/0', '2/1', '2/4', '3/1', '3/2', '3/9', '3/10', '7/1'],
      ...['disableFamily', 'treatAsWithdraw', 'attributeDiscard'],
    ]),
  );
});

test('a stream gives the same messages, and the same error, wherever TCP splits it', () => {
  fc.assert(
    fc.property(fc.integer(), fc.array(fc.integer({ min: 1, max: 90 })), (seed, sizes) => {
      const random = new SeededRandom(seed);
      const sent = Array.from({ length: 6 }, () => validMessage(random));
      const stream = Uint8Array.from(Buffer.concat([...sent, ...take(3, seed)]));
      const whole = new MessageReader().read(stream);
      const split = readInPieces(stream, sizes);
      expect(split.frames.slice(0, sent.length)).toEqual(sent.map(toHex));
      expect(split).toEqual({ frames: whole.frames.map(toHex), errors: errorsOf(whole) });
    }),
    { numRuns: 100 },
  );
});

/** Reads it in pieces of these sizes, over and over. */
function readInPieces(
  stream: Uint8Array,
  sizes: readonly number[],
): { frames: string[]; errors: unknown[] } {
  const reader = new MessageReader();
  const frames: string[] = [];
  const errors: unknown[] = [];
  for (let offset = 0, turn = 0; offset < stream.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    const step = reader.read(stream.subarray(offset, offset + size));
    frames.push(...step.frames.map(toHex));
    errors.push(...errorsOf(step));
    offset += size;
  }
  return { frames, errors };
}

function errorsOf({ error }: ReadFrames): unknown[] {
  return error === undefined ? [] : [error];
}
