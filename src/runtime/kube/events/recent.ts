/** Remembers a bounded number of things; the one that was not asked for the longest is forgotten first. */
export class Recent<T> {
  readonly #capacity: number;
  readonly #things = new Map<string, T>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** What is remembered under `key`, or what `make` makes, which is remembered from now on. */
  get(key: string, make: () => T): T {
    const thing = this.#things.get(key) ?? make();
    this.#things.delete(key);
    this.#things.set(key, thing);
    if (this.#things.size > this.#capacity) {
      for (const oldest of this.#things.keys()) {
        this.#things.delete(oldest);
        break;
      }
    }
    return thing;
  }
}
