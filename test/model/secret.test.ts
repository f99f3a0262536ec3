import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Secret } from '../../src/runtime/model/index.ts';

test('a secret shows in no way that things are printed', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Z0-9]{8,20}$/), (text) => {
      const secret = new Secret(text);
      const printed = [
        `${String(secret)} ${JSON.stringify({ secret, list: [secret] })}`,
        inspect({ secret }, { depth: null, showHidden: true, getters: true }),
        JSON.stringify(Object.entries(secret)),
        JSON.stringify(Object.assign({}, secret)),
        inspect(new Error('failed', { cause: { secret } })),
      ].join('\n');
      expect(printed).not.toContain(text);
      expect(secret.reveal()).toBe(text);
    }),
  );
});

test('secrets are equal by their text', () => {
  expect(new Secret('s3cret').equals(new Secret('s3cret'))).toBe(true);
  expect(new Secret('s3cret').equals(new Secret('other'))).toBe(false);
  expect(new Secret('').equals(undefined)).toBe(false);
});
