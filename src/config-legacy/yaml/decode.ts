import { YamlFault } from './fault.ts';
import { type FieldPath, pathText } from './path.ts';
import { type Resolved, resolveScalar, tagOf } from './scalar.ts';
import { type Schema, type StructSchema, typeName } from './schema.ts';
import { goQuote } from '../../runtime/model/index.ts';
import {
  type AliasNode,
  type MappingNode,
  type Node,
  type ScalarNode,
  type Span,
  dereference,
} from './tree.ts';

/** One line of Go's `yaml: unmarshal errors`. */
export interface UnmarshalError {
  readonly reason: 'yaml-type' | 'unknown-field' | 'duplicate-key';
  /** Without the leading `line N: `. */
  readonly text: string;
  readonly path: string;
  readonly span: Span;
  /** For an unknown field: the struct that was being read, and the key. */
  readonly unknown?: { readonly struct: StructSchema; readonly key: string };
}

/** A decoded scalar and where it stands. */
export interface Value<T> {
  readonly value: T;
  readonly span: Span;
}

/** Values of decoded structs by key; what is absent or null is not there. */
export type Fields = Record<string, unknown>;

/** A failed decode leaves its target as it was. */
const FAILED = Symbol('failed');
type Outcome = unknown;

/** Budget of yaml.v2 against documents that grow by aliases: shares of decodes that may come from aliases. */
const RATIO_LOW = 400_000;
const RATIO_HIGH = 4_000_000;

/**
 * Decodes a tree into the types of a schema in strict mode: every fault is collected, in document order, as
 * `UnmarshalStrict` of yaml.v2 does.
 *
 * @throws YamlFault for what yaml.v2 gives up on at once: cyclic or excessive aliases, bad merges, bad tags.
 */
export function decodeDocument(
  root: Node | undefined,
  schema: StructSchema,
): { readonly fields: Fields; readonly errors: readonly UnmarshalError[] } {
  const decoder = new Decoder();
  const fields: Fields = { span: root ?? { start: 0, end: 0 } };
  try {
    if (root !== undefined) decoder.decode(root, schema, fields);
  } catch (error) {
    if (error instanceof YamlFault) throw placed(error, decoder.path);
    throw error;
  }
  return { fields, errors: decoder.errors };
}

/** The fault with its place; the text of a password is not repeated. */
function placed({ reason, message, span }: YamlFault, path: Readonly<FieldPath>): YamlFault {
  const secret = path.at(-1) === 'password';
  const shown = secret ? message.replace(/`[^]*`/, '`[hidden]`') : message;
  return new YamlFault(reason, shown, span, pathText(path));
}

class Decoder {
  readonly errors: UnmarshalError[] = [];
  readonly path: FieldPath = [];
  readonly #openAliases = new Set<AliasNode>();
  #decodes = 0;
  #aliased = 0;

  /** @param target - what the place holds already: merges add to it. */
  decode(node: Node, schema: Schema, target?: unknown): Outcome {
    this.#count(node);
    switch (node.kind) {
      case 'alias':
        return this.#alias(node, schema, target);
      case 'scalar':
        return this.#scalar(node, schema, target);
      case 'sequence':
        return schema.kind === 'list'
          ? { items: this.#items(node.items, schema.of), span: spanOf(node) }
          : this.#mismatch(node, '!!seq', schema);
      case 'mapping':
        if (schema.kind === 'struct') {
          return this.#struct(node, schema, target as Fields | undefined);
        }
        if (schema.kind === 'map') return this.#map(node, schema, target as TextMap | undefined);
        return this.#mismatch(node, '!!map', schema);
      default:
        return node satisfies never;
    }
  }

  #count(node: Node): void {
    this.#decodes += 1;
    if (this.#openAliases.size > 0) this.#aliased += 1;
    if (this.#aliased <= 100 || this.#decodes <= 1000) return;
    if (this.#aliased / this.#decodes > allowedAliasRatio(this.#decodes)) {
      throw new YamlFault('yaml-syntax', 'document contains excessive aliasing', node);
    }
  }

  #alias(node: AliasNode, schema: Schema, target: unknown): Outcome {
    if (this.#openAliases.has(node)) {
      throw new YamlFault('yaml-syntax', `anchor '${node.name}' value contains itself`, node);
    }
    this.#openAliases.add(node);
    const outcome = this.decode(node.target, schema, target);
    this.#openAliases.delete(node);
    return outcome;
  }

  #scalar(node: ScalarNode, schema: Schema, target: unknown): Outcome {
    const resolved = resolveScalar(node);
    const span = spanOf(node);
    if (resolved.type === 'null') return nullOf(node, schema, target, span);
    const value = scalarValue(node, schema, resolved);
    return value === undefined
      ? this.#mismatch(node, tagOf(node, resolved), schema)
      : { value, span };
  }

