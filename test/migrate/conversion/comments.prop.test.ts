import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { stringify } from 'yaml';
import { convertLegacy } from '../../../src/migrate/conversion/index.ts';
import { cornerDocument } from '../../support/legacy-corners.ts';

/** Comments on lines of their own and behind what is there, each with words of its own. */
const commented = fc
  .tuple(cornerDocument, fc.array(fc.tuple(fc.nat(), fc.nat(7), fc.boolean()), { maxLength: 12 }))
  .map(([document, notes]) => {
    const plain = stringify(document, { lineWidth: 0, version: '1.1', blockQuote: false });
    const lines = plain.trimEnd().split('\n');
    notes.forEach(([place, indent, beside], number) => {
      const at = place % lines.length;
      const words = `# note ${number}.`;
      const line = lines[at] ?? '';
      if (!beside || line.includes('#')) lines.splice(at, 0, `${' '.repeat(indent)}${words}`);
      else lines[at] = `${line} ${words}`;
    });
    const text = `${lines.join('\n')}\n`;
    return { text, words: notes.map((_, number) => `note ${number}.`).sort() };
  });

test.prop([commented], { numRuns: Math.ceil(Number(process.env['FC_RUNS'] ?? 200) / 4) })(
  'every comment of the source is in the result, once, at a place that is there',
  ({ text, words }) => {
    const made = convertLegacy(text, {
      compat: 'v0.12',
      mode: 'none',
      target: 'metal-lb',
      namespace: 'lb',
    });
    fc.pre(made.kind === 'converted');
    const placed = made.manifests.flatMap(({ manifest, comments }) => {
      for (const { path, place } of comments) {
        expect(path.reduce<unknown>(memberOf, manifest)).toBeDefined();
        if (path.length === 0) expect(place).toBe('above');
      }
      return comments.map((comment) => comment.text);
    });
    const found = [...placed, ...made.remarks].flatMap((one) => one.split('\n'));
    expect(found.sort()).toEqual(words.toSorted());
    if (made.manifests.some(({ manifest }) => manifest.kind !== 'Secret')) {
      expect(made.remarks).toEqual([]);
    }
  },
);

function memberOf(value: unknown, step: string | number): unknown {
  return (value as Readonly<Record<string | number, unknown>>)[step];
}
