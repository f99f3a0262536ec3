/** The Go types of the legacy document, as far as decoding and its messages depend on them. */
export type Schema = StringSchema | BoolSchema | IntSchema | ListSchema | MapSchema | StructSchema;

export interface StringSchema {
  readonly kind: 'string';
  readonly type: 'string' | 'config.Proto';
}

/** `optional`: a Go pointer, which knows absent from zero. */
export interface BoolSchema {
  readonly kind: 'bool';
  readonly optional?: true;
}

export interface IntSchema {
  readonly kind: 'int';
  readonly type: 'int' | 'uint16' | 'uint32';
  readonly min: bigint;
  readonly max: bigint;
  readonly optional?: true;
}

export interface ListSchema {
  readonly kind: 'list';
  readonly of: StringSchema | StructSchema;
}

/** `map[string]string`. */
export interface MapSchema {
  readonly kind: 'map';
}

export interface StructSchema {
  readonly kind: 'struct';
  readonly type: string;
  readonly fields: Readonly<Record<string, Schema>>;
}

/** The type as Go prints it. */
export function typeName(schema: Schema): string {
  switch (schema.kind) {
    case 'bool':
      return 'bool';
    case 'list':
      return `[]${schema.of.type}`;
    case 'map':
      return 'map[string]string';
    default:
      return schema.type;
  }
}