  #items(nodes: readonly Node[], of: Schema): unknown[] {
    const items: unknown[] = [];
    nodes.forEach((node, index) => {
      this.path.push(index);
      const item = this.decode(node, of);
      if (item !== FAILED) items.push(item ?? zeroOf(of, spanOf(node)));
      this.path.pop();
    });
    return items;
  }

  #struct(node: MappingNode, schema: StructSchema, target: Fields = {}): Fields {
    target['span'] ??= spanOf(node);
    const done = new Set<string>();
    for (const { key, value } of node.pairs) {
      if (isMerge(key)) {
        this.#merge(value, schema, target);
        continue;
      }
      const name = this.#key(key);
      if (name === undefined) continue;
      const field = Object.hasOwn(schema.fields, name) ? schema.fields[name] : undefined;
      this.path.push(name);
      if (field === undefined) {
        this.#report(key, 'unknown-field', `field ${name} not found in type ${schema.type}`, {
          unknown: { struct: schema, key: name },
        });
      } else if (done.has(name)) {
        this.#report(key, 'duplicate-key', `field ${name} already set in type ${schema.type}`);
      } else {
        done.add(name);
        const outcome = this.decode(value, field, target[name]);
        if (outcome !== FAILED) target[name] = outcome;
      }
      this.path.pop();
    }
    return target;
  }

  #map(node: MappingNode, schema: Schema, target: TextMap | undefined): TextMap {
    const map = target ?? { entries: new Map(), span: spanOf(node) };
    for (const { key, value } of node.pairs) {
      if (isMerge(key)) {
        this.#merge(value, schema, map);
        continue;
      }
      const name = this.#key(key);
      if (name === undefined) continue;
      this.path.push(name);
      const outcome = this.decode(value, { kind: 'string', type: 'string' });
      if (outcome !== FAILED && map.entries.has(name)) {
        this.#report(value, 'duplicate-key', `key ${goQuote(name)} already set in map`);
      } else if (outcome !== FAILED) {
        const text = (outcome as Value<string> | undefined)?.value ?? '';
        map.entries.set(name, { value: text, span: spanOf(value), keySpan: spanOf(key) });
      }
      this.path.pop();
    }
    return map;
  }

  #key(node: Node): string | undefined {
    const outcome = this.decode(node, { kind: 'string', type: 'string' });
    if (outcome === FAILED) return undefined;
    return (outcome as Value<string> | undefined)?.value ?? '';
  }

  /** Takes the keys of other mappings; of several, earlier ones win. */
  #merge(node: Node, schema: Schema, target: unknown): void {
    if (node.kind === 'sequence') {
      for (const item of node.items.toReversed()) {
        this.decode(mergeable(item), schema, target);
      }
    } else {
      this.decode(mergeable(node), schema, target);
    }
  }

  #mismatch(node: Node, tag: string, schema: Schema): typeof FAILED {
    const value = node.kind === 'scalar' ? ` \`${shortened(node.value)}\`` : '';
    this.#report(node, 'yaml-type', `cannot unmarshal ${tag}${value} into ${typeName(schema)}`);
    return FAILED;
  }

  #report(
    node: Node,
    reason: UnmarshalError['reason'],
    text: string,
    more: Pick<UnmarshalError, 'unknown'> = {},
  ): void {
    this.errors.push({ reason, text, path: pathText(this.path), span: spanOf(node), ...more });
  }
}

/** A decoded `map[string]string`. */
export interface TextMap {
  readonly entries: Map<string, Value<string> & { readonly keySpan: Span }>;
  readonly span: Span;
}

function spanOf({ start, end }: Span): Span {
  return { start, end };
}

function isMerge(node: Node): boolean {
  if (node.kind !== 'scalar' || node.value !== '<<') return false;
  return node.implicit || node.tag === 'tag:yaml.org,2002:merge';
}

function mergeable(node: Node): Node {
  const target = node.kind === 'alias' ? node.target : node;
  if (target.kind === 'mapping') return node;
  throw new YamlFault(
    'yaml-type',
    'map merge requires map or sequence of maps as the value',
    dereference(node) === undefined ? node : target,
  );
}

/**
 * What null leaves behind: nothing. The spellings `Null` and `NULL` give an optional field the zero value
 * instead, because yaml.v2 follows the pointer before it resolves them.
 */
function nullOf(node: ScalarNode, schema: Schema, target: unknown, span: Span): Outcome {
  if (schema.kind === 'struct') return target;
  const early = ['', '~', 'null'].includes(node.value) || node.tag !== '';
  if (early || !('optional' in schema)) return undefined;
  return { value: schema.kind === 'bool' ? false : 0, span };
}

function zeroOf(schema: Schema, span: Span): unknown {
  switch (schema.kind) {
    case 'struct':
      return { span };
    case 'string':
      return { value: '', span };
    default:
      return undefined;
  }
}

function scalarValue(node: ScalarNode, schema: Schema, resolved: Resolved): unknown {
  switch (schema.kind) {
    case 'string':
      return resolved.type === 'binary' ? resolved.value : node.value;
    case 'bool':
      return resolved.type === 'bool' ? resolved.value : undefined;
    case 'int':
      return wholeNumber(resolved, schema.min, schema.max);
    default:
      return undefined;
  }
}

/** Floats lose their fraction; infinities, not-a-number and what the field cannot hold are no number. */
function wholeNumber(resolved: Resolved, min: bigint, max: bigint): number | undefined {
  let number: bigint;
  if (resolved.type === 'int') number = resolved.value;
  else if (resolved.type === 'float' && Number.isFinite(resolved.value)) {
    number = BigInt(Math.trunc(resolved.value));
  } else return undefined;
  return number >= min && number <= max ? Number(number) : undefined;
}

/** At most ten octets are shown whole, of longer texts the first seven. */
function shortened(text: string): string {
  const octets = Buffer.from(text);
  return octets.length > 10 ? `${octets.subarray(0, 7).toString()}...` : text;
}

function allowedAliasRatio(decodes: number): number {
  if (decodes <= RATIO_LOW) return 0.99;
  if (decodes >= RATIO_HIGH) return 0.1;
  return 0.99 - (0.89 * (decodes - RATIO_LOW)) / (RATIO_HIGH - RATIO_LOW);
}
