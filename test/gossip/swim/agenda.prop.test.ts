import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Agenda } from '../../../src/runtime/gossip/swim/agenda.ts';
import { millis } from '../../../src/runtime/platform/ports.ts';

const entry = fc.record({ due: fc.nat(50), kept: fc.boolean() });

test('whatever is due is done once, soonest first, then in the order of making', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 60 }), fc.nat(60), (entries, now) => {
      const agenda = new Agenda();
      const done: string[] = [];
      entries.forEach(({ due, kept }, index) => {
        const made = agenda.at(millis(due), () => done.push(`${due} ${index}`));
        if (!kept) made.cancel();
      });
      agenda.run(millis(now));
      const kept = entries
        .map(({ due, kept: wanted }, index) => ({ due, wanted, index }))
        .filter(({ wanted }) => wanted);
      const expected = kept
        .filter(({ due }) => due <= now)
        .sort((left, right) => left.due - right.due || left.index - right.index);
      expect(done).toEqual(expected.map(({ due, index }) => `${due} ${index}`));
      const later = kept.filter(({ due }) => due > now).map(({ due }) => due);
      expect(agenda.next).toBe(Math.min(...later));
    }),
  );
});

test('what is added for now while things are done is done, too', () => {
  const agenda = new Agenda();
  const done: number[] = [];
  agenda.at(millis(5), () => {
    done.push(1);
    agenda.at(millis(5), () => done.push(2));
    agenda.at(millis(6), () => done.push(3));
  });
  agenda.run(millis(5));
  expect(done).toEqual([1, 2]);
  expect(agenda.next).toBe(6);
});
