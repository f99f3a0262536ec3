import type { StructuralSchema } from '../definition.ts';

/** What a field may be beyond its type. */
type Limits = Pick<StructuralSchema, 'default' | 'enum' | 'format' | 'minimum' | 'maximum'>;

export function text(description: string, limits: Limits = {}): StructuralSchema {
  return { description, type: 'string', ...limits };
}

export function flag(description: string, limits: Limits = {}): StructuralSchema {
  return { description, type: 'boolean', ...limits };
}

export function integer(description: string, limits: Limits = {}): StructuralSchema {
  return { description, type: 'integer', ...limits };
}

export function int32(description: string, limits: Limits = {}): StructuralSchema {
  return integer(description, { format: 'int32', ...limits });
}

/**
 * A field of Go's uint32. The original calls these int32 as well, with a maximum beyond it: Kubernetes 1.36 refuses
 * every object of such a schema. crd.md §1.4
 */
export function uint32(description: string, limits: Limits = {}): StructuralSchema {
  return integer(description, { format: 'int64', ...limits });
}

export function list(description: string, items: StructuralSchema): StructuralSchema {
  return { description, type: 'array', items };
}

export function texts(description: string): StructuralSchema {
  return list(description, { type: 'string' });
}

/** An object with these members, of which some must be there. */
export function object(
  description: string,
  properties: Readonly<Record<string, StructuralSchema>>,
  required: readonly string[] = [],
): StructuralSchema {
  return {
    description,
    type: 'object',
    ...(required.length > 0 && { required }),
    properties,
  };
}
