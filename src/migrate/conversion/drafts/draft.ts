import type { Manifest } from '../../manifests/manifest.ts';

/** Keys and indexes from the top: of the legacy document, or of a manifest. */
export type Path = readonly (string | number)[];

/** A half-open span of the legacy document. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Which place of a manifest was made of which place of the legacy document. */
export interface Origin {
  readonly source: Path;
  readonly span: Span;
  readonly target: Path;
}

/** An object to be, and what each part of it was made of. */
export interface Draft {
  readonly manifest: Manifest;
  readonly origins: readonly Origin[];
}

/** Something decoded, with its place. */
interface Written {
  readonly span: Span;
}

/** Collects the fields of an object in the order in which they are to be written. */
export class Fields {
  readonly values: Record<string, unknown> = {};
  readonly origins: Origin[] = [];
  readonly #source: Path;
  readonly #target: Path;

  /** @param source - the mapping of the legacy document that the fields are made of; `target` in the manifest */
  constructor(source: Path, target: Path) {
    this.#source = source;
    this.#target = target;
  }

  /** A field made of a key. What is `undefined` is not written. */
  set(name: string, value: unknown, key: string, written: Written | undefined): void {
    if (value === undefined || written === undefined) return;
    this.values[name] = value;
    this.comesFrom([key], written, [name]);
  }

  /** Says where something within the object comes from; both paths start at the object. */
  comesFrom(source: Path, { span }: Written, target: Path): void {
    const place = { source: [...this.#source, ...source], target: [...this.#target, ...target] };
    this.origins.push({ ...place, span });
  }
}
