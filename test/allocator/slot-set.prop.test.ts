import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SlotSet } from '../../src/runtime/allocator/slot-set.ts';

type Change = readonly ['add' | 'delete' | 'fill', first: number, length: number];

const changes = (capacity: number) =>
  fc.array(
    fc.tuple(
      fc.constantFrom('add', 'delete', 'fill'),
      fc.nat(capacity - 1),
      fc.nat(capacity),
    ) satisfies fc.Arbitrary<Change>,
    { maxLength: 60 },
  );

test('after any changes it holds what a plain set holds, and finds the lowest absent slot', () => {
  const sizes = fc.constantFrom(1, 2, 31, 32, 33, 100, 1023, 1024, 1025, 3000);
  const scenario = sizes.chain((capacity) => fc.tuple(fc.constant(capacity), changes(capacity)));
  fc.assert(
    fc.property(scenario, ([capacity, steps]) => {
      const set = new SlotSet(BigInt(capacity));
      const plain = new Set<number>();
      for (const [kind, first, length] of steps) {
        const last = Math.min(capacity - 1, first + (kind === 'fill' ? length : 0));
        for (let slot = first; slot <= last; slot += 1) {
          if (kind === 'delete') plain.delete(slot);
          else plain.add(slot);
        }
        if (kind === 'delete') set.delete(BigInt(first));
        else set.addRange(BigInt(first), BigInt(last));
      }
      const slots = Array.from({ length: capacity }, (_, slot) => slot);
      expect(slots.filter((slot) => set.has(BigInt(slot)))).toEqual(
        slots.filter((slot) => plain.has(slot)),
      );
      const lowest = slots.find((slot) => !plain.has(slot));
      expect(set.lowestAbsent()).toBe(lowest === undefined ? undefined : BigInt(lowest));
    }),
  );
});

test.each([24n, 64n, 128n])(
  'in a space of 2^%d slots, 99 %% full, the gaps are found in order',
  (bits) => {
    const capacity = 1n << bits;
    const set = new SlotSet(capacity);
    set.addRange(0n, (capacity * 99n) / 100n - 1n);
    const gaps = [5n, capacity / 3n, capacity / 2n + 1n];
    for (const gap of gaps) set.delete(gap);
    const found = [...gaps, 0n, 0n].map(() => {
      const slot = set.lowestAbsent() ?? -1n;
      set.add(slot);
      return slot;
    });
    const tail = (capacity * 99n) / 100n;
    expect(found).toEqual([...gaps, tail, tail + 1n]);
  },
);

test('a full set has no absent slot, and one that gets a slot back has that one', () => {
  const set = new SlotSet(1n << 64n);
  set.addRange(0n, (1n << 64n) - 1n);
  expect(set.lowestAbsent()).toBeUndefined();
  set.delete(123456789123456789n);
  expect(set.lowestAbsent()).toBe(123456789123456789n);
});

test('a set without capacity has no absent slot', () => {
  expect(new SlotSet(0n).lowestAbsent()).toBeUndefined();
});
