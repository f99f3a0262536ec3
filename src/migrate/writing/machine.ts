import type { CommentedManifest } from '../manifests/manifest.ts';
import { inOrder } from './manifests.ts';

/** Manifests as one `v1` List; it has no place for comments. */
export function listOf(manifests: readonly CommentedManifest[]): object {
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: manifests.map(({ manifest }) => inOrder(manifest)),
  };
}

const WITHHELD = 'The password is left out here: the API server refuses the Secret like this.';

/** The same manifests, Secrets without what they hold; themselves where there are none. */
export function withholdPasswords(
  manifests: readonly CommentedManifest[],
): readonly CommentedManifest[] {
  if (!manifests.some(isSecret)) return manifests;
  return manifests.map((one) => {
    if (!isSecret(one)) return one;
    const { apiVersion, kind, metadata, type } = one.manifest;
    const manifest = { apiVersion, kind, metadata, ...(type !== undefined && { type }) };
    const comment = { path: [], place: 'above', text: WITHHELD } as const;
    return { manifest, comments: [...one.comments, comment] };
  });
}

function isSecret({ manifest }: CommentedManifest): boolean {
  return manifest.kind === 'Secret';
}
