import { type Duration, seconds } from '../../platform/ports.ts';

/** A key of the ring and when it was first found. */
export interface FoundKey<Key> {
  readonly key: Key;
  readonly since: Duration;
}

/** How the ring is to be spoken to at one moment. */
export interface KeySchedule<Key> {
  /** The first seals, all open. */
  readonly keys: readonly Key[];
  /** Those that are still of use, oldest first. */
  readonly found: readonly FoundKey<Key>[];
  /** When this changes by itself. */
  readonly next: Duration | undefined;
}

/**
 * A kubelet brings a changed Secret to its Pods within one to two minutes; after that every speaker knows the key.
 *
 * @internal
 */
export const GRACE: Duration = seconds(180);

/**
 * What to do with the keys found so far: a new one opens at once, so that nothing is lost from a speaker that is ahead;
 * it seals once every other speaker had the time to find it; and the one before it opens as long again, for those that
 * are behind. The first key seals from the start.
 *
 * @param found - at least one, oldest first
 */
export function scheduleKeys<Key>(
  found: readonly FoundKey<Key>[],
  now: Duration,
): KeySchedule<Key> {
  const ripe = found.filter(({ since }, index) => index === 0 || now >= since + GRACE);
  const sealing = Math.max(0, ripe.length - 1);
  const sealsSince = (found[sealing]?.since ?? now) + GRACE;
  const isSettled = now >= sealsSince + GRACE;
  const kept = isSettled ? found.slice(sealing) : found;
  const first = found[sealing];
  const others = kept.filter((each) => each !== first);
  const pending = found[sealing + 1];
  const dues = [
    ...(pending === undefined ? [] : [pending.since + GRACE]),
    ...(kept.length > 1 && sealing > 0 && !isSettled ? [sealsSince + GRACE] : []),
  ];
  return {
    keys: [...(first === undefined ? [] : [first]), ...others].map(({ key }) => key),
    found: kept,
    next: dues.length === 0 ? undefined : (Math.min(...dues) as Duration),
  };
}
