import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Family,
  type Prefix,
  type IpAddress,
  ipFromBits,
  parsePrefix,
  widthOf,
} from '../../src/runtime/net/index.ts';
import { prefixesOverlap, summarize } from '../../src/runtime/net/prefix.ts';
import { prefixContains } from '../support/prefix-contains.ts';

const family = fc.constantFrom<Family>('ipv4', 'ipv6');
/** A place in the address space that a slow scan can be made around. */
const corner = family.chain((of) => {
  const end = 2n ** BigInt(widthOf(of)) - 1n;
  const anywhere = fc.bigInt({ min: 0n, max: end - 300n });
  return fc.tuple(fc.constant(of), fc.oneof(fc.constantFrom(0n, end - 300n), anywhere));
});
const prefix = family.chain((of) => {
  const width = widthOf(of);
  const bits = fc.bigInt({ min: 0n, max: 2n ** BigInt(width) - 1n });
  return fc
    .tuple(bits, fc.integer({ min: 0, max: width }))
    .map(([at, length]) => prefixOf(ipFromBits(at, of), length));
});

test('a prefix reads as itself, and its host bits are clear', () => {
  fc.assert(
    fc.property(prefix, (block) => {
      // A block within ::ffff:0:0/96 is that of IPv4 when it is read.
      fc.pre(block.family === 'ipv4' || block.first >> 32n !== 0xffffn);
      expect(parsePrefix(block.text)).toEqual(block);
      const size = block.last - block.first + 1n;
      expect(size).toBe(1n << BigInt(widthOf(block.family) - block.length));
      expect(block.first % size).toBe(0n);
    }),
  );
});

test('any address of a prefix names the same prefix', () => {
  fc.assert(
    fc.property(prefix, fc.double({ min: 0, max: 1, noNaN: true }), (block, share) => {
      fc.pre(block.family === 'ipv4' || block.first >> 32n !== 0xffffn);
      const offset = ((block.last - block.first) * BigInt(Math.floor(share * 1000))) / 1000n;
      const inside = ipFromBits(block.first + offset, block.family);
      expect(parsePrefix(`${inside}/${block.length}`)).toEqual(block);
      expect(prefixContains(block, inside)).toBe(true);
    }),
  );
});

test('a range is covered exactly, ascending, by the fewest prefixes', () => {
  fc.assert(
    fc.property(corner, fc.nat(300), fc.nat(300), ([of, start], a, b) => {
      const first = start + BigInt(Math.min(a, b));
      const last = start + BigInt(Math.max(a, b));
      const blocks = summarize(first, last, of);
      const covered = blocks.flatMap((block) => everyAddress(block));
      expect(covered).toEqual(everyAddress({ first, last }));
      expect(blocks).toHaveLength(fewest(first, last));
      if (first < last) expect(summarize(last, first, of)).toEqual([]);
    }),
  );
});

test('the whole of each family is one prefix', () => {
  expect(summarize(0n, 2n ** 32n - 1n, 'ipv4').map(({ text }) => text)).toEqual(['0.0.0.0/0']);
  expect(summarize(0n, 2n ** 128n - 1n, 'ipv6').map(({ text }) => text)).toEqual(['::/0']);
  expect(summarize(1n, 2n ** 128n - 1n, 'ipv6')).toHaveLength(128);
});

test('prefixes overlap when one contains an end of the other, whichever is asked', () => {
  fc.assert(
    fc.property(prefix, prefix, fc.boolean(), (a, other, nested) => {
      const b = nested ? prefixOf(ipFromBits(a.first, a.family), widthOf(a.family)) : other;
      const shares =
        prefixContains(a, ipFromBits(b.first, b.family)) ||
        prefixContains(b, ipFromBits(a.first, a.family));
      expect(prefixesOverlap(a, b)).toBe(shares);
      expect(prefixesOverlap(b, a)).toBe(shares);
    }),
  );
});

test('prefixes of different families never overlap', () => {
  expect(prefixesOverlap(parsePrefix('0.0.0.0/0')!, parsePrefix('::/0')!)).toBe(false);
});

function prefixOf(address: IpAddress, length: number): Prefix {
  return parsePrefix(`${address}/${length}`)!;
}

function everyAddress({ first, last }: Pick<Prefix, 'first' | 'last'>): bigint[] {
  return Array.from({ length: Number(last - first) + 1 }, (_, i) => first + BigInt(i));
}

/** The least number of aligned blocks, found by trying every block that may come first. */
function fewest(first: bigint, last: bigint): number {
  const count = Number(last - first) + 1;
  const least = new Array<number>(count + 1).fill(Infinity);
  least[count] = 0;
  for (let at = count - 1; at >= 0; at -= 1) {
    for (let size = 1; at + size <= count; size *= 2) {
      if ((first + BigInt(at)) % BigInt(size) !== 0n) break;
      least[at] = Math.min(least[at]!, 1 + least[at + size]!);
    }
  }
  return least[0]!;
}
