import type { Comment, CommentedManifest, Manifest } from '../manifests/manifest.ts';
import { type Path, startsWith } from './entry.ts';

const ROUTE = ['aggregationLength', 'aggregationLengthV6', 'localPref', 'communities'];

/**
 * The same with what is said above the field that begins an entry of the legacy dialect said above the whole object: there
 * the two are one place, and so nothing moves on the way there and back.
 */
export function withLeadingComments({ manifest, comments }: CommentedManifest): CommentedManifest {
  const leading = leadingPaths(manifest);
  const moved = comments.map((comment): Comment => {
    const leads = leading.some((path) => isSame(comment.path, path));
    // Beside an entry of several lines is above it.
    const isAbove = comment.place === 'above' || typeof comment.path.at(-1) === 'number';
    return isAbove && leads ? { ...comment, path: [], place: 'above' } : comment;
  });
  return { manifest, comments: moved };
}

function leadingPaths({ kind, spec = {} }: Manifest): readonly Path[] {
  const named: readonly Path[] = [
    ['metadata', 'name'],
    ['metadata', 'annotations', 'metal-lb.io/legacy-name'],
  ];
  if (kind === 'BGPPeer') return [['spec', 'myASN']];
  if (kind === 'Community') {
    const first: Path = ['spec', 'communities', 0];
    return [first, [...first, 'name']];
  }
  if (kind !== 'BGPAdvertisement') return named;
  const first = ROUTE.find((key) => Object.hasOwn(spec, key));
  return first === undefined ? [] : [['spec', first]];
}

function isSame(a: Path, b: Path): boolean {
  return a.length === b.length && startsWith(a, b);
}
