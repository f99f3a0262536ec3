import { measureApart } from './apart.js';
import { table } from './load.js';

/** Milliseconds within which 99 of 100 cuts are to be noticed. */
const TARGET = 200;

const { BFD_CUTS = '200', BFD_SECONDS = '600' } = process.env;

const ms = (number) => `${number.toFixed(1)} ms`;
const times = (number) => `${number.toFixed(1)}x`;

function spread(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

/**
 * BFD at 3 x 50 ms against bfdd of FRR: how soon its silence is noticed, and that nothing else is taken for it. Needs root
 * and FRR, as `npm run e2e:bgp` does; `BFD_CUTS` and `BFD_SECONDS` shorten it.
 */
export async function benchBfd() {
  if (process.getuid() !== 0) throw new Error('the measurements of BFD need root');
  const result = await measureApart('bench/bfd/measure.js', [BFD_CUTS, BFD_SECONDS]);
  return { title: 'BFD', result, markdown: report(result) };
}

function report({ stages, steady }) {
  const cuts = stages.map(({ busy, detections, flaps, lag }) => {
    const { p50, p99, max } = spread(detections.map(({ sinceCut }) => sinceCut));
    const late = spread(detections.map(({ sinceHeard }) => sinceHeard - 150));
    return [
      ...[busy ? 'busy, 1 s at a time' : 'idle', String(detections.length)],
      ...[ms(p50), ms(p99), ms(max)],
      ...[busy ? (p99 < TARGET ? 'yes' : 'no') : '', ms(late.p99), ms(late.max)],
      ...[ms(lag.p99), ms(lag.max), String(flaps)],
    ];
  });
  const { lag, alarms, gaps, seconds } = steady;
  const rows = [
    ['our packets', gaps.ours],
    ['packets of bfdd', gaps.theirs],
  ].map(([whose, { p50, p99, max }], index) => [
    ...[whose, ms(p50), ms(p99), ms(max)],
    // The longest that is agreed on is 50 ms.
    ...[times(Math.max(0, max - 50) / lag.max), String(alarms[1 - index])],
  ]);
  return `
bfdd stops in the middle of its work (SIGSTOP); noticed when our packet that says Down is on the wire. All times are the kernel's.
Beside it, a C program sleeps for a millisecond at a time: what the machine lets it oversleep nobody here can better.

${table(['main loop', 'cuts', 'p50', 'p99', 'slowest', `p99 under ${TARGET} ms`, 'after the agreed 150 ms: p99', 'most', 'overslept: p99', 'most', 'false alarms'], cuts)}

With the main loop busy for 1 s at a time and nothing cut, for ${seconds} s:

${table(['between', 'p50', 'p99', 'longest', 'beyond 50 ms, beside the longest oversleeping', 'taken for dead by the other end'], rows)}

The machine let the C program oversleep by ${ms(lag.p99)} (p99) and ${ms(lag.max)} (most) meanwhile.
`;
}
