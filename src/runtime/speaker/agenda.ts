/** Why a Service is looked at again: one whose verdict stands is left alone unless it is for a `change` of its own. */
export type Cause = 'change' | 'surroundings';

/** The Services that are to be looked at, each once, in the order in which they came up or, where told, before it. */
export class Agenda {
  #entries = new Map<string, Cause>();

  get size(): number {
    return this.#entries.size;
  }

  add(key: string, cause: Cause): void {
    if (this.#entries.get(key) !== 'change') this.#entries.set(key, cause);
  }

  /** Puts these before everything else, in this order. */
  prefer(keys: readonly string[]): void {
    const first = new Map<string, Cause>();
    for (const key of keys) first.set(key, this.#entries.get(key) ?? 'surroundings');
    for (const [key, cause] of this.#entries) if (!first.has(key)) first.set(key, cause);
    this.#entries = first;
  }

  /** Takes the first one off. */
  take(): { readonly key: string; readonly cause: Cause } | undefined {
    for (const [key, cause] of this.#entries) {
      this.#entries.delete(key);
      return { key, cause };
    }
    return undefined;
  }
}
