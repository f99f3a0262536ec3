import {
  type Document,
  type ParsedNode,
  type Pair as YamlPair,
  type Scalar,
  isAlias,
  isMap,
  isPair,
  isScalar,
} from 'yaml';
import { YamlFault } from './fault.ts';
import type { LineIndex } from './source.ts';
import { mappingNotAllowed, missingKey } from './syntax.ts';
import {
  LONG_TAG_PREFIX,
  type MappingNode,
  type Node,
  type Pair,
  type SequenceNode,
} from './tree.ts';

/** Far below what would exhaust the stack, far above what any configuration needs. */
const MAX_DEPTH = 500;

interface Growing<Member> {
  readonly start: number;
  readonly end: number;
  readonly members: Member[];
}

/** Turns the syntax tree of `yaml` into one that keeps only what yaml.v2 keeps, anchors resolved as it does. */
export class TreeBuilder {
  readonly #text: string;
  readonly #lines: LineIndex;
  readonly #anchors = new Map<string, Node>();
  #depth = 0;

  constructor(text: string, lines: LineIndex) {
    this.#text = text;
    this.#lines = lines;
  }

  build(document: Document.Parsed): Node | undefined {
    return document.contents === null ? undefined : this.#node(document.contents);
  }

  #node(node: ParsedNode): Node {
    if (isAlias(node)) return this.#alias(node.source, node.range, node.source);
    const start = this.#startOf(node);
    if (isScalar(node)) return this.#scalar(node, start);
    if (++this.#depth > MAX_DEPTH) {
      throw new YamlFault('yaml-syntax', `exceeded max depth of ${MAX_DEPTH}`, {
        start,
        end: start,
      });
    }
    const growing = { start, end: node.range[1] };
    const built = isMap(node)
      ? this.#mapping(node.items, { ...growing, members: [] }, node.anchor)
      : this.#sequence(node.items, { ...growing, members: [] }, node.anchor);
    this.#depth -= 1;
    return built;
  }

  #scalar(node: Scalar.Parsed, start: number): Node {
    const tag = longTag(node.tag);
    const value = this.#valueOf(node);
    const implicit = (node.type === 'PLAIN' && tag === '') || tag === '!';
    const scalar = { kind: 'scalar', value, tag, implicit, start, end: node.range[1] } as const;
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, scalar);
    return scalar;
  }

  /** libyaml adds no line break to a block that ends with the text; `yaml` does. */
  #valueOf({ source, type, range }: Scalar.Parsed): string {
    const block = type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED';
    const unbroken = block && range[1] >= this.#text.length && !this.#text.endsWith('\n');
    return unbroken ? source.replace(/\n$/, '') : source;
  }

  #alias(name: string, [start, end]: readonly number[], shown: string): Node {
    const target = this.#anchors.get(name);
    const span = { start: start ?? 0, end: end ?? 0 };
    if (target === undefined) {
      throw new YamlFault('yaml-syntax', `unknown anchor '${shown}' referenced`, span);
    }
    return { kind: 'alias', name, target, ...span };
  }

  /** An anchor is known before its content, so that content which contains itself is seen as such. */
  #sequence(items: ParsedNode[], growing: Growing<Node>, anchor: string | undefined): SequenceNode {
    const { start, end, members } = growing;
    const sequence: SequenceNode = { kind: 'sequence', items: members, start, end };
    if (anchor !== undefined) this.#anchors.set(anchor, sequence);
    for (const item of items) {
      members.push(isPair(item) ? this.#singlePair(item) : this.#node(item));
    }
    return sequence;
  }

  #mapping(items: YamlPair[], growing: Growing<Pair>, anchor: string | undefined): MappingNode {
    const { start, end, members } = growing;
    const mapping: MappingNode = { kind: 'mapping', pairs: members, start, end };
    if (anchor !== undefined) this.#anchors.set(anchor, mapping);
    for (const item of items as YamlPair<ParsedNode, ParsedNode | null>[]) {
      this.#refuseMissingKey(item.key, members.at(-1));
      members.push(this.#pair(item));
    }
    return mapping;
  }

  #singlePair(item: unknown): MappingNode {
    const pair = this.#pair(item as YamlPair<ParsedNode, ParsedNode | null>);
    return { kind: 'mapping', pairs: [pair], start: pair.key.start, end: pair.value.end };
  }

  #pair({ key, value }: YamlPair<ParsedNode, ParsedNode | null>): Pair {
    const keyNode = this.#node(key);
    if (value === null) return { key: keyNode, value: nothingAt(keyNode.end) };
    this.#refuseCompactMapping(key, value);
    if (isAlias(value) && keyNode.kind === 'scalar' && keyNode.value === 'password') {
      // A password that begins with an asterisk is no anchor's name to print.
      return { key: keyNode, value: this.#alias(value.source, value.range, '[hidden]') };
    }
    return { key: keyNode, value: this.#node(value) };
  }

  /** libyaml wants a key before every colon; `yaml` makes do with none, as in `a: [b]: c`. */
  #refuseMissingKey(key: ParsedNode, previous: Pair | undefined): void {
    const [start, end] = key.range;
    if (end > start || !isScalar(key) || key.tag !== undefined || key.anchor !== undefined) return;
    if (/\?\s*$/.test(this.#text.slice(Math.max(0, start - 200), start))) return;
    throw missingKey(start, previous?.value.end, this.#lines);
  }

  /** A block mapping may not begin on its key's line. */
  #refuseCompactMapping(key: ParsedNode, value: ParsedNode): void {
    if (!isMap(value) || value.flow === true) return;
    if (this.#text[value.range[0]] === '?' || this.#text.startsWith('? ', key.range[0] - 2)) return;
    const line = this.#lines.positionAt(value.range[0]).line;
    if (this.#lines.positionAt(key.range[0]).line === line) {
      throw mappingNotAllowed(value.range[0], this.#lines);
    }
  }

  /** Where the node's tag or anchor begins, or its content. */
  #startOf(node: Exclude<ParsedNode, { source: string; range: unknown; anchor?: never }>): number {
    const [start] = node.range;
    const anchor =
      node.anchor === undefined ? start : this.#text.lastIndexOf(`&${node.anchor}`, start);
    const tag = node.tag === undefined ? start : this.#text.lastIndexOf('!', start);
    const earliest = Math.min(anchor < 0 ? start : anchor, tag < 0 ? start : tag);
    return this.#text[earliest - 1] === '!' ? earliest - 1 : earliest;
  }
}

function nothingAt(offset: number): Node {
  return { kind: 'scalar', value: '', tag: '', implicit: true, start: offset, end: offset };
}

/** `yaml` gives the long form already, except for tags it does not know by their short one. */
function longTag(tag: string | undefined): string {
  if (tag === undefined) return '';
  return tag.startsWith('!!') ? LONG_TAG_PREFIX + tag.slice(2) : tag;
}
