import { resolveScalar } from '../yaml/scalar.ts';
import { YamlFault } from '../yaml/fault.ts';
import { type MappingNode, type Node, dereference } from '../yaml/tree.ts';
import { fieldOf } from './manifest.ts';
import type { Correspondence } from './source-map.ts';

/** The longest text that aliases may make of values. */
const MAX_LENGTH = 4 * 1024 * 1024;
const MAX_DEPTH = 200;

/** Of the chart, or of one that has it as its dependency `metallb`. */
const PLACES: readonly (readonly string[])[] = [['configInline'], ['metallb', 'configInline']];

/** Where the configuration is among the values of a chart; `undefined` for what are no such values. */
export function pathOfValues(root: Node): readonly string[] | undefined {
  return PLACES.find((path) => valuesAt(path, root) !== undefined);
}

export function valuesAt(path: readonly string[], root: Node): Node | undefined {
  return path.reduce<Node | undefined>(fieldOf, root);
}

/**
 * Values as Helm hands them on: typed by YAML 1.1, then written as JSON, so that `0042` is 34 for good.
 *
 * @throws YamlFault for values that have no JSON form.
 */
export function asJson(node: Node): { text: string; known: readonly Correspondence[] } {
  const writer = new JsonWriter();
  writer.write(node, 0);
  return { text: writer.text, known: writer.known };
}

class JsonWriter {
  text = '';
  readonly known: Correspondence[] = [];

  write(node: Node, depth: number): void {
    const target = dereference(node);
    if (target === undefined || depth > MAX_DEPTH) {
      throw new YamlFault(
        'yaml-syntax',
        'values are nested too deeply or contain themselves',
        node,
      );
    }
    if (this.text.length > MAX_LENGTH) {
      throw new YamlFault('yaml-syntax', 'document contains excessive aliasing', node);
    }
    this.known.push({ inner: this.text.length, outer: node.start });
    if (target.kind === 'scalar') this.text += written(plainValue(target));
    else if (target.kind === 'sequence') this.#sequence(target.items, depth);
    else this.#mapping(target, depth);
  }

  #sequence(items: readonly Node[], depth: number): void {
    this.text += '[';
    items.forEach((item, index) => {
      if (index > 0) this.text += ',\n';
      this.write(item, depth + 1);
    });
    this.text += ']';
  }

  #mapping(mapping: MappingNode, depth: number): void {
    const members = new Map<string, { readonly key: Node; readonly value: Node }>();
    collect(mapping, members, depth);
    this.text += '{';
    let first = true;
    for (const [name, { key, value }] of members) {
      if (!first) this.text += ',\n';
      first = false;
      this.known.push({ inner: this.text.length, outer: key.start });
      this.text += `${JSON.stringify(name)}: `;
      this.write(value, depth + 1);
    }
    this.text += '}';
  }
}

/** Later keys replace earlier ones; merged mappings come in where their `<<` stands. */
function collect(
  mapping: MappingNode,
  members: Map<string, { readonly key: Node; readonly value: Node }>,
  depth: number,
): void {
  if (depth > MAX_DEPTH) {
    throw new YamlFault(
      'yaml-syntax',
      'values are nested too deeply or contain themselves',
      mapping,
    );
  }
  for (const { key, value } of mapping.pairs) {
    const name = dereference(key);
    if (name?.kind !== 'scalar') {
      throw new YamlFault('yaml-type', 'a key of a mapping is not a scalar', key);
    }
    if (name.value === '<<' && name.implicit) {
      const merged = dereference(value);
      const sources = merged?.kind === 'sequence' ? merged.items.toReversed() : [value];
      for (const source of sources) {
        const from = dereference(source);
        if (from?.kind === 'mapping') collect(from, members, depth + 1);
      }
    } else {
      members.set(String(plainValue(name)), { key, value });
    }
  }
}

/** Numbers as Go's YAML library writes them, since a field that wants text takes the digits. */
function written(value: string | number | boolean | null): string {
  if (typeof value !== 'number' || (Number.isInteger(value) && Math.abs(value) < 2 ** 64)) {
    return JSON.stringify(value);
  }
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

function plainValue(node: Extract<Node, { kind: 'scalar' }>): string | number | boolean | null {
  const resolved = resolveScalar(node);
  switch (resolved.type) {
    case 'null':
      return null;
    case 'int':
      return Number(resolved.value);
    case 'float':
      if (Number.isFinite(resolved.value)) return resolved.value;
      throw new YamlFault('yaml-type', `json: unsupported value: ${node.value}`, node);
    default:
      return resolved.value;
  }
}
