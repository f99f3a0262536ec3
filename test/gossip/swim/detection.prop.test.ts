import { expect, test } from 'vitest';
import { FAST, LAN, type Timing } from '../../../src/runtime/gossip/swim/timing.ts';
import { type Percentiles, detectionTimes } from '../../support/gossip/detection.ts';

const { FC_RUNS = '200' } = process.env;
const RUNS = Number(FC_RUNS);

/** What a model of the original foretells in the middle and at worst, in seconds. users.md §3.1a */
const FORETOLD = [
  { members: 2, p50: 5.5, worst: 6.0, share: 0.5 },
  { members: 3, p50: 5.6, worst: 7.0, share: 0.5 },
  { members: 4, p50: 5.6, worst: 8.0, share: 0.5 },
  { members: 6, p50: 5.6, worst: 8.9, share: 0.25 },
  { members: 10, p50: 5.7, worst: 12.2, share: 0.15 },
  { members: 50, p50: 8.5, worst: 18.3, share: 0.05 },
] as const;

const ALONE: Timing = { ...LAN, probeFanOut: 1 };
const shown = ({ p50, p95, worst }: Percentiles): string =>
  [p50, p95, worst].map((time) => time.toFixed(2).padStart(5)).join(' ');

test(
  'a crash is noticed as soon as the formulas of the original foretell, and sooner with more probes',
  { timeout: 300_000 },
  () => {
    const lines = [
      'nodes | as the original | more probes     | process only    | fast, host      | fast, process',
    ];
    for (const { members, p50, worst, share } of FORETOLD) {
      const runs = Math.ceil(RUNS * share);
      const [original, ours] = [ALONE, LAN].map((timing) =>
        detectionTimes({ members, timing, crash: 'host', runs }),
      ) as [Percentiles, Percentiles];
      const ended = detectionTimes({ members, timing: LAN, crash: 'process', runs });
      const fast = detectionTimes({ members, timing: FAST, crash: 'host', runs });
      const fastProcess = detectionTimes({ members, timing: FAST, crash: 'process', runs });
      const row = [original, ours, ended, fast, fastProcess].map(shown).join(' | ');
      lines.push(`${String(members).padStart(5)} | ${row}`);
      expect.soft(Math.abs(original.p50 - p50), `${members}: ${shown(original)}`).toBeLessThan(0.3);
      // The model does not shuffle between rounds, after which a member may wait for one turn more.
      expect.soft(original.worst).toBeLessThan(worst + 1);
      expect.soft(ours.p50).toBeLessThan(p50 + 0.3);
      expect.soft(members > 10 || ours.worst < 7, `${members}: ${shown(ours)}`).toBe(true);
      expect.soft(fast.worst, `${members}: ${shown(fast)}`).toBeLessThan(3);
      expect.soft(ended.p50).toBeLessThan(ours.p50);
      expect.soft(fastProcess.p50).toBeLessThan(fast.p50);
    }
    process.stdout.write(`seconds from crash to dead: p50, p95, worst\n${lines.join('\n')}\n`);
  },
);
