import { expect, test } from 'vitest';
import type { Claim } from '../../../../src/runtime/gossip/protocol/message.ts';
import { Broadcasts } from '../../../../src/runtime/gossip/swim/membership/broadcasts.ts';
import { sizeOf } from '../../../../src/runtime/gossip/swim/membership/size.ts';

const dead = (node: string, incarnation = 1): Claim => ({
  type: 'dead',
  incarnation,
  node,
  from: 'z',
});
const suspect = (node: string, from: string, incarnation = 1): Claim => ({
  type: 'suspect',
  incarnation,
  node,
  from,
});
const names = (claims: readonly Claim[]): string[] => claims.map(({ node }) => node);

test('a claim is sent as often as it may be, and no more', () => {
  const queue = new Broadcasts();
  let told = 0;
  queue.put(dead('b'), () => (told += 1));
  const sent = [1, 2, 3, 4].map(() => queue.take(1_400, 2, 3).length);
  expect(sent).toEqual([1, 1, 1, 0]);
  expect([queue.size, told]).toEqual([0, 1]);
});

test('a newer claim about a member takes the place of the older one', () => {
  const queue = new Broadcasts();
  let told = 0;
  queue.put(suspect('b', 'c'), () => (told += 1));
  queue.put(dead('b', 2));
  expect([queue.size, told]).toEqual([1, 1]);
  expect(queue.take(1_400, 2, 4)).toEqual([dead('b', 2)]);
});

test('three members that suspect one are all told of; what they say ends with the next claim', () => {
  const queue = new Broadcasts();
  for (const from of ['c', 'd', 'e']) queue.put(suspect('b', from));
  expect(queue.take(1_400, 2, 4)).toHaveLength(3);
  queue.put(suspect('b', 'f', 2));
  expect(queue.take(1_400, 2, 4)).toEqual([suspect('b', 'f', 2)]);
  expect(queue.size).toBe(1);
});

test('what was sent least goes first, then what is largest, then what is newest', () => {
  const queue = new Broadcasts();
  queue.put(dead('old'));
  queue.take(1_400, 2, 4);
  for (const node of ['b', 'longer', 'c']) queue.put(dead(node));
  expect(names(queue.take(1_400, 2, 4))).toEqual(['longer', 'c', 'b', 'old']);
});

test('a datagram is filled, with what still fits after what does not', () => {
  const queue = new Broadcasts();
  for (const node of ['b'.repeat(60), 'c'.repeat(50), 'd']) queue.put(dead(node));
  const budget = sizeOf(dead('b'.repeat(60))) + sizeOf(dead('d')) + 2 * 2;
  expect(names(queue.take(budget, 2, 4))).toEqual(['b'.repeat(60), 'd']);
  expect(names(queue.take(budget - 1, 2, 4))).toEqual(['c'.repeat(50), 'd']);
  expect(queue.take(sizeOf(dead('d')) + 1, 2, 4)).toEqual([]);
});
