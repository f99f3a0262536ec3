import type { AdvertisementEntry } from '../../../config-legacy/index.ts';
import type { Fields, Path } from '../drafts/draft.ts';
import type { Making } from '../drafts/making.ts';

/** Texts of `bgp-communities` by alias. */
export type Aliases = ReadonlyMap<string, { readonly value: string }>;

/**
 * The communities of an advertisement, each once. An alias with a colon could be taken for a value, as webhooks that see
 * no Community objects take it (crd.md §2.5), so its value stands in its place.
 */
export function convertCommunities(
  entry: AdvertisementEntry,
  fields: Fields,
  { source, aliases, making }: { source: Path; aliases: Aliases; making: Making },
): readonly string[] {
  const kept: string[] = [];
  entry.communities?.items.forEach((written, index) => {
    const place = { source: [...source, 'communities', index], span: written.span };
    const stands = aliases.get(written.value);
    const isInlined = stands !== undefined && written.value.includes(':');
    const text = isInlined ? literal(stands.value, aliases) : written.value;
    if (isInlined) {
      const message = `alias ${JSON.stringify(written.value)} looks like a value: ${text}, which it stands for, is written instead`;
      making.report.warn({ ...place, reason: 'alias-inlined', message });
    }
    const first = kept.indexOf(text);
    const at = first < 0 ? kept.length : first;
    fields.comesFrom(['communities', index], written, ['communities', at]);
    if (first < 0) kept.push(text);
    else if (!isInlined) {
      const message = `community ${JSON.stringify(text)} is there before and is written once`;
      making.report.warn({ ...place, reason: 'duplicate-removed', message });
    }
  });
  fields.set('communities', kept.length === 0 ? undefined : kept, 'communities', entry.communities);
  return kept;
}

/** The value in a spelling that is no alias itself: zeros in front mean nothing. */
function literal(value: string, aliases: Aliases): string {
  let text = value;
  while (aliases.has(text)) text = `0${text}`;
  return text;
}
