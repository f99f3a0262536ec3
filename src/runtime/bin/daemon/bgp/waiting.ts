import type { Clock, Duration } from '../../../platform/ports.ts';

/** Resolves when `work` does, or once `most` is over. */
export async function atMost(clock: Clock, most: Duration, work: Promise<unknown>): Promise<void> {
  let timer: Disposable | undefined;
  const over = new Promise<void>((resolve) => {
    timer = clock.after(most, resolve);
  });
  await Promise.race([work, over]);
  timer?.[Symbol.dispose]();
}
