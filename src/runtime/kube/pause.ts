import type { Clock, Duration, Random } from '../platform/ports.ts';

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
