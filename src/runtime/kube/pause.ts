import { type Clock, type Duration, type Random, seconds } from '../platform/ports.ts';
import { ConnectionError } from './api.ts';

/** Resolves after `duration`, or as soon as `signal` aborts. */
export function pause(clock: Clock, duration: Duration, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      timer[Symbol.dispose]();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.after(duration, done);
    signal?.addEventListener('abort', done);
  });
}

/** Somewhere between half of `ceiling` and all of it, so that many who failed together do not return together. */
export function jittered(ceiling: Duration, random: Random): Duration {
  return (ceiling * (0.5 + random.float() / 2)) as Duration;
}

/** `first` doubled with every failure, up to `ceiling`. */
export function backOff(failures: number, first: Duration, ceiling: Duration): Duration {
  return Math.min(first * 2 ** Math.min(failures, 30), ceiling) as Duration;
}

/**
 * The longest that a server is left alone. One that answers with trouble may be overloaded; one that is not there takes
 * no harm from being asked, and what waits for it shall go on within seconds of its return.
 */
export function longestPause(error: Error): Duration {
  return seconds(error instanceof ConnectionError ? 5 : 30);
}
