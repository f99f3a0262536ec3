import type { CommentedManifest, Manifest } from '../manifests/manifest.ts';
import { headerText } from './header.ts';
import { writeCommented } from './tree.ts';

/**
 * Manifests as one text of several YAML documents that a person can review and kubectl can apply: the same text for the
 * same manifests.
 *
 * @param header - lines on top of it: from what it was made, and how
 */
export function writeManifests(
  manifests: readonly CommentedManifest[],
  header: readonly string[],
): string {
  return [headerText(header), manifests.map(writeManifest).join('---\n')].filter(isText).join('\n');
}

/** One manifest as a document of its own. */
export function writeManifest({ manifest, comments }: CommentedManifest): string {
  return writeCommented(inOrder(manifest), comments);
}

function isText(text: string): boolean {
  return text !== '';
}

/** The manifest with its keys in the order in which people write them. */
export function inOrder({
  apiVersion,
  kind,
  metadata,
  type,
  data,
  spec,
  ...more
}: Manifest): object {
  const { name, namespace, labels, annotations } = metadata;
  return without({
    apiVersion,
    kind,
    metadata: without({ name, namespace, labels, annotations }),
    type,
    ...more,
    spec,
    data,
  });
}

function without(fields: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
