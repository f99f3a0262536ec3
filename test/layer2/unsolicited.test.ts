import { expect, test } from 'vitest';
import { AnnouncementSchedule } from '../../src/runtime/layer2/unsolicited.ts';
import { type Duration, millis } from '../../src/runtime/platform/ports.ts';

/** Runs the schedule to `until` and tells what was due when, `opened` being opened at its times. */
function run(opened: Readonly<Record<string, readonly number[]>>, until = 20_000): string[] {
  const schedule = new AnnouncementSchedule<string>();
  const due: string[] = [];
  const openings = Object.entries(opened)
    .flatMap(([subject, times]) => times.map((time) => ({ subject, time })))
    .sort((x, y) => x.time - y.time);
  for (;;) {
    const next = schedule.next ?? (Infinity as Duration);
    const opening = openings[0];
    if (opening !== undefined && opening.time <= next) {
      openings.shift();
      const { subject, time } = opening;
      if (schedule.open(subject, millis(time))) due.push(`${subject}@${time}`);
    } else if (next <= until) {
      due.push(...schedule.tick(next).map((subject) => `${subject}@${next}`));
    } else return due;
  }
}

test('from rest an address is announced at 0, 1.1, 2.2, 3.3 and 4.4 seconds', () => {
  expect(run({ a: [0] })).toEqual(['a@0', 'a@1100', 'a@2200', 'a@3300', 'a@4400']);
  expect(run({ a: [700, 9000] }).slice(5)).toHaveLength(5);
});

test('setting it again extends the window without another announcement at once', () => {
  expect(run({ a: [0, 3000] })).toEqual([
    'a@0',
    'a@1100',
    'a@2200',
    'a@3300',
    'a@4400',
    'a@5500',
    'a@6600',
    'a@7700',
  ]);
});

test('a second address joins the rhythm of the first', () => {
  expect(run({ a: [0], b: [500] }).filter((each) => each.startsWith('b'))).toEqual([
    'b@500',
    'b@1100',
    'b@2200',
    'b@3300',
    'b@4400',
    'b@5500',
  ]);
});

test('nothing is due for an address that was lost, and missed ticks are not made up for', () => {
  const schedule = new AnnouncementSchedule<string>();
  schedule.open('a', millis(0));
  schedule.open('b', millis(0));
  schedule.close('a');
  expect(schedule.tick(millis(3400))).toEqual(['b']);
  expect(schedule.next).toBe(4400);
  schedule.close('b');
  expect(schedule.next).toBeUndefined();
  expect(schedule.tick(millis(4400))).toEqual([]);
});
