import {
  type ApiCall,
  ApiError,
  ConnectionError,
  type Json,
  backOff,
  elements,
  jittered,
  member,
  pathOf,
  pause,
  text,
} from '../../runtime/kube/index.ts';
import { millis, seconds } from '../../runtime/platform/ports.ts';
import { type Ground, Interruption } from './ground.ts';

const ATTEMPTS = 6;
const FIRST_PAUSE = millis(500);
const LONGEST_PAUSE = seconds(8);
/** Objects that one page of a list has. */
const PAGE = '500';

/**
 * Sends a request that may be sent twice, and again while the server cannot be reached or asks for patience; for half a
 * minute or so, and no longer once somebody wants to stop.
 */
export async function persistently(ground: Ground, call: ApiCall): Promise<Json> {
  const { client, clock, random, interrupted } = ground;
  for (let failures = 0; ; failures += 1) {
    try {
      return await client.request({ attempts: 3, ...call });
    } catch (error) {
      if (!isWorthAnother(error) || failures + 1 >= ATTEMPTS || interrupted.aborted) throw error;
      ground.progress(`${text((error as Error).message)}: trying again`);
      const ceiling = backOff(failures, FIRST_PAUSE, LONGEST_PAUSE);
      await pause(clock, jittered(ceiling, random), interrupted);
    }
  }
}

function isWorthAnother(error: unknown): boolean {
  if (error instanceof ConnectionError) return true;
  return error instanceof ApiError && (error.code === 429 || error.code >= 500);
}

/** An object, or `undefined` where there is none, or no such kind. */
export async function find(ground: Ground, path: string): Promise<Json> {
  try {
    return await persistently(ground, { method: 'GET', path });
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

/** What a list gives. */
export interface Listing {
  readonly items: readonly Json[];
  /** The cluster's version at that moment. */
  readonly version: string;
}

/** Every object of a collection; none where its kind is not served. */
export async function list(
  ground: Ground,
  resource: Parameters<typeof pathOf>[0],
  query: Readonly<Record<string, string>> = {},
): Promise<Listing> {
  const path = pathOf(resource);
  const items: Json[] = [];
  for (let token = ''; ;) {
    const more = token === '' ? {} : { continue: token };
    try {
      const call = { method: 'GET', path, query: { limit: PAGE, ...query, ...more } } as const;
      const page = await persistently(ground, call);
      items.push(...elements(member(page, 'items')));
      token = text(member(member(page, 'metadata'), 'continue'));
      const version = text(member(member(page, 'metadata'), 'resourceVersion'));
      if (token === '') return { items, version };
    } catch (error) {
      if (isAbsence(error)) return { items: [], version: '' };
      if (!(error instanceof ApiError) || error.code !== 410) throw error;
      // The list grew too old while it was read: once more from its beginning.
      items.length = 0;
      token = '';
    }
  }
}

export function isAbsence(error: unknown): boolean {
  return error instanceof ApiError && error.code === 404;
}

/** Throws where somebody wants the command to stop. */
export function mayGoOn({ interrupted }: Ground): void {
  if (interrupted.aborted) throw new Interruption('interrupted');
}
