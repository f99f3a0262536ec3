import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineSplitter } from '../../../src/runtime/kube/reflection/lines.ts';

const line = fc.string({ minLength: 1, unit: fc.constantFrom('{', '"', 'a', 'ä', '}') });

test('lines come out whole, however the stream was cut', () => {
  fc.assert(
    fc.property(
      fc.array(line),
      fc.array(fc.nat(7), { minLength: 1 }),
      line,
      (lines, cuts, rest) => {
        const stream = [...lines, rest].join('\n');
        const splitter = new LineSplitter();
        const found: string[] = [];
        for (let at = 0, n = 0; at < stream.length; n += 1) {
          const length = 1 + cuts[n % cuts.length]!;
          found.push(...splitter.split(stream.slice(at, at + length)));
          at += length;
        }
        expect(found).toEqual(lines);
        expect(splitter.torn).toBe(true);
        expect(splitter.split('\n')).toEqual([rest]);
        expect(splitter.torn).toBe(false);
      },
    ),
  );
});

test('a line without an end is refused rather than held', () => {
  const splitter = new LineSplitter();
  const piece = 'x'.repeat(1024 * 1024);
  const pour = (): void => {
    for (let n = 0; n < 20; n += 1) splitter.split(piece);
  };
  expect(pour).toThrow('too long');
});
