import { expect, test } from 'vitest';
import { Laws } from '../../support/gossip/laws.ts';
import { VirtualRing } from '../../support/gossip/virtual-ring.ts';

const { FC_RUNS = '200', FC_SEED = '20220706' } = process.env;
const seeds = Array.from({ length: Number(FC_RUNS) / 4 }, (_, index) => Number(FC_SEED) + index);

/** A ring of two to eight members that has been there for long. */
function settled(seed: number): VirtualRing {
  const members = 2 + (seed % 7);
  const ring = new VirtualRing({ seed, members, drift: 0.05, fast: () => seed % 2 === 0 });
  ring.settle();
  return ring;
}

/** Milliseconds until all count for each other, to a tenth of a second. */
function timeToMeet(ring: VirtualRing): number {
  const laws = new Laws(ring);
  const from = ring.now;
  while (!laws.complete && ring.now < from + 60_000) ring.pass(100);
  return ring.now - from;
}

test('both sides of a cut see each other within two seconds of its end', () => {
  for (const seed of seeds) {
    const ring = settled(seed);
    const side = (index: number): boolean => index <= seed % (ring.members.length - 1 || 1);
    for (const { index } of ring.members) {
      for (const other of ring.members) {
        if (side(index) !== side(other.index)) ring.network.cut(index, other.index);
      }
    }
    ring.pass(7_000 + (seed % 8) * 10_000);
    ring.network.heal();
    expect(timeToMeet(ring), `seed ${seed}`).toBeLessThanOrEqual(2_000);
  }
});

test('who stood still declares nobody dead when it goes on, and is back within two seconds', () => {
  for (const seed of seeds) {
    const ring = settled(seed);
    const sleeper = ring.member(0);
    const lost: string[] = [];
    ring.pass((seed % 10) * 100);
    sleeper.pause();
    ring.pass(300 + (seed % 20) * 1_000);
    ring.watch = (member, effect): void => {
      const isLeave = effect.type === 'event' && effect.event.type === 'leave';
      if (isLeave && member === sleeper) lost.push(`seed ${seed}: ${effect.event.node}`);
    };
    sleeper.resume();
    ring.pass(2_000);
    expect(new Laws(ring).complete, `seed ${seed}`).toBe(true);
    ring.pass(8_000);
    expect(lost).toEqual([]);
  }
});
