import type { Timing } from '../../../src/runtime/gossip/swim/timing.ts';
import type { Crash, VirtualMember } from './virtual-member.ts';
import { VirtualRing } from './virtual-ring.ts';

export interface Detection {
  readonly members: number;
  readonly timing: Timing;
  readonly crash: Crash;
  readonly runs: number;
}

/** Seconds. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly worst: number;
}

/** Longest that is waited for, in milliseconds. */
const PATIENCE = 60_000;

/** How long after a crash the first survivor declares the crashed member dead, on a calm network. */
export function detectionTimes({ members, timing, crash, runs }: Detection): Percentiles {
  const times: number[] = [];
  for (let seed = 1; seed <= runs; seed += 1) {
    times.push(oneDetection(seed, members, timing, crash));
  }
  times.sort((left, right) => left - right);
  const at = (share: number): number => {
    const index = Math.min(times.length - 1, Math.floor(share * times.length));
    return (times[index] ?? NaN) / 1_000;
  };
  return { p50: at(0.5), p95: at(0.95), worst: at(1) };
}

function oneDetection(seed: number, members: number, timing: Timing, crash: Crash): number {
  const ring = new VirtualRing({ seed, members, timing, fastTiming: timing, fast: () => true });
  ring.settle();
  ring.pass(ring.random.float() * 3 * timing.probeInterval);
  const victim = ring.member(Math.floor(ring.random.float() * members));
  const crashed = ring.now;
  let dead: number | undefined;
  ring.watch = (_observer: VirtualMember, effect): void => {
    const lost = effect.type === 'event' && effect.event.type === 'leave';
    if (lost && effect.event.node === victim.node) dead ??= ring.now - crashed;
  };
  victim.end(crash);
  while (dead === undefined && ring.now < crashed + PATIENCE) ring.pass(100);
  return dead ?? Infinity;
}
