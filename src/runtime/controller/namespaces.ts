import type { Config, Labels, ServiceView } from '../model/index.ts';

/** What is known of namespaces, as far as pools in force choose Services by it. crd.md §2.9 */
export class Namespaces {
  readonly #labels = new Map<string, Labels>();
  /** Those that changed since it was last asked for what that affects. */
  readonly #changed = new Set<string>();
  #wanted = false;
  /** False: there is no right to read them, so that waiting for them needs an explanation. */
  readable: boolean;

  constructor(readable: boolean) {
    this.readable = readable;
  }

  /** Whether a pool in force selects namespaces. */
  get wanted(): boolean {
    return this.#wanted;
  }

  /** Whether a change may affect Services. */
  get hasNews(): boolean {
    return this.#wanted && this.#changed.size > 0;
  }

  configured({ pools }: Config): void {
    this.#wanted = pools.some((pool) => pool.serviceAllocation?.namespaceSelectors.length);
  }

  changed(name: string, labels: Labels | undefined): void {
    const before = this.#labels.get(name);
    if (labels === undefined) this.#labels.delete(name);
    else this.#labels.set(name, labels);
    if (!sameLabels(before, labels)) this.#changed.add(name);
  }

  /** The labels of the namespace of a Service; `undefined` while they are not known. */
  labelsFor({ key }: ServiceView): Labels | undefined {
    return this.#labels.get(namespaceOf(key));
  }

  /** Which of these Services may have to be looked at because of changes; each change counts once. */
  affected(services: Iterable<string>): readonly string[] {
    if (!this.hasNews) return [];
    const affected = [...services].filter((key) => this.#changed.has(namespaceOf(key)));
    this.#changed.clear();
    return affected;
  }
}

function namespaceOf(key: string): string {
  return key.slice(0, Math.max(0, key.indexOf('/')));
}

function sameLabels(a: Labels | undefined, b: Labels | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
