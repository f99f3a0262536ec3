import { describe, expect, test } from 'vitest';
import { Journal, answeringIn } from '../../support/failover/journal.ts';

const ADDRESS = '192.0.2.100';
const [ONE, TWO] = ['00:00:5e:00:53:21', '00:00:5e:00:53:22'];

/** What was heard, from lines with times in milliseconds. */
function journalOf(...lines: readonly string[]): Journal {
  const journal = new Journal();
  for (const line of lines) journal.read(`${line.replaceAll(/\b(\d+)ms\b/g, '$1000')}\n`);
  return journal;
}

describe('of what a prober heard it is told', () => {
  test('how long nobody answered, the longest first of several addresses', () => {
    const journal = journalOf(
      `silence ${ADDRESS} 1000ms 1100ms`,
      'silence 192.0.2.101 1000ms 6800ms',
    );
    expect(answeringIn(journal, 900, 9000)).toMatchObject({ longestSilence: 5800, silent: 2 });
  });

  test('which silence the machine may have caused, since the prober stood still as well', () => {
    const journal = journalOf(
      `silence ${ADDRESS} 1000ms 1100ms`,
      'stood 1010ms 1055ms',
      `silence ${ADDRESS} 2000ms 2100ms`,
      'stood 1990ms 2015ms',
      `silence ${ADDRESS} 3000ms 3140ms`,
      'stood 2900ms 3020ms',
      'stood 3080ms 3138ms',
      `silence ${ADDRESS} 4000ms 4500ms`,
      'stood 4200ms 4400ms',
    );
    const apart = { longestSilence: 0, silent: 0 };
    expect(answeringIn(journal, 900, 1500)).toMatchObject({ ...apart, doubtfulSilence: 100 });
    expect(answeringIn(journal, 1500, 2500)).toMatchObject({
      longestSilence: 100,
      doubtfulSilence: 0,
    });
    expect(answeringIn(journal, 2500, 3500)).toMatchObject({ ...apart, doubtfulSilence: 140 });
    expect(answeringIn(journal, 3500, 9000)).toMatchObject({ longestSilence: 500, silent: 1 });
  });

  test('nothing of what was over before', () => {
    const journal = journalOf(
      `begin ${ADDRESS} ${ONE} 100ms`,
      `begin ${ADDRESS} ${TWO} 200ms`,
      `silence ${ADDRESS} 10ms 100ms`,
      `end ${ADDRESS} ${ONE} 300ms`,
    );
    expect(answeringIn(journal, 400, 9000)).toMatchObject({ longestSilence: 0, doubled: 0 });
  });

  test('how long two machines answered, added and the longest', () => {
    const journal = journalOf(
      `begin ${ADDRESS} ${ONE} 0ms`,
      `begin ${ADDRESS} ${TWO} 1000ms`,
      `end ${ADDRESS} ${ONE} 1200ms`,
      `begin ${ADDRESS} ${ONE} 2000ms`,
      `end ${ADDRESS} ${TWO} 2500ms`,
      `double ${ADDRESS} 1010ms 1190ms 10`,
    );
    expect(answeringIn(journal, 500, 9000)).toMatchObject({
      doubled: 700,
      longestDouble: 500,
      doubledQuestions: 10,
      doubledUntil: 2000,
    });
  });

  test('that two answer as long as both go on', () => {
    const journal = journalOf(`begin ${ADDRESS} ${ONE} 0ms`, `begin ${ADDRESS} ${TWO} 1000ms`);
    expect(journal.answering(ADDRESS)).toEqual([ONE, TWO]);
    expect(answeringIn(journal, 500, 3000)).toMatchObject({ doubled: 2000 });
  });

  test('that a machine which took over was not a second one', () => {
    const journal = journalOf(
      `begin ${ADDRESS} ${ONE} 0ms`,
      `begin ${ADDRESS} ${TWO} 1000ms`,
      `end ${ADDRESS} ${ONE} 980ms`,
    );
    expect(answeringIn(journal, 500, 3000)).toMatchObject({ longestDouble: 0, doubledUntil: 0 });
  });

  test('the same from pieces as from whole lines', () => {
    const journal = new Journal();
    for (const piece of [`begin ${ADDRESS} ${ONE}`, ' 1000000\nstood 1', '000 3000\n']) {
      journal.read(piece);
    }
    expect(journal.spans).toEqual([{ address: ADDRESS, mac: ONE, from: 1000 }]);
    expect(answeringIn(journal, 0, 10)).toMatchObject({ stood: 2 });
  });

  test('by an error that its words are not understood', () => {
    expect(() => journalOf('hear nothing')).toThrow('the prober said: hear nothing');
  });
});
