import {
  type ApiClient,
  ApiError,
  type Json,
  type Resource,
  elements,
  member,
  pathOf,
  text,
} from '../../runtime/kube/index.ts';
import { seconds } from '../../runtime/platform/ports.ts';

/** Objects that one answer carries. */
const PAGE = '500';
/** More objects than any cluster of ours has: a list that never ends is given up. */
const MOST_PAGES = 400;
/** Starts of a list whose pages expire one after the other. */
const MOST_STARTS = 3;
const TIME_LIMIT = seconds(20);
const ATTEMPTS = 2;

/** All objects of a collection, page by page. Rejects as the client does. */
export async function listAll(
  client: ApiClient,
  resource: Resource,
  signal: AbortSignal,
): Promise<readonly Json[]> {
  for (let start = 1; ; start += 1) {
    try {
      return await everyPage(client, resource, signal);
    } catch (error) {
      // The server forgets a list that is read too slowly.
      const expired = error instanceof ApiError && error.code === 410;
      if (!expired || start === MOST_STARTS) throw error;
    }
  }
}

/** One object. Rejects as the client does. */
export async function getOne(client: ApiClient, path: string, signal: AbortSignal): Promise<Json> {
  return await client.request({ method: 'GET', path, ...limits(signal) });
}

async function everyPage(
  client: ApiClient,
  resource: Resource,
  signal: AbortSignal,
): Promise<readonly Json[]> {
  const path = pathOf(resource);
  const items: Json[] = [];
  let token = '';
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const query = { limit: PAGE, ...(token !== '' && { continue: token }) };
    const answer = await client.request({ method: 'GET', path, query, ...limits(signal) });
    for (const item of elements(member(answer, 'items'))) items.push(item);
    token = text(member(member(answer, 'metadata'), 'continue'));
    if (token === '') return items;
  }
  throw new ApiError(500, 'TooMany', `there is no end to ${resource.resource}`);
}

function limits(signal: AbortSignal): {
  readonly timeLimit: typeof TIME_LIMIT;
  readonly attempts: number;
  readonly signal: AbortSignal;
} {
  return { timeLimit: TIME_LIMIT, attempts: ATTEMPTS, signal };
}
