import {
  type ApiClient,
  ApiError,
  ConnectionError,
  CredentialsError,
  type Json,
  type Resource,
} from '../../runtime/kube/index.ts';
import type { Gap, SourceOfConfig } from './facts.ts';
import { getOne, listAll } from './listing.ts';

/** Nothing can be said: the server gives no answer, or not the one that everything rests on. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** What is read, and what it means if it may not be. */
type Purpose = Pick<Gap, 'what' | 'hides'> & {
  /** `undefined`: nothing at all can be said. */
  readonly consequence: string | undefined;
};

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
   * @param hides - the source of the configuration that this is
   */
  async list(
    resource: Resource,
    consequence: string | undefined,
    hides?: SourceOfConfig,
  ): Promise<readonly Json[] | undefined> {
    const what = resource.resource;
    this.#progress(`reading ${what}`);
    const found = await this.#attempt({ what, consequence, ...(hides && { hides }) }, () =>
      listAll(this.#client, resource, this.#signal),
    );
    return found === 'absent' ? [] : found;
  }

  /** One object; `undefined` where there is none, or no right to it. */
  async get(path: string, about: Purpose): Promise<Json> {
    const found = await this.#attempt(about, () => getOne(this.#client, path, this.#signal));
    return found === 'absent' ? undefined : found;
  }

  async #attempt<T>(
    { what, consequence, hides }: Purpose,
    read: () => Promise<T>,
  ): Promise<T | 'absent' | undefined> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return 'absent';
      const forbidden = error instanceof ApiError && error.code === 403;
      if (forbidden && consequence !== undefined) {
        this.gaps.push({ what, why: error.message, consequence, ...(hides && { hides }) });
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
