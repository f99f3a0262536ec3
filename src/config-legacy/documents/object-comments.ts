import { type SourceComment, commentsOf } from '../source/comments.ts';
import { composeEveryDocument, withPlainBreaks } from '../yaml/compose.ts';
import { YamlFault } from '../yaml/fault.ts';
import { LineIndex } from '../yaml/source.ts';
import type { Node } from '../yaml/tree.ts';
import type { DocumentOrigin } from './find.ts';
import { pathOfValues } from './helm-values.ts';
import { type Manifest, unpackLists } from './manifest.ts';

/** What people wrote into the manifest of one object; paths start at its top. */
export interface ObjectComments {
  readonly object: { readonly kind: string; readonly name: string };
  readonly comments: readonly SourceComment[];
}

/**
 * The comments of Kubernetes objects in YAML, of whatever kind and in Lists too. What stands before the first is its, or
 * that of the one at whose end it is. Objects without any are left out.
 */
export function objectComments(given: string): readonly ObjectComments[] {
  const text = withPlainBreaks(given);
  if (!text.includes('#')) return [];
  const manifests = composeEveryDocument(text).flatMap((root) => unpacked(root));
  const items = manifests.map(({ node }) => node);
  const root: Node = { kind: 'sequence', items, start: 0, end: text.length };
  const comments = commentsOf(text, root, new LineIndex(text));
  const byObject = new Map<number, SourceComment[]>();
  for (const comment of comments) {
    const [index = 0, ...path] = comment.path;
    const own = byObject.get(Number(index)) ?? [];
    own.push({ ...comment, path });
    byObject.set(Number(index), own);
  }
  return manifests.flatMap(({ kind, names: { name = '' } }, index) => {
    const own = byObject.get(index);
    return own === undefined ? [] : [{ object: { kind, name }, comments: own }];
  });
}

/**
 * What people wrote around a configuration that was found in a text: beside a ConfigMap's other fields, which is about the
 * document; or into the values of a chart, where the keys are those of the document.
 */
export function commentsAround(
  given: string,
  { kind, name = '' }: DocumentOrigin,
): readonly SourceComment[] {
  if (kind === 'HelmValues') return valueComments(given);
  return objectComments(given)
    .filter(({ object }) => object.kind === kind && object.name === name)
    .flatMap(({ comments }) => comments)
    .map((comment) => ({ ...comment, path: [], place: 'above' }));
}

function valueComments(given: string): readonly SourceComment[] {
  const text = withPlainBreaks(given);
  if (!text.includes('#')) return [];
  const lines = new LineIndex(text);
  return composeEveryDocument(text).flatMap((root) => {
    if (root === undefined || root instanceof YamlFault) return [];
    const above = pathOfValues(root);
    if (above === undefined) return [];
    return commentsOf(text, root, lines)
      .filter(({ path }) => above.every((key, depth) => path[depth] === key))
      .map((comment) => ({ ...comment, path: comment.path.slice(above.length) }));
  });
}

function unpacked(root: Node | YamlFault | undefined): readonly Manifest[] {
  return root === undefined || root instanceof YamlFault ? [] : (unpackLists(root) ?? []);
}
