import { expect, test } from 'vitest';
import { Awareness } from '../../../../src/runtime/gossip/swim/probe/awareness.ts';

test('a member is at most as unwell as seven, and at best well', () => {
  const awareness = new Awareness(8);
  const scores = [1, 1, 9, 3, -1, -2, -9, -1, 1].map((delta) => {
    awareness.change(delta);
    return awareness.score;
  });
  expect(scores).toEqual([1, 2, 7, 7, 6, 4, 0, 0, 1]);
});
