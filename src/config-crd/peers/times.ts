import {
  type Labels,
  type Peer,
  formatDuration,
  goQuote,
  parseDuration,
  wholeSeconds,
} from '../../runtime/model/index.ts';
import type { PeerSpec } from '../objects/kinds.ts';
import type { Place } from '../objects/place.ts';

/** Times of the legacy dialect that the fields cannot say; they win over the fields. product.md §4 */
const HOLD_TIME = 'metal-lb.io/hold-time';
const KEEPALIVE_TIME = 'metal-lb.io/keepalive-time';
const SECOND = 1_000_000_000n;
const DEFAULT_HOLD = 90n * SECOND;

type Times = Pick<Peer, 'holdTimeSeconds' | 'keepaliveTimeSeconds'>;

/** A duration as written, in nanoseconds, and where it is written. */
interface Written {
  readonly nanoseconds: bigint;
  readonly place: Place;
  /** As the original prints it. */
  readonly text: string;
}

/**
 * The times of a session. crd.md §1.4, §2.6
 *
 * In the fields, 0 stands for the default: 90 s, and a third of the hold time. In the annotations, which only we read, it
 * is 0: a hold time of 0 is no hold timer. Both are used in whole seconds, as they go over the wire, except for the third.
 * Nothing if one of them is wrong.
 */
export function parseTimes(
  spec: Pick<PeerSpec, 'holdTime' | 'keepaliveTime'>,
  annotations: Labels,
  place: Place,
): Times | undefined {
  const hold = holdTime(spec.holdTime, annotations[HOLD_TIME] ?? '', place);
  const keepalive = keepaliveTime(spec.keepaliveTime, annotations[KEEPALIVE_TIME] ?? '', place);
  if (hold === 'wrong' || keepalive === 'wrong') return undefined;
  const holdTimeSeconds = wholeSeconds(hold);
  if (keepalive === undefined) {
    // In whole nanoseconds, as the original divides.
    return { holdTimeSeconds, keepaliveTimeSeconds: Math.floor((holdTimeSeconds * 1e9) / 3) / 1e9 };
  }
  if (keepalive.nanoseconds > hold) {
    const message = `invalid keepaliveTime ${keepalive.text}`;
    keepalive.place.refuse({ reason: 'invalid-keepalive', message });
    return undefined;
  }
  return { holdTimeSeconds, keepaliveTimeSeconds: wholeSeconds(keepalive.nanoseconds) };
}

/** Whether something other than the default is asked for. */
export function isKeepaliveWritten({ keepaliveTime = '' }: PeerSpec, annotations: Labels): boolean {
  const parsed = parseDuration(keepaliveTime);
  const inField = parsed.kind === 'duration' && parsed.nanoseconds !== 0n;
  return inField || (annotations[KEEPALIVE_TIME] ?? '') !== '';
}

function holdTime(field: string | undefined, annotation: string, place: Place): bigint | 'wrong' {
  const annotated = annotation !== '';
  const text = annotated ? annotation : (field ?? '0s');
  const at = annotated ? place.annotation(HOLD_TIME) : place.at('spec', 'holdTime');
  const refuse = (shown: string, why: string): 'wrong' => {
    const message = `invalid hold time ${goQuote(shown)}: ${why}`;
    at.refuse({ reason: 'invalid-hold-time', message });
    return 'wrong';
  };
  const parsed = parseDuration(text);
  if (parsed.kind === 'malformed') return refuse(text, parsed.message);
  const { nanoseconds } = parsed;
  const whole = wholeSeconds(nanoseconds);
  const shown = annotated ? annotation : formatDuration(nanoseconds);
  if (whole !== 0 && whole < 3) return refuse(shown, 'must be 0 or >=3s');
  if (annotated) return BigInt(whole) * SECOND;
  return nanoseconds === 0n ? DEFAULT_HOLD : nanoseconds;
}

/** Nothing stands for the default. */
function keepaliveTime(
  field: string | undefined,
  annotation: string,
  place: Place,
): Written | undefined | 'wrong' {
  const annotated = annotation !== '';
  const text = annotated ? annotation : (field ?? '0s');
  const at = annotated ? place.annotation(KEEPALIVE_TIME) : place.at('spec', 'keepaliveTime');
  const parsed = parseDuration(text);
  if (parsed.kind === 'malformed') {
    const message = `invalid keepalive time ${goQuote(text)}: ${parsed.message}`;
    at.refuse({ reason: 'invalid-keepalive', message });
    return 'wrong';
  }
  const { nanoseconds } = parsed;
  if (annotated) {
    const whole = BigInt(wholeSeconds(nanoseconds)) * SECOND;
    return { nanoseconds: whole, place: at, text: goQuote(annotation) };
  }
  if (nanoseconds === 0n) return undefined;
  return { nanoseconds, place: at, text: `{${goQuote(formatDuration(nanoseconds))}}` };
}
