import { expect, test } from 'vitest';
import { schedule } from '../../support/gossip/faults.ts';
import { Laws } from '../../support/gossip/laws.ts';

const { FC_RUNS = '200', FC_SEED = '20220706' } = process.env;
const RUNS = Number(FC_RUNS);
const SEED = Number(FC_SEED);
/** Within which everybody agrees after the last trouble, in milliseconds. */
const QUIET = 150_000;
/** Looks at the ring, one after the other, at which everybody agrees. */
const STEADY = 4;
const SECOND = 1_000;
/** Machines of a gate may be slow, in milliseconds. */
const LONG = 300_000;

/** Which laws the ring of this seed broke, and what had happened to it. */
function judge(seed: number, members: number): readonly string[] {
  const troubles = schedule(seed, members);
  const { ring, story, until } = troubles;
  const laws = new Laws(ring);
  const pace = members > 50 ? 5 * SECOND : SECOND;
  while (ring.now < until) {
    ring.pass(pace);
    laws.inspect();
  }
  troubles.calm();
  // Somebody may still be about to suspect somebody over what happened before.
  for (let agreed = 0; agreed < STEADY && ring.now < until + QUIET;) {
    ring.pass(pace);
    laws.inspect();
    agreed = laws.agreed ? agreed + 1 : 0;
  }
  const wrong = [...laws.broken, ...laws.disagreements()];
  return wrong.length === 0 ? [] : [`seed ${seed}, ${members} members`, ...story, ...wrong];
}

/** Seeds of one test apart from those of the others. */
const seeds = (count: number, offset: number): number[] =>
  Array.from({ length: count }, (_, index) => SEED + offset + index);

test(
  'small rings agree again after whatever happened, and break no law meanwhile',
  { timeout: LONG },
  () => {
    for (const seed of seeds(10 * RUNS, 0)) expect(judge(seed, 2 + (seed % 7))).toEqual([]);
  },
);

test('rings of some dozens of members do so too', { timeout: LONG }, () => {
  for (const seed of seeds(RUNS / 20, 1e6)) expect(judge(seed, 20 + (seed % 31))).toEqual([]);
});

test('rings of 200 members do so too', { timeout: LONG }, () => {
  for (const seed of seeds(Math.ceil(RUNS / 200), 2e6)) expect(judge(seed, 200)).toEqual([]);
});
