import type { LineIndex } from '../yaml/source.ts';
import { type Node, type Span, dereference } from '../yaml/tree.ts';

/** A key or an item of the document as it is written. */
export interface Landmark extends Span {
  readonly path: readonly (string | number)[];
  /** One-based line on which it begins. */
  readonly line: number;
  /** Zero-based column of the key, or of the dash of an item. */
  readonly indent: number;
}

/**
 * Every key and item in order of where they begin, outer ones first. What stands under `<<` counts as standing where it
 * is merged to; what an alias stands for is where its anchor is.
 */
export function landmarksOf(
  root: Node | undefined,
  text: string,
  lines: LineIndex,
): readonly Landmark[] {
  const found: Landmark[] = [];
  if (root !== undefined) visit(root, []);
  return found;

  function visit(node: Node, path: Landmark['path']): void {
    if (node.kind === 'sequence') {
      node.items.forEach((item, index) => {
        const inner = [...path, index];
        note({ start: item.start, end: item.end }, inner, indentOfItem(item.start));
        visit(item, inner);
      });
    }
    if (node.kind !== 'mapping') return;
    for (const { key, value } of node.pairs) {
      const name = nameOf(key);
      const inner = name === '<<' ? path : [...path, name];
      note({ start: key.start, end: Math.max(key.end, value.end) }, inner);
      if (name === '<<' && value.kind === 'sequence') {
        for (const item of value.items) visit(item, inner);
      } else visit(value, inner);
    }
  }

  function note({ start, end }: Span, path: Landmark['path'], indent?: number): void {
    const { line, column } = lines.positionAt(start);
    found.push({ start, end, path, line, indent: indent ?? column - 1 });
  }

  /** Where the dash stands that the item is behind, if it is on the item's line. */
  function indentOfItem(start: number): number {
    const { column } = lines.positionAt(start);
    const before = text.slice(start - column + 1, start);
    const dash = /-[ \t]*$/.exec(before);
    return dash === null ? column - 1 : dash.index;
  }
}

function nameOf(key: Node): string {
  const node = dereference(key);
  return node?.kind === 'scalar' ? node.value : '';
}
