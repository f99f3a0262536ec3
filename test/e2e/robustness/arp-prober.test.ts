import { describe, expect, test } from 'vitest';
import { type Answering, answeringIn } from '../../cluster/network/arp-prober.ts';

const [ONE, TWO] = ['00:00:5e:00:53:11', '00:00:5e:00:53:12'];

/** Questions about 192.0.2.100, each with the times of its answers; `end` is when it was looked at. All in ms. */
function answering(
  questions: readonly (readonly [asked: number, ...answers: (readonly [number, string])[]])[],
  end: number,
): Answering {
  const line = (what: string, number: number, at: number, mac = ''): [number, string] => {
    return [at, `${what} ${number} 192.0.2.100 ${at}000000 ${mac}`.trimEnd()];
  };
  const lines = questions.flatMap(([asked, ...answers], number) => [
    line('ask', number, asked),
    ...answers.map(([at, mac]) => line('answer', number, at, mac)),
  ]);
  const text = lines.sort(([a], [b]) => a - b).map(([, shown]) => `${shown}\n`);
  return answeringIn(text.join(''), { since: 0, until: end });
}

describe('a prober tells', () => {
  test('of prompt answers that nobody was silent for longer than they took', () => {
    const found = answering(
      [
        [0, [1, ONE]],
        [500, [502, ONE]],
        [520, [521, ONE]],
      ],
      1000,
    );
    expect(found).toMatchObject({ asked: 3, answered: 3, longestSilence: 2, slowest: 2 });
    expect(found.macs).toEqual([ONE]);
  });

  test('of a gap how long it was from the first question without an answer', () => {
    const found = answering([[0, [1, ONE]], [20], [40], [60], [80, [81, TWO]]], 1000);
    expect(found).toMatchObject({ asked: 5, answered: 2, longestSilence: 61 });
    expect(found.macs).toEqual([ONE, TWO]);
  });

  test('of late answers how late they were', () => {
    const late = [90, ONE] as const;
    const found = answering(
      [
        [0, late],
        [20, late],
        [40, late],
        [100, [101, ONE]],
      ],
      1000,
    );
    expect(found).toMatchObject({ answered: 4, longestSilence: 90, slowest: 90 });
  });

  test('of a silence that lasts, all of it', () => {
    expect(answering([[0, [1, ONE]], [20], [40]], 1000)).toMatchObject({ longestSilence: 980 });
  });

  test('of two that answer the same question', () => {
    const both = [[1, ONE] as const, [2, TWO] as const];
    expect(
      answering(
        [
          [0, ...both],
          [20, [21, ONE], [22, ONE]],
        ],
        100,
      ).doubled,
    ).toBe(1);
  });
});
