import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { compress } from '../../../src/runtime/gossip/protocol/lzw/compress.ts';
import { decompress } from '../../../src/runtime/gossip/protocol/lzw/decompress.ts';
import cases from '../../fixtures/gossip/lzw.json' with { type: 'json' };
import { hex, octetsOf } from '../../support/gossip/octets.ts';

/** The octets that the program which wrote the fixtures compressed. */
function noise(seed: number, length: number, alphabet: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 24) % alphabet;
  });
}

describe('LZW', () => {
  test.each(cases)('$name: $length octets come to what Go makes of them', (given) => {
    const compressed = compress(noise(given.seed, given.length, given.alphabet));
    expect(compressed).toHaveLength(given.compressedLength);
    expect(createHash('sha256').update(compressed).digest('hex')).toBe(given.sha256);
  });

  test.each(cases)('$name: $length octets come back', ({ seed, length, alphabet }) => {
    const octets = noise(seed, length, alphabet);
    const restored = decompress(compress(octets), length);
    expect(typeof restored).toBe('object');
    expect(Buffer.compare(restored as Uint8Array, octets)).toBe(0);
  });

  test('stops at the limit', () => {
    const compressed = compress(new Uint8Array(1_000_000));
    expect(compressed.length).toBeLessThan(3000);
    expect(decompress(compressed, 999_999)).toBe('oversized');
  });

  test.each([
    ['that ends early', '00'],
    ['of nothing', ''],
    ['with a code that was never defined', hex(Uint8Array.of(0x00, 0xfd, 0x03))],
  ])('refuses a stream %s', (_name, octets) => {
    expect(decompress(octetsOf(octets), 1000)).toBe('corrupt');
  });

  test('refuses what lost its last octet', () => {
    const compressed = compress(noise(11, 300, 256));
    expect(decompress(compressed.subarray(0, -1), 1000)).toBe('corrupt');
  });

  test('reads what goes on with a full table, which Go never writes', () => {
    const octets = noise(12, 9000, 256);
    expect(decompress(neverCleared(octets), 10_000)).toEqual(octets);
  });
});

/** Nine to twelve bits a literal, as the table fills; then twelve, for no code is left. */
function neverCleared(octets: Uint8Array): Uint8Array {
  const written: number[] = [];
  const write = (code: number, width: number): void => {
    for (let bit = 0; bit < width; bit += 1) written.push((code >> bit) & 1);
  };
  const widthAfter = (codes: number): number =>
    Math.min(12, Math.max(9, Math.floor(Math.log2(257 + codes)) + 1));
  write(256, 9);
  octets.forEach((octet, index) => write(octet, widthAfter(index)));
  write(257, widthAfter(octets.length));
  return Uint8Array.from({ length: Math.ceil(written.length / 8) }, (_, at) =>
    written.slice(at * 8, at * 8 + 8).reduce((sum, bit, place) => sum | (bit << place), 0),
  );
}
