import { findLegacyDocuments } from '../../config-legacy/index.ts';
import { formatProblem } from '../model/index.ts';
import type { ConfigDocument } from './document.ts';

/** Which of several ConfigMaps in one file is meant. */
export interface ConfigMapNames {
  readonly name: string;
  readonly namespace: string;
}

export type FileContent =
  | { readonly kind: 'document'; readonly document: ConfigDocument }
  | { readonly kind: 'unreadable'; readonly message: string };

/** The one configuration in a file: a bare document, or a ConfigMap manifest. */
export function documentInFile(
  text: string,
  path: string,
  { name, namespace }: ConfigMapNames,
): FileContent {
  const { documents, problems } = findLegacyDocuments(text);
  const usable = documents.filter(({ origin }) => origin.kind !== 'HelmValues');
  const named = usable.filter(({ origin }) => {
    return origin.name === name && (origin.namespace ?? namespace) === namespace;
  });
  const [found, ...others] = usable.length === 1 ? usable : named;
  if (found !== undefined && others.length === 0) {
    const { locate } = found;
    return {
      kind: 'document',
      document: { text: found.text, origin: { fields: { file: path } }, locate },
    };
  }
  const [problem] = problems;
  if (usable.length > 0) {
    const which = `the one named ${namespace}/${name}`;
    return unreadable(path, `${usable.length} configurations, cannot tell ${which}`);
  }
  if (problem !== undefined) return unreadable(path, formatProblem(problem));
  const wanted = 'wanted is a bare document or a ConfigMap with the key config';
  return unreadable(path, `no configuration in it, ${wanted}`);
}

function unreadable(path: string, message: string): FileContent {
  return { kind: 'unreadable', message: `${path}: ${message}` };
}
