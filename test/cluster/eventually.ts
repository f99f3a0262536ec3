import { setTimeout as pause } from 'node:timers/promises';

const BETWEEN = 50;

/**
 * Asks until there is an answer and returns it. What `probe` throws counts as no answer yet, and is the cause of
 * the failure if time runs out.
 *
 * @param what - what is awaited, as the failure shall name it
 * @param within - milliseconds
 */
export async function eventually<T>(
  what: string,
  probe: () => T | undefined | Promise<T | undefined>,
  within = 15_000,
): Promise<T> {
  const deadline = performance.now() + within;
  let cause: unknown;
  do {
    try {
      const answer = await probe();
      if (answer !== undefined && answer !== false) return answer;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await pause(BETWEEN);
  } while (performance.now() < deadline);
  throw new Error(`not within ${within / 1000} s: ${what}`, { cause });
}

/** Watches for a while that nothing of a kind happens: rejects as soon as `probe` returns something. */
export async function never<T>(
  what: string,
  probe: () => T | undefined | Promise<T | undefined>,
  during: number,
): Promise<void> {
  const deadline = performance.now() + during;
  do {
    const found = await probe();
    if (found !== undefined && found !== false) {
      throw new Error(`happened: ${what}: ${JSON.stringify(found)}`);
    }
    await pause(BETWEEN);
  } while (performance.now() < deadline);
}
