import type { PeerEntry } from '../../../config-legacy/index.ts';
import { parseDuration, wholeSeconds } from '../../../runtime/model/index.ts';
import type { Fields, Path } from './draft.ts';
import { HOLD_TIME, KEEPALIVE_TIME, type Making } from './making.ts';

interface Time {
  readonly key: 'hold-time' | 'keepalive-time';
  /** How error classes begin. */
  readonly reason: string;
  readonly field: string;
  readonly annotation: string;
  /** What 0 means to v0.13. */
  readonly default: string;
  readonly wayOut: string;
}

const TIMES: readonly Time[] = [
  {
    key: 'hold-time',
    reason: 'hold-time',
    field: 'holdTime',
    annotation: HOLD_TIME,
    default: '90s',
    wayOut: 'write a hold-time of 3s or more, in whole seconds, or none',
  },
  {
    key: 'keepalive-time',
    reason: 'keepalive',
    field: 'keepaliveTime',
    annotation: KEEPALIVE_TIME,
    default: 'a third of the hold time',
    wayOut: 'write a keepalive-time of 1s or more, in whole seconds, or none',
  },
];

/**
 * The times of a session, as written. Legacy cuts them to whole seconds and knows a time of 0; v0.13 keeps fractions and
 * reads 0 as none. What the fields would alter goes to annotations, or is refused where nobody reads these. product.md §4
 */
export function convertTimes(
  entry: PeerEntry,
  source: Path,
  { fields, annotations, making }: { fields: Fields; annotations: Fields; making: Making },
): void {
  for (const time of TIMES) {
    const written = entry[time.key];
    if (written === undefined || written.value === '') continue;
    const seconds = secondsOf(written.value);
    const alteration = alterationOf(written.value, seconds);
    if (alteration === undefined) {
      fields.set(time.field, written.value, time.key, written);
    } else if (making.target === 'metal-lb') {
      annotations.set(time.annotation, written.value, time.key, written);
    } else {
      const what = `${time.key} ${JSON.stringify(written.value)}`;
      const means =
        alteration === 'zero'
          ? `${what} means 0, which v0.13 reads as ${time.default}`
          : `${what} is cut to whole seconds by v0.12 and kept as it is by v0.13`;
      const reason = `${time.reason}-${alteration}`;
      const place = { source: [...source, time.key], span: written.span };
      making.report.refuse({ ...place, reason, message: means, hint: time.wayOut });
      // So that nothing else seems wrong for want of it.
      fields.set(time.field, seconds === 0 ? undefined : `${seconds}s`, time.key, written);
    }
  }
}

function secondsOf(text: string): number {
  const parsed = parseDuration(text);
  return parsed.kind === 'malformed' ? 0 : wholeSeconds(parsed.nanoseconds);
}

function alterationOf(text: string, seconds: number): 'zero' | 'fraction' | undefined {
  if (seconds === 0) return 'zero';
  const parsed = parseDuration(text);
  const isWhole =
    parsed.kind === 'duration' && parsed.nanoseconds === BigInt(seconds) * 1_000_000_000n;
  return isWhole ? undefined : 'fraction';
}
