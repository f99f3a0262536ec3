import type { EventRecorder } from '../../kube/index.ts';
import { type Task, seconds } from '../../platform/ports.ts';

/** Resolves once the signal has aborted. */
export function abortOf(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Delivers Events, and at the end those that are left, as far as a second reaches. */
export function deliverEvents(events: EventRecorder): Task {
  return {
    name: events.name,
    run: async (signal) => {
      const delivery = new AbortController();
      const delivered = events.run(delivery.signal);
      await abortOf(signal);
      await events.flush(seconds(1));
      delivery.abort();
      await delivered;
    },
  };
}

/** A task that does nothing until it is first needed, and from then on runs as any other. */
export function onDemand(
  name: string,
  run: (signal: AbortSignal) => Promise<void>,
): Task & { need(): void } {
  let need = (): void => undefined;
  const needed = new Promise<void>((resolve) => (need = resolve));
  return {
    name,
    need: () => need(),
    run: async (signal) => {
      await Promise.race([needed, abortOf(signal)]);
      if (!signal.aborted) await run(signal);
    },
  };
}
