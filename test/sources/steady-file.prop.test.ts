import fc from 'fast-check';
import { expect, test } from 'vitest';
import { millis } from '../../src/runtime/platform/ports.ts';
import { type FileReading, SteadyFile } from '../../src/runtime/sources/steady-file.ts';

const asText = (text: string): FileReading => ({ kind: 'text', text });

/** Looks every 10 ms from `from` until `until`; what was taken meanwhile. */
function watch(file: SteadyFile, reading: FileReading, from: number, until: number): FileReading[] {
  const taken: FileReading[] = [];
  for (let now = from; now < until; now += 10) {
    const found = file.observe(reading, millis(now));
    if (found !== undefined) taken.push(found);
  }
  return taken;
}

const line = fc.stringMatching(/^[a-z: -]{0,12}$/).map((text) => `${text}\n`);
const content = fc.array(line, { minLength: 1, maxLength: 8 }).map((lines) => lines.join(''));

test('a file rewritten in place, part by part, is taken when it is whole and never before', () => {
  const cuts = fc.array(fc.tuple(fc.nat(100), fc.integer({ min: 0, max: 90 })), { maxLength: 6 });
  fc.assert(
    fc.property(content, content, cuts, (before, after, parts) => {
      fc.pre(before !== after);
      const file = new SteadyFile(() => true);
      let now = 200;
      expect(watch(file, asText(before), 0, now)).toEqual([asText(before)]);
      // Every part adds something: a writer that rests is taken for finished.
      const lengths = new Set(parts.map(([at]) => at % after.length));
      const ends = [...lengths].sort((a, b) => a - b);
      const taken: FileReading[] = [];
      for (const [index, end] of ends.entries()) {
        const pause = parts[index]![1];
        taken.push(...watch(file, asText(after.slice(0, end)), now, now + pause));
        now += pause;
      }
      expect(taken).toEqual([]);
      expect(watch(file, asText(after), now, now + 3100)).toEqual([asText(after)]);
    }),
  );
});

test.each<[name: string, moment: FileReading, patience: number]>([
  ['finished', asText('b: 1\nc: 2\n'), 100],
  ['without a newline at its end', asText('b: 1\nc: 2'), 1000],
  ['that does not read as a configuration', asText('broken\n'), 1000],
  ['that is empty', asText(''), 3000],
  ['that is what was there, cut off at the end of a line', asText('a: 1\n'), 3000],
  ['that is gone', { kind: 'absent' }, 3000],
  ['that cannot be read', { kind: 'failed', message: 'EACCES' }, 3000],
])('a file %s counts after it has stood still for long enough', (_name, moment, patience) => {
  const file = new SteadyFile((text) => text !== 'broken\n');
  watch(file, asText('a: 1\nb: 2\n'), 0, 200);
  expect(file.observe(moment, millis(1000))).toBeUndefined();
  expect(file.nextLook).toBe(1000 + patience);
  expect(file.observe(moment, millis(1000 + patience - 1))).toBeUndefined();
  expect(file.observe(moment, millis(1000 + patience))).toEqual(moment);
  expect(file.observe(moment, millis(9000))).toBeUndefined();
  expect(file.nextLook).toBeUndefined();
});

test('a change that is taken back leaves nothing to do', () => {
  const file = new SteadyFile(() => true);
  watch(file, asText('a\n'), 0, 200);
  file.observe(asText('b\n'), millis(300));
  expect(file.observe(asText('a\n'), millis(390))).toBeUndefined();
  expect(file.nextLook).toBeUndefined();
});

test('at the first look, a file that has rested for long counts at once, a fresh one does not', () => {
  const rested = new SteadyFile(() => true);
  expect(rested.observe(asText('a\n'), millis(0), millis(60_000))).toEqual(asText('a\n'));
  const fresh = new SteadyFile(() => true);
  expect(fresh.observe(asText('a\n'), millis(0), millis(5))).toBeUndefined();
  // A clock that is behind the disk's.
  expect(fresh.observe(asText('a\n'), millis(50), millis(-9000))).toBeUndefined();
  expect(fresh.observe(asText('a\n'), millis(100), millis(-9000))).toEqual(asText('a\n'));
});
