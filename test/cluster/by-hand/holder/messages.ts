import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { AdminIdentity, Running } from '../state/state-folder.ts';

/** What the process in the private network tells the holder when the cluster is ready. */
export interface Opened {
  readonly cluster: Omit<Running, 'entry' | 'api'>;
  readonly admin: AdminIdentity;
}

/** What the holder tells the command that started it: its cluster is ready, or there is one already. */
export type HolderMessage = 'ready' | 'held';

/** The first message of a child; `undefined` when it ends without one. */
export async function firstMessage<T>(child: ChildProcess): Promise<T | undefined> {
  const heard = new AbortController();
  const { signal } = heard;
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([message]) => message as T),
      once(child, 'disconnect', { signal }).then(() => undefined),
    ]);
  } finally {
    heard.abort();
  }
}

/** Tells the process that started this one, if it still listens. */
export async function tell(message: Opened | HolderMessage): Promise<void> {
  if (!process.connected) return;
  await new Promise<void>((resolve) => process.send?.(message, () => resolve()));
}
