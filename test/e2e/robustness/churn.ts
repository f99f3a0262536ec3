import { setTimeout as pause } from 'node:timers/promises';
import type { Services } from '../../cluster/index.ts';
import { WEB } from './site.ts';

export interface ChurnPlan {
  /** How many Services are created, and how many deleted, in a minute. */
  readonly perMinute: number;
  /** How many there are at a time. */
  readonly standing: number;
  /** Begins the names. */
  readonly prefix: string;
}

/**
 * Creates a Service and deletes the oldest one, evenly, from when `standing` are there until it is told to stop;
 * what could not be done in time is made up for. Those left are not deleted. Returns how many were created.
 */
export async function churn(
  services: Services,
  { perMinute, standing, prefix }: ChurnPlan,
  signal: AbortSignal,
): Promise<number> {
  const every = 60_000 / perMinute;
  let created = 0;
  const create = async (): Promise<void> => {
    created += 1;
    await services.create(`${prefix}-${created}`, WEB);
  };
  while (created < standing) await create();
  for (let due = Date.now() + every; !signal.aborted; due += every) {
    await Promise.all([services.delete(`${prefix}-${created - standing + 1}`), create()]);
    await pause(Math.max(0, due - Date.now()));
  }
  return created;
}
