import type { ObjectReference } from '../../runtime/model/index.ts';

/** Steps from the top of an object or a document down to one of its fields. */
export type Path = readonly (string | number)[];

/** A mapping of the legacy document, its keys in the original's order. */
export type Entry = Readonly<Record<string, unknown>>;

/** Says that a field of an object became a field of the legacy document. */
export interface Link {
  readonly object: Pick<ObjectReference, 'kind' | 'name'>;
  readonly from: Path;
  readonly to: Path;
}

/** A part of the legacy document and where it comes from; in the links, `to` starts at the part. */
export interface Part<Value = Entry> {
  readonly value: Value;
  readonly links: readonly Link[];
}

/** A key of an entry, its value and the field that this comes from; nothing is written of what is `undefined`. */
export type Field = readonly [key: string, value: unknown, from: Path];

/** An entry made of one object, or of a part of it. */
export function entryOf(object: ObjectReference, from: Path, fields: readonly Field[]): Part {
  const written = fields.filter(([, value]) => value !== undefined);
  return {
    value: Object.fromEntries(written.map(([key, value]) => [key, value])),
    links: [
      { object, from, to: [] },
      ...written.map(([key, , field]) => ({ object, from: field, to: [key] })),
    ],
  };
}

/** The links of a part that stands at this place. */
export function linksAt(to: Path, links: readonly Link[]): readonly Link[] {
  return links.map((link) => ({ ...link, to: [...to, ...link.to] }));
}

/** The steps of a path that is written as in `spec.addresses[0]`. */
export function stepsOf(path: string): Path {
  return [...path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, key = '']) =>
    index === undefined ? key : Number(index),
  );
}

export function textOf(path: Path): string {
  return path.reduce<string>((above, step) => {
    if (typeof step === 'number') return `${above}[${step}]`;
    return above === '' ? step : `${above}.${step}`;
  }, '');
}

/** Whether all of `start` is the start of `path`. */
export function startsWith(path: Path, start: Path): boolean {
  return start.every((step, index) => step === path[index]);
}

/** As it is written, if there is anything of it. */
export function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
