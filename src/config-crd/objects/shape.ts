import { type JsonObject, isObject } from '../schema/json.ts';
import type { Place } from './place.ts';

/**
 * Reads JSON as a type of its own. What has another type is a problem of its place and left out, as is `null`; a member
 * that nobody knows is a warning, since an API server drops it without a word. crd.md §1.9
 */
export type Shape<T> = (value: unknown, place: Place) => T | undefined;

type Fields<T> = { readonly [Key in keyof T]-?: Shape<NonNullable<T[Key]>> };

export const text: Shape<string> = ofType(
  'string',
  (value): value is string => typeof value === 'string',
);

export const flag: Shape<boolean> = ofType(
  'boolean',
  (value): value is boolean => typeof value === 'boolean',
);

const whole: Shape<number> = ofType(
  'integer',
  (value): value is number => typeof value === 'number' && Number.isInteger(value),
);

const items: Shape<readonly unknown[]> = ofType('array', (value): value is readonly unknown[] =>
  Array.isArray(value),
);

const members: Shape<JsonObject> = ofType('object', isObject);

/** A whole number of the range. */
export function integer(minimum: number, maximum: number): Shape<number> {
  return (value, place) => {
    const number = whole(value, place);
    if (number === undefined || (number >= minimum && number <= maximum)) return number;
    const [limit, rule] =
      number < minimum
        ? (['minimum', `greater than or equal to ${minimum}`] as const)
        : (['maximum', `less than or equal to ${maximum}`] as const);
    const found = `${place.path}: Invalid value: ${number}`;
    const message = `${found}: ${place.path} in body should be ${rule}`;
    place.refuse({ reason: `schema-${limit}`, message });
    return undefined;
  };
}

export function list<T>(of: Shape<T>): Shape<readonly T[]> {
  return (value, place) =>
    items(value, place)?.flatMap((item, index) => {
      const read = of(item, place.at(index));
      return read === undefined ? [] : [read];
    });
}

export const textMap: Shape<Readonly<Record<string, string>>> = (value, place) => {
  const entries = Object.entries(members(value, place) ?? {}).flatMap(([key, item]) => {
    const read = text(item, place.at(key));
    return read === undefined ? [] : [[key, read] as const];
  });
  return Object.fromEntries(entries);
};

export function struct<T extends object>(fields: Fields<T>): Shape<T> {
  const known = new Map(Object.entries<Shape<unknown>>(fields));
  return (value, place) => {
    const entries: [string, unknown][] = [];
    for (const [key, item] of Object.entries(members(value, place) ?? {})) {
      const shape = known.get(key);
      if (shape === undefined) warnOfUnknown(place.at(key), key, known.keys());
      const read = item === null ? undefined : shape?.(item, place.at(key));
      if (read !== undefined) entries.push([key, read]);
    }
    // Every field was read by the shape that its type asks for.
    return Object.fromEntries(entries) as T;
  };
}

function warnOfUnknown(place: Place, key: string, known: Iterable<string>): void {
  const message = `unknown field "${place.path}": it is dropped`;
  place.warn({ reason: 'unknown-field', message, didYouMean: place.nearest(key, known) });
}

function ofType<T>(wanted: string, isWanted: (value: unknown) => value is T): Shape<T> {
  return (value, place) => {
    if (isWanted(value)) return value;
    const found = jsonType(value);
    const rule = `${place.path} in body must be of type ${wanted}: "${found}"`;
    const message = `${place.path}: Invalid value: "${found}": ${rule}`;
    place.refuse({ reason: 'schema-type', message });
    return undefined;
  };
}

function jsonType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' && Number.isInteger(value) ? 'integer' : typeof value;
}
