import { META_LIMIT } from '../../features.ts';
import { type MsgpackReader } from './reader.ts';
import { type MsgpackWriter } from './writer.ts';

/** One field of a message: how its value is read and written. */
export interface Field<Value> {
  /** What it is where the field is missing or nil. */
  readonly zero: Value;
  /** Not written when it is zero. */
  readonly optional: boolean;
  read(reader: MsgpackReader): Value;
  write(writer: MsgpackWriter, value: Value): void;
  isZero(value: Value): boolean;
}

/** Fields by the names they have on the wire. */
type Fields = Readonly<Record<string, Field<unknown>>>;

type Values<Table extends Fields> = {
  -readonly [Name in keyof Table]: Table[Name] extends Field<infer Value> ? Value : never;
};

/** Longest text: a node's name has at most 253 octets, and longer ones would not fit a datagram. */
const TEXT_LIMIT = 1024;
const NO_OCTETS = new Uint8Array();

function uint(greatest: number): Field<number> {
  return {
    zero: 0,
    optional: false,
    read: (reader) => reader.uint(greatest),
    write: (writer, value) => writer.uint(value),
    isZero: (value) => value === 0,
  };
}

export const u8: Field<number> = uint(0xff);
export const u16: Field<number> = uint(0xffff);
export const u32: Field<number> = uint(0xffff_ffff);

export const text: Field<string> = {
  zero: '',
  optional: false,
  read: (reader) => reader.text(TEXT_LIMIT),
  write: (writer, value) => writer.text(value),
  isZero: (value) => value === '',
};

export const flag: Field<boolean> = {
  zero: false,
  optional: false,
  read: (reader) => reader.boolean(),
  write: (writer, value) => writer.boolean(value),
  isZero: (value) => !value,
};

/** A view of the octets read. */
export const octets: Field<Uint8Array> = {
  zero: NO_OCTETS,
  optional: false,
  read: (reader) => reader.raw(Infinity),
  write: (writer, value) => writer.raw(value),
  isZero: (value) => value.length === 0,
};

/** Octets that are nil where there are none: Go writes a slice that was never made so. */
export const octetsOrNil: Field<Uint8Array> = {
  ...octets,
  write: (writer, value) => (value.length === 0 ? writer.nil() : writer.raw(value)),
};

/** `Meta`, a copy. */
export const meta: Field<Uint8Array> = {
  ...octetsOrNil,
  read: (reader) => Uint8Array.from(reader.raw(META_LIMIT)),
};

/** A field that releases before 0.2.0 do not know: left out unless set. memberlist-wire.md §15 */
export function optional<Value>(field: Field<Value>): Field<Value> {
  return { ...field, optional: true };
}

interface Entry {
  readonly name: string;
  readonly key: Uint8Array;
  readonly field: Field<unknown>;
}

/** A struct of the original as a map: written with its keys in alphabetical order, read in any. memberlist-wire.md §4 */
export class RecordCodec<Table extends Fields> {
  readonly #entries: readonly Entry[];
  readonly #hasOptional: boolean;
  readonly #zero: Values<Table>;

  constructor(table: Table) {
    this.#entries = Object.entries(table)
      .map(([name, field]) => ({ name, key: Buffer.from(name), field }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#hasOptional = this.#entries.some(({ field }) => field.optional);
    this.#zero = Object.fromEntries(
      this.#entries.map(({ name, field }) => [name, field.zero]),
    ) as Values<Table>;
  }

  /** Passes over keys it does not know. The last of two equal keys wins. */
  read(reader: MsgpackReader): Values<Table> {
    const values: Record<string, unknown> = { ...this.#zero };
    let likely = 0;
    for (let left = reader.map(); left > 0; left -= 1) {
      const index = this.#readKey(reader, likely);
      const entry = this.#entries[index];
      if (entry === undefined) {
        reader.skip();
      } else {
        values[entry.name] = reader.nil() ? entry.field.zero : entry.field.read(reader);
        likely = index + 1;
      }
    }
    return values as Values<Table>;
  }

  write(writer: MsgpackWriter, values: Readonly<Values<Table>>): void {
    const present = this.#hasOptional
      ? this.#entries.filter(({ name, field }) => !field.optional || !field.isZero(values[name]))
      : this.#entries;
    writer.map(present.length);
    for (const { name, key, field } of present) {
      writer.raw(key);
      field.write(writer, values[name]);
    }
  }

  /** The index of the entry whose key is next, looked for from `likely` on; past the last for one that is not known. */
  #readKey(reader: MsgpackReader, likely: number): number {
    const count = this.#entries.length;
    if (!reader.isRaw()) {
      reader.skip();
      return count;
    }
    const key = reader.raw(Infinity);
    for (let tried = 0; tried < count; tried += 1) {
      const index = (likely + tried) % count;
      if (sameOctets(key, this.#entries[index]?.key ?? NO_OCTETS)) return index;
    }
    return count;
  }
}

function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false;
  return true;
}
