import {
  type ApiClient,
  ApiError,
  ConnectionError,
  CredentialsError,
  type Json,
  type Resource,
} from '../../runtime/kube/index.ts';
import type { Gap } from './facts.ts';
import { getOne, listAll } from './listing.ts';

/** Nothing can be said: the server gives no answer, or not the one that everything rests on. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** Reads one thing after the other, and keeps in mind what may not be read. */
export class Reader {
  readonly gaps: Gap[] = [];
  readonly #client: ApiClient;
  readonly #signal: AbortSignal;
  readonly #progress: (line: string) => void;

  constructor(
    client: ApiClient,
    options: { readonly signal: AbortSignal; readonly progress?: (line: string) => void },
  ) {
    this.#client = client;
    this.#signal = options.signal;
    this.#progress = options.progress ?? ((): void => undefined);
  }

  /**
   * All objects of a collection; none where it is not served.
   *
   * @param consequence - what cannot be said where there is no right to it; `undefined`: nothing at all
   */
  async list(
    resource: Resource,
    consequence: string | undefined,
  ): Promise<readonly Json[] | undefined> {
    const what = resource.resource;
    this.#progress(`reading ${what}`);
    const found = await this.#attempt({ what, consequence }, () =>
      listAll(this.#client, resource, this.#signal),
    );
    return found === 'absent' ? [] : found;
  }

  /** One object; `undefined` where there is none, or no right to it. */
  async get(
    path: string,
    about: { readonly what: string; readonly consequence: string },
  ): Promise<Json> {
    const found = await this.#attempt(about, () => getOne(this.#client, path, this.#signal));
    return found === 'absent' ? undefined : found;
  }

  async #attempt<T>(
    { what, consequence }: { readonly what: string; readonly consequence: string | undefined },
    read: () => Promise<T>,
  ): Promise<T | 'absent' | undefined> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return 'absent';
      const forbidden = error instanceof ApiError && error.code === 403;
      if (forbidden && consequence !== undefined) {
        this.gaps.push({ what, why: error.message, consequence });
        return undefined;
      }
      if (!isRefusal(error)) throw error;
      throw new Unreadable(`cannot read ${what}: ${error.message}`);
    }
  }
}

function isRefusal(error: unknown): error is Error {
  return (
    error instanceof ApiError ||
    error instanceof ConnectionError ||
    error instanceof CredentialsError
  );
}
