import { createSecretKey } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../../src/runtime/model/index.ts';
import { Keyring, deriveKey } from '../../../src/runtime/gossip/protocol/keyring.ts';
import { countingRandom } from '../../support/gossip/fixed-random.ts';
import { hex, octetsOf } from '../../support/gossip/octets.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const NOTHING = new Uint8Array();
const ring = (...secrets: string[]): Keyring =>
  new Keyring(secrets.map((secret) => deriveKey(new Secret(secret), 16)));

describe('a key', () => {
  test.each([
    ['mysecretmysecretmysecret', '6d797365637265746d79736563726574'],
    ['short', '73686f7274e3b0c44298fc1c149afbf4'],
    ['q7bGmCw4bTVsZ8QkT1xYpA', '713762476d437734625456735a38516b'],
    ['', 'e3b0c44298fc1c149afbf4c8996fb924'],
    ['clé', '636cc3a9e3b0c44298fc1c149afbf4c8'],
  ])('is the beginning of the text %s', (secret, key) => {
    expect(hex(deriveKey(new Secret(secret), 16).export())).toBe(key);
  });

  test('of 32 octets goes on where that of 16 ends', () => {
    expect(hex(deriveKey(new Secret('q7bGmCw4bTVsZ8QkT1xYpA'), 32).export())).toBe(
      '713762476d437734625456735a38516b543178597041e3b0c44298fc1c149afb',
    );
  });

  test('does not print, nor does a ring of keys', () => {
    const key = deriveKey(new Secret('mysecretmysecretmysecret'), 16);
    for (const value of [key, new Keyring([key])]) {
      const printed = [inspect(value, { depth: 9, showHidden: true }), JSON.stringify(value)];
      expect(printed.join()).not.toMatch(/mysecret|6d79|109, ?121/);
    }
  });
});

describe('a ring of keys', () => {
  const plain = octetsOf('0082a44e6f6465a8776f726b65722d33a55365714e6f07');

  test('seals as the original does', () => {
    const envelope =
      '01000102030405060708090a0b2c222a1f30de703a8af27096645d9a5299bf7c75dd180ca3e9287b4f23b7c8f39df55366e5e649';
    expect(hex(ring('q7bGmCw4bTVsZ8QkT1xYpA').seal(plain, NOTHING, countingRandom))).toBe(envelope);
    expect(ring('q7bGmCw4bTVsZ8QkT1xYpA').open(octetsOf(envelope), NOTHING)).toEqual(
      Buffer.from(plain),
    );
  });

  test.each([16, 24, 32])('takes keys of %i octets', (length) => {
    const keys = new Keyring([createSecretKey(Buffer.alloc(length, 7))]);
    const envelope = keys.seal(plain, NOTHING, new SeededRandom());
    expect(envelope).toHaveLength(plain.length + 29);
    expect(hex(keys.open(envelope, NOTHING)!)).toBe(hex(plain));
  });

  test('seals with the first key and opens with each, so that keys can be changed member by member', () => {
    const envelope = ring('old').seal(plain, NOTHING, countingRandom);
    const both = ring('new', 'old');
    expect(hex(both.open(envelope, NOTHING)!)).toBe(hex(plain));
    expect(hex(ring('new').open(both.seal(plain, NOTHING, countingRandom), NOTHING)!)).toBe(
      hex(plain),
    );
    expect(ring('new').open(envelope, NOTHING)).toBeUndefined();
  });

  test.each<[name: string, plain: string, version0: string]>([
    // Sealed as version 0: the plain text and its padding by another implementation's rules, RFC 5652 §6.3.
    ['that needs padding', 'abc', '6162630d0d0d0d0d0d0d0d0d0d0d0d0d'],
    [
      'that fills a block',
      '0123456789abcdef',
      `${hex(Buffer.from('0123456789abcdef'))}${'10'.repeat(16)}`,
    ],
  ])('opens version 0 of a text %s', (_name, text, padded) => {
    const keys = ring('secret');
    const envelope = keys.seal(octetsOf(padded), NOTHING, countingRandom);
    envelope[0] = 0;
    expect(hex(keys.open(envelope, NOTHING)!)).toBe(hex(Buffer.from(text)));
  });

  test.each<[name: string, change: (envelope: Uint8Array) => Uint8Array]>([
    ['of version 2', (envelope) => envelope.with(0, 2)],
    ['of version 0 whose padding is none', (envelope) => envelope.with(0, 0)],
    ['changed in its nonce', (envelope) => envelope.with(3, 0xff)],
    ['changed in its text', (envelope) => envelope.with(15, 0xff)],
    ['changed in its tag', (envelope) => envelope.with(-1, 0xff)],
    ['too short', (envelope) => envelope.subarray(0, 28)],
    ['of nothing', () => NOTHING],
  ])('does not open an envelope %s', (_name, change) => {
    const keys = ring('secret');
    const envelope = keys.seal(octetsOf('ff'.repeat(40)), NOTHING, countingRandom);
    expect(keys.open(change(Uint8Array.from(envelope)), NOTHING)).toBeUndefined();
  });

  test('does not open what was sealed with other octets beside it', () => {
    const keys = ring('secret');
    const envelope = keys.seal(plain, Uint8Array.of(1), countingRandom);
    expect(keys.open(envelope, Uint8Array.of(2))).toBeUndefined();
    expect(hex(keys.open(envelope, Uint8Array.of(1))!)).toBe(hex(plain));
  });

  test.each([[[]], [[createSecretKey(Buffer.alloc(15))]]])(
    'is made of keys that AES takes: %o is not',
    (keys) => {
      expect(() => new Keyring(keys)).toThrow(RangeError);
    },
  );
});
