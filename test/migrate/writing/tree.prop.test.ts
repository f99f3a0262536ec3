import { fc, test } from '@fast-check/vitest';
import { load } from 'js-yaml';
import { expect } from 'vitest';
import { parse } from 'yaml';
import { findLegacyDocuments } from '../../../src/config-legacy/index.ts';
import type { Comment } from '../../../src/migrate/manifests/manifest.ts';
import { writeCommented } from '../../../src/migrate/writing/index.ts';

/** Texts that some reader of YAML takes for something else, and any other text. */
const text = fc.oneof(
  fc.constantFrom(
    ...[
      'yes',
      'No',
      'y',
      '~',
      'null',
      '',
      ' x',
      'x ',
      '0123',
      '0x1F',
      '1e3',
      '1_000',
      '.5',
      '12:30',
    ],
    ...[
      '1:1',
      '2022-07-06',
      '<<',
      '=',
      '.inf',
      '-',
      '- a',
      'a: b',
      'a #b',
      '#',
      '"',
      "'",
      '|',
      '%',
    ],
    ...[
      'a\nb',
      'a\n',
      '\na',
      'a \nb',
      '\tb',
      '\u0085',
      '\u2028',
      '\ufeff',
      '\u0000',
      '\ud83d\ude00',
    ],
    ...['192.0.2.0/24', '2001:db8::/32', '64512:100', '192.0.2.1 - 192.0.2.9', 'metal-lb.io/x'],
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
const key = text.filter((one) => one !== '__proto__');
const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    ...[text, fc.integer(), fc.boolean()],
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(key, tie('any'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).any;
const object = fc.dictionary(key, value, { minKeys: 1, maxKeys: 4, noNullPrototype: true });
const comment: fc.Arbitrary<Comment> = fc.record({
  path: fc.array(fc.oneof(key, fc.nat(2)), { maxLength: 3 }),
  place: fc.constantFrom('above', 'beside'),
  text,
});

test.prop([object, fc.array(comment, { maxLength: 4 })])(
  'what is written is read as the same by every reader, whatever is said beside it',
  (written, comments) => {
    const yaml = writeCommented(written, comments);
    expect(parse(yaml)).toEqual(written);
    expect(load(yaml)).toEqual(written);
    expect(writeCommented(written, comments)).toBe(yaml);
  },
);

test.prop([text])('a text in a ConfigMap is what the original reads there', (config) => {
  fc.pre(config !== '');
  const manifest = { apiVersion: 'v1', kind: 'ConfigMap', data: { config } };
  const { documents } = findLegacyDocuments(writeCommented(manifest, []));
  expect(documents.map((document) => document.text)).toEqual([config]);
});
