import { type Duration, type Random, millis } from '../../platform/ports.ts';
import type { TimerName } from '../fsm/fsm.ts';

const SPREAD = 0.25;

/**
 * The time after which a timer fires, so that the speakers of a cluster do not act at once: of keepalives as RFC 4271 §10 says,
 * which is earlier; of attempts later, for a wait promises that it is no shorter. What others rely on stays exact.
 */
export function jittered(timer: TimerName, after: Duration, random: Random): Duration {
  switch (timer) {
    case 'keepalive':
      return millis(after * (1 - SPREAD * random.float()));
    case 'idleHold':
      return millis(after * (1 + SPREAD * random.float()));
    default:
      return after;
  }
}
