/** A half-open span of the source text, in UTF-16 code units. A node's span begins at its tag or anchor. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A scalar as written: nothing is resolved until the type of its field is known. */
export interface ScalarNode extends Span {
  readonly kind: 'scalar';
  readonly value: string;
  /** The tag in its long form, or empty. */
  readonly tag: string;
  /** Whether it is plain and untagged, so that its spelling decides its type. */
  readonly implicit: boolean;
}

export interface SequenceNode extends Span {
  readonly kind: 'sequence';
  readonly items: readonly Node[];
}

export interface MappingNode extends Span {
  readonly kind: 'mapping';
  readonly pairs: readonly Pair[];
}

export interface Pair {
  readonly key: Node;
  readonly value: Node;
}

/** A use of an anchor; the target may contain the alias itself. */
export interface AliasNode extends Span {
  readonly kind: 'alias';
  readonly name: string;
  readonly target: Node;
}

export type Node = ScalarNode | SequenceNode | MappingNode | AliasNode;

export const LONG_TAG_PREFIX = 'tag:yaml.org,2002:';

/** `tag:yaml.org,2002:int` as `!!int`. */
export function shortTag(tag: string): string {
  return tag.startsWith(LONG_TAG_PREFIX) ? `!!${tag.slice(LONG_TAG_PREFIX.length)}` : tag;
}

/** What an alias finally stands for; `undefined` for an alias that contains itself. */
export function dereference(node: Node): Exclude<Node, AliasNode> | undefined {
  const seen = new Set<Node>();
  let target = node;
  while (target.kind === 'alias') {
    if (seen.has(target)) return undefined;
    seen.add(target);
    target = target.target;
  }
  return target;
}
