import type { SourceComment } from '../../config-legacy/index.ts';
import type { Comment, CommentedManifest } from '../manifests/manifest.ts';
import type { Draft, Origin, Path } from './drafts/draft.ts';

interface Place {
  readonly draft: Draft;
  readonly target: Path;
}

/**
 * Puts each comment beside what was made of the key or item that it is about; above the object that it belongs to where
 * nothing was; above the first object where it is about the document.
 *
 * @returns the manifests in the order of the drafts; and what is left if there are none
 */
export function withComments(
  drafts: readonly Draft[],
  comments: readonly SourceComment[],
): { readonly manifests: readonly CommentedManifest[]; readonly remarks: readonly string[] } {
  const places = placesOf(drafts, keysAround(comments));
  const byDraft = new Map<Draft, Comment[]>(drafts.map((draft) => [draft, []]));
  const first = drafts.find(({ manifest }) => manifest.kind !== 'Secret');
  const remarks: string[] = [];
  for (const { path, place, text } of comments) {
    const found = placeOf(path, places) ?? (first && { draft: first, target: [] });
    if (found === undefined) {
      remarks.push(text);
      continue;
    }
    const target = found.target;
    const side = target.length === 0 ? 'above' : place;
    byDraft.get(found.draft)?.push({ path: target, place: side, text });
  }
  const manifests = drafts.map((draft) => {
    return { manifest: draft.manifest, comments: byDraft.get(draft) ?? [] };
  });
  return { manifests, remarks };
}

/** Of every place that a comment is about, and of those around it. */
function keysAround(comments: readonly SourceComment[]): ReadonlySet<string> {
  return new Set(
    comments.flatMap(({ path }) => path.map((_, index) => keyOf(path.slice(0, index + 1)))),
  );
}

/** By the place in the document; of several objects that were made of it, the first. */
function placesOf(
  drafts: readonly Draft[],
  wanted: ReadonlySet<string>,
): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  const sections = new Map<string, Origin & { readonly draft: Draft }>();
  for (const draft of drafts) {
    for (const origin of draft.origins) {
      const key = keyOf(origin.source);
      if (wanted.has(key) && !places.has(key)) places.set(key, { draft, target: origin.target });
      if (origin.source.length !== 2) continue;
      const section = keyOf(origin.source.slice(0, 1));
      const before = sections.get(section);
      if (before === undefined || precedes(origin, before)) {
        sections.set(section, { ...origin, draft });
      }
    }
  }
  // A section's comment goes above what was made of its first entry.
  for (const [section, { draft }] of sections) {
    if (!places.has(section)) places.set(section, { draft, target: [] });
  }
  return places;
}

function keyOf(path: Path): string {
  return path.join('\n');
}

function precedes({ source: [, a] }: Origin, { source: [, b] }: Origin): boolean {
  return typeof a === 'number' && typeof b === 'number' && a < b;
}

function placeOf(path: Path, places: ReadonlyMap<string, Place>): Place | undefined {
  const exact = places.get(keyOf(path));
  if (exact !== undefined && path.length > 0) return exact;
  for (let length = path.length - 1; length > 0; length -= 1) {
    const around = places.get(keyOf(path.slice(0, length)));
    if (around !== undefined) return { draft: around.draft, target: [] };
  }
  return undefined;
}
