import { Document, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import type { Comment } from '../manifests/manifest.ts';
import { textNode, textTag } from './scalar.ts';

const LINE_BREAK = /\r\n|[\r\n\u0085\u2028\u2029]/;

type Node = Scalar | YAMLMap | YAMLSeq;

/** Comments of one value, by the place they are for. */
interface Placed {
  readonly above: string[];
  readonly beside: string[];
  readonly members: Map<string, Placed>;
}

/**
 * JSON as block YAML with comments, ending in a line break; members in the order they have.
 *
 * A comment beside something that has several lines goes above it, and one above the first member of an entry goes above
 * the entry. A comment for what is not there goes above the nearest that is.
 */
export function writeCommented(value: object, comments: readonly Comment[]): string {
  const placed = nothing();
  for (const comment of comments) place(comment, value, placed);
  const document = new Document(null, { customTags: (tags) => [textTag, ...withoutText(tags)] });
  document.contents = nodeOf(value, placed);
  document.contents.commentBefore = signed(placed.above);
  return document.toString({ indentSeq: false, lineWidth: 0 });
}

function withoutText<Tag extends string | { readonly tag: string }>(tags: readonly Tag[]): Tag[] {
  return tags.filter((tag) => typeof tag === 'string' || tag.tag !== textTag.tag);
}

function nothing(): Placed {
  return { above: [], beside: [], members: new Map() };
}

function place(comment: Comment, root: object, top: Placed): void {
  const known = knownPath(comment.path, root);
  const value = known.reduce<unknown>(member, root);
  const isWhole = known.length === comment.path.length;
  const beside = comment.place === 'beside' && isWhole && isLine(value, comment.text);
  let at = top;
  for (const step of beside ? known : hoisted(known, root)) {
    const next = at.members.get(String(step)) ?? nothing();
    at.members.set(String(step), next);
    at = next;
  }
  (beside ? at.beside : at.above).push(comment.text);
}

/** As much of the path as there is. */
function knownPath(path: Comment['path'], root: object): Comment['path'] {
  let value: unknown = root;
  const unknown = path.findIndex((step) => (value = member(value, step)) === undefined);
  return unknown < 0 ? path : path.slice(0, unknown);
}

/** What is above the first member of an object or of an entry is above that. */
function hoisted(path: Comment['path'], root: object): Comment['path'] {
  const parent = path.slice(0, -1);
  const isEntry = parent.length === 0 || typeof parent.at(-1) === 'number';
  const [first] = Object.keys(parent.reduce<unknown>(member, root) ?? {});
  return isEntry && typeof path.at(-1) === 'string' && path.at(-1) === first ? parent : path;
}

/** Whether value and comment have room on one line. */
function isLine(value: unknown, comment: string): boolean {
  if (typeof value === 'object' && value !== null) return false;
  return !String(value).includes('\n') && !LINE_BREAK.test(comment);
}

function member(value: unknown, step: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[step];
}

function nodeOf(value: unknown, placed: Placed | undefined): Node {
  if (Array.isArray(value)) return sequenceOf(value, placed);
  if (typeof value === 'object' && value !== null) return mappingOf(value, placed);
  const node = typeof value === 'string' ? textNode(value) : new Scalar(value);
  node.comment = signed(placed?.beside ?? [], ' ');
  return node;
}

function sequenceOf(values: readonly unknown[], placed: Placed | undefined): YAMLSeq {
  const sequence = new YAMLSeq();
  sequence.items = values.map((value, index) => {
    const own = placed?.members.get(String(index));
    const node = nodeOf(value, own);
    node.commentBefore = signed(own?.above ?? []);
    return node;
  });
  return sequence;
}

function mappingOf(value: object, placed: Placed | undefined): YAMLMap {
  const mapping = new YAMLMap();
  mapping.items = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .map(([name, field]) => {
      const own = placed?.members.get(name);
      const key = textNode(name);
      key.commentBefore = signed(own?.above ?? []);
      return new Pair(key, nodeOf(field, own));
    });
  return mapping;
}

/** The package puts `#` before each line, and leaves empty ones empty unless they hold a blank. */
function signed(texts: readonly string[], between = '\n'): string | null {
  if (texts.length === 0) return null;
  return commentLines(texts.join(between))
    .map((line) => ` ${line}`)
    .join('\n');
}

/** Lines of a comment, without what a reader would refuse or take for the end of a line. */
export function commentLines(text: string): readonly string[] {
  return text.split(LINE_BREAK).map((line) => printable(line).trimEnd());
}

function printable(line: string): string {
  return line.replaceAll(
    /[^ -~\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/gu,
    '\ufffd',
  );
}
