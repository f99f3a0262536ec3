import { fc, test } from '@fast-check/vitest';
import { expect, test as example } from 'vitest';
import { type Prefix, overlaps, parsePrefix } from '../../src/runtime/net/index.ts';
import { prefixesOverlap } from '../../src/runtime/net/prefix.ts';

const prefix = fc
  .tuple(
    fc.integer({ min: 0, max: 255 }),
    fc.integer({ min: 0, max: 7 }),
    fc.integer({ min: 16, max: 32 }),
  )
  .map(([low, high, length]) => parsePrefix(`198.18.${high}.${low}/${length}`)!);
const v6 = fc
  .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 112, max: 128 }))
  .map(([low, length]) => parsePrefix(`2001:db8::${low.toString(16)}/${length}`)!);
const placed = fc.array(fc.oneof(prefix, v6), { maxLength: 30 });

/** Every prefix with all before it. */
function byComparing(prefixes: readonly Prefix[]): [number, number][] {
  return prefixes.flatMap((later, index): [number, number][] => {
    const earlier = prefixes.slice(0, index).findIndex((one) => prefixesOverlap(one, later));
    return earlier < 0 ? [] : [[index, earlier]];
  });
}

test.prop([placed])('overlaps are those that comparing every pair would find', (prefixes) => {
  const found = overlaps(prefixes.map((one, index) => ({ prefix: one, index })));
  expect(found.map(({ later, earlier }) => [later.index, earlier.index])).toEqual(
    byComparing(prefixes),
  );
});

example('ten thousand equal prefixes are told apart in a moment', () => {
  const one = { prefix: parsePrefix('192.0.2.0/24')! };
  const all = Array.from({ length: 10_000 }, () => ({ ...one }));
  const found = overlaps(all);
  expect(found).toHaveLength(9_999);
  expect(found.every(({ earlier }) => earlier === all[0])).toBe(true);
});
