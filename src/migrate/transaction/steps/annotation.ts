import { type Json, member, textMap } from '../../../runtime/kube/index.ts';
import type { Manifest } from '../../manifests/manifest.ts';
import type { Rewrite } from '../record/record.ts';

/** What the annotation of a Service says now. */
export function annotationOf(
  service: Json,
  { annotation }: Pick<Rewrite, 'annotation'>,
): string | undefined {
  return textMap(member(member(service, 'metadata'), 'annotations'))[annotation];
}

/** On the ConfigMap: the resources are used, whatever it says itself. product.md §2 */
export const SOURCE_ANNOTATION = 'metal-lb.io/config-source';

/** A manifest whose annotation says this and nothing else; `undefined`: it has none. */
export function withSource(manifest: Manifest, source: string | undefined): Manifest {
  const others = Object.entries(manifest.metadata.annotations ?? {}).filter(
    ([key]) => key !== SOURCE_ANNOTATION,
  );
  const all = source === undefined ? others : [...others, [SOURCE_ANNOTATION, source] as const];
  const metadata = { ...manifest.metadata, annotations: Object.fromEntries(all) };
  if (all.length === 0) Reflect.deleteProperty(metadata, 'annotations');
  return { ...manifest, metadata };
}
