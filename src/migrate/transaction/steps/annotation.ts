import { type Json, member, textMap } from '../../../runtime/kube/index.ts';
import type { Rewrite } from '../record/record.ts';

/** What the annotation of a Service says now. */
export function annotationOf(
  service: Json,
  { annotation }: Pick<Rewrite, 'annotation'>,
): string | undefined {
  return textMap(member(member(service, 'metadata'), 'annotations'))[annotation];
}
